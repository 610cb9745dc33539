import type { Nonlinearity } from '../../activation/index.ts';
import { localMomentsOf, type LocalMoments, type MomentsOf } from './local-moments.ts';

/** What the local map shall be: slope `1 + excess` at 1 and mean 0, or slope 1 and curvature `kappa` at 1. */
export type LocalTarget =
  | { readonly method: 'dks'; readonly excess: number }
  | { readonly method: 'tat'; readonly kappa: number };

/** `φ̂(x) = γ(φ(αx + β) + δ)` that solves the conditions of a method. */
export interface SmoothSolution {
  /** `α`. */
  readonly inputScale: number;
  /** `β`. */
  readonly inputShift: number;
  /** `δ`. */
  readonly outputShift: number;
  /** `γ`. */
  readonly outputScale: number;
  /** `sup |φ̂'|`. */
  readonly steepest: number;
}

/** What a search for solutions came to. */
export interface Search {
  /** The best solution that is not spurious. */
  readonly best: SmoothSolution | null;
  /** The best spurious one, if there is no other. */
  readonly spurious: SmoothSolution | null;
}

/** Solutions with a slope of this much somewhere are spurious: `φ̂` is tame only near the mean of its input. */
export const STEEPEST = { dks: 4, tat: 2 } as const;

/** Solutions that are this tame come first. */
const TAME = 2;

/** Widths of the grid of input shifts, in units of what resolves `φ`: most activations bend near 0. */
const WIDTHS = [1, 4, 16] as const;

/** Input shifts of the search in units of the width: 0 to 8.4, closer near 0. */
const SHIFTS: readonly number[] = Array.from({ length: 25 }, (_, i) => 0.11 * i + 0.01 * i * i);

/** Distances from a kink in the same units: near one a solution stands as near as α is small. */
const NEAR_KINKS: readonly number[] = Array.from({ length: 9 }, (_, i) => 0.1 * 0.4 ** i);

/** Change of a ratio of averages when the panels are halved at which both count as exact. */
const ACCURACY = 1e-10;

/** Change at which the halved ones do: much more than the noise of a `φ'` that was made by differences. */
const RESOLVED = 1e-5;

/**
 * Solves for α, β, δ and γ. `γ` and `δ` are known once α and β are; α is taken from the condition on the
 * slope or curvature for every β of a grid, and where what is left of `Q'(1) = 1` changes its sign Newton's
 * method finds both. Of several solutions with `sup |φ̂'|` below 2 the one with the smallest α is taken, whose
 * inputs see the least of φ; only if there is none, of those that are steeper. `far` says whether to look
 * farther away from 0 if nothing is found near it.
 */
export function searchSmooth(phi: Nonlinearity, target: LocalTarget, far: boolean = true): Search {
  const span = resolution(phi);
  let spurious: SmoothSolution | null = null;
  for (const width of far ? WIDTHS : WIDTHS.slice(0, 1)) {
    const found = searchAt(phi, target, width * span, span);
    if (found.best !== null) return found;
    spurious ??= found.spurious;
  }
  return { best: null, spurious };
}

/** The widest panels, in the argument of `φ` and from 1 down, that resolve it. */
function resolution(phi: Nonlinearity): number {
  const rule = { reach: 9, width: 1, curved: false };
  let span = 1;
  for (; span > 1 / 256; span /= 2) {
    const found = localMomentsOf(phi, { ...rule, span })(1, 0);
    const again = localMomentsOf(phi, { ...rule, span: span / 2 })(1, 0);
    const isSame = Math.abs(found.slope - again.slope) <= ACCURACY * Math.abs(again.slope);
    if (isSame || !Number.isFinite(found.slope)) break;
  }
  return span;
}

function searchAt(phi: Nonlinearity, target: LocalTarget, width: number, span: number): Search {
  const curved = target.method === 'tat';
  const coarse = localMomentsOf(phi, { reach: 6, width: 2, span: 2 * span, curved });
  const fine = localMomentsOf(phi, { reach: 9, width: 1, span, curved });
  const finer = localMomentsOf(phi, { reach: 9, width: 0.5, span: span / 2, curved });
  const steepestSlope = largestSlope(phi, width);
  const limit = STEEPEST[target.method];
  const roots: SmoothSolution[] = [];
  const steep: SmoothSolution[] = [];
  for (const start of shiftsFor(phi, width).flatMap((s) => startsAlong(coarse, target, width, s))) {
    const near = newton(coarse, target, start, width);
    if (near === null) continue;
    const rough = solutionAt(near, coarse(near.inputScale, near.inputShift), target, steepestSlope);
    if (rough.steepest >= 1.01 * limit) {
      steep.push(rough);
      continue;
    }
    const solution = refined(near);
    if (solution === null) continue;
    (solution.steepest < limit ? roots : steep).push(solution);
  }
  function refined(near: Point): SmoothSolution | null {
    const point = newton(fine, target, near, width);
    if (point === null) return null;
    const moments = fine(point.inputScale, point.inputShift);
    const again = finer(point.inputScale, point.inputShift);
    if (agree(moments, again, target, ACCURACY)) {
      return solutionAt(point, moments, target, steepestSlope);
    }
    const better = agree(moments, again, target, RESOLVED)
      ? newton(finer, target, point, width)
      : null;
    if (better === null) return null;
    const exact = finer(better.inputScale, better.inputShift);
    return solutionAt(better, exact, target, steepestSlope);
  }

  const tame = roots.filter(({ steepest }) => steepest < TAME);
  const best = preferred(tame) ?? steepestLeast(roots);
  return { best, spurious: best === null ? steepestLeast(steep) : null };
}

/** δ and γ of given α and β, and `sup |φ̂'|`. */
function solutionAt(
  point: Point,
  { mean, variance, slope, radial, bend }: LocalMoments,
  { method }: LocalTarget,
  steepestSlope: number,
): SmoothSolution {
  const offset = method === 'dks' ? 0 : (slope - radial) / bend;
  const outputScale = 1 / Math.sqrt(variance + offset * offset);
  const steepest = point.inputScale * outputScale * steepestSlope;
  return { ...point, outputShift: offset - mean, outputScale, steepest };
}

/** The smallest α; of solutions that are images of each other the one nearest to 0, and rather above it. */
function preferred(roots: readonly SmoothSolution[]): SmoothSolution | null {
  if (roots.length === 0) return null;
  const smallest = Math.min(...roots.map(({ inputScale }) => inputScale));
  return nearestToZero(roots.filter(({ inputScale }) => inputScale <= smallest * (1 + 1e-6)));
}

function steepestLeast(roots: readonly SmoothSolution[]): SmoothSolution | null {
  if (roots.length === 0) return null;
  const least = Math.min(...roots.map(({ steepest }) => steepest));
  return nearestToZero(roots.filter(({ steepest }) => steepest <= least * (1 + 1e-6)));
}

function nearestToZero(roots: readonly SmoothSolution[]): SmoothSolution {
  const distance = ({ inputShift }: SmoothSolution): number =>
    Math.abs(inputShift) - (inputShift > 0 ? 1e-6 : 0);
  return roots.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

/** Input shifts to try, away from 0 on each side; on one side alone of an odd function. */
function shiftsFor({ breakpoints, odd }: Nonlinearity, width: number): number[][] {
  const most = SHIFTS[SHIFTS.length - 1] * width;
  const steps = SHIFTS.map((step) => step * width);
  const near = breakpoints.flatMap((x) =>
    NEAR_KINKS.flatMap((step) => [x - step * width, x + step * width]),
  );
  const side = (sign: 1 | -1): number[] => [
    ...new Set(
      [...steps, ...near.map((x) => sign * x).filter((x) => x > 0 && x < most)].sort(
        (a, b) => a - b,
      ),
    ),
  ];
  return odd ? [side(1)] : [side(1), side(-1).map((x) => -x)];
}

/** Whether finer panels give the same. */
function agree(
  found: LocalMoments,
  again: LocalMoments,
  { method }: LocalTarget,
  accuracy: number,
): boolean {
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= accuracy * Math.abs(y);
  return (
    near(found.slope / found.variance, again.slope / again.variance) &&
    near(found.radial / found.variance, again.radial / again.variance) &&
    (method === 'dks' || near(found.curvature / found.slope, again.curvature / again.slope))
  );
}

/** The slope or curvature in units of what it shall be. */
function ratio({ slope, variance, curvature }: LocalMoments, target: LocalTarget): number {
  return target.method === 'dks'
    ? (slope - variance) / variance / target.excess
    : curvature / slope / target.kappa;
}

/**
 * What is left of `Q'(1) = 1`, and of TAT's `C'(1) = 1` with it once δ is eliminated, in units of the bend.
 * `C'(1) = 1` makes `(E φ + δ)² = slope - variance`, `Q'(1) = 1` makes `(E φ + δ) bend = slope - radial`.
 * Solutions with slope < radial are spurious, and are not looked for: their Q maps bend upward, by up to three
 * times κ, so that second moments leave 1, where those of the others bend by a tenth of it.
 */
function misfit({ variance, slope, radial, bend }: LocalMoments, target: LocalTarget): number {
  if (target.method === 'dks') return (radial - variance) / variance / target.excess;
  const bent = slope - variance;
  return (radial - slope + Math.sqrt(Math.max(0, bent)) * Math.abs(bend)) / bent;
}

interface Point {
  readonly inputScale: number;
  readonly inputShift: number;
}

/** Points near solutions, along a row of input shifts. */
function startsAlong(
  moments: MomentsOf,
  target: LocalTarget,
  width: number,
  shifts: readonly number[],
): readonly Point[] {
  const starts: Point[] = [];
  let guess = 0.1 * width;
  let before: (Point & { readonly left: number }) | null = null;
  for (const inputShift of shifts) {
    const found = scaleFor(moments, target, inputShift, guess, width);
    if (found === null) {
      before = null;
      continue;
    }
    const { inputScale, left } = found;
    guess = inputScale;
    const point = { inputScale, inputShift, left };
    if (before !== null && before.left * left <= 0) {
      const t = before.left === left ? 0 : before.left / (before.left - left);
      starts.push({
        inputScale: before.inputScale * (inputScale / before.inputScale) ** t,
        inputShift: before.inputShift + t * (inputShift - before.inputShift),
      });
    }
    before = point;
  }
  return starts;
}

/** How near the logarithm of slope or curvature comes to its target before Newton's method starts. */
const ROUGHLY = 0.02;

/** α roughly, from the condition on slope or curvature at a given β, by secants in logarithms; and the misfit. */
function scaleFor(
  moments: MomentsOf,
  target: LocalTarget,
  inputShift: number,
  guess: number,
  width: number,
): { readonly inputScale: number; readonly left: number } | null {
  let x = Math.log(guess);
  let found = moments(guess, inputShift);
  let y = Math.log(ratio(found, target));
  // Where φ is smooth and not level both conditions grow like α².
  let rise = 2;
  for (let tries = 0; tries < 20; tries++) {
    if (!Number.isFinite(y)) return null;
    if (Math.abs(y) < ROUGHLY) return { inputScale: Math.exp(x), left: misfit(found, target) };
    const step = Math.max(-1.5, Math.min(1.5, -y / rise));
    x += step;
    if (x < Math.log(1e-7 * width) || x > Math.log(64 * width)) return null;
    found = moments(Math.exp(x), inputShift);
    const next = Math.log(ratio(found, target));
    rise = Math.max(0.3, (next - y) / step);
    y = next;
  }
  return null;
}

/** Newton's method for both conditions in ln α and β, its derivatives by differences; `null` if it fails. */
function newton(
  moments: MomentsOf,
  target: LocalTarget,
  start: Point,
  width: number,
): Point | null {
  const at = (x: number, b: number): readonly [number, number] => {
    const found = moments(Math.exp(x), b);
    return [ratio(found, target) - 1, misfit(found, target)];
  };
  let x = Math.log(start.inputScale);
  let b = start.inputShift;
  let [f, g] = at(x, b);
  for (let tries = 0; tries < 30; tries++) {
    const h = 1e-5;
    const [fx, gx] = at(x + h, b);
    const [fb, gb] = at(x, b + h * width);
    const [a11, a12] = [(fx - f) / h, (fb - f) / h];
    const [a21, a22] = [(gx - g) / h, (gb - g) / h];
    const det = a11 * a22 - a12 * a21;
    let stepX = (a12 * g - a22 * f) / det;
    let stepB = (a21 * f - a11 * g) / det;
    const largest = Math.max(Math.abs(stepX), Math.abs(stepB));
    if (!Number.isFinite(largest)) return null;
    const damping = Math.min(1, 0.5 / largest);
    stepX *= damping;
    stepB *= damping;
    x += stepX;
    b += stepB * width;
    [f, g] = at(x, b);
    if (largest < 1e-9) break;
  }
  return Math.abs(f) < 1e-7 && Math.abs(g) < 1e-6 && x > Math.log(1e-7 * width)
    ? { inputScale: Math.exp(x), inputShift: b }
    : null;
}

/** `sup |φ'|` over the inputs that any solution can see. */
function largestSlope(phi: Nonlinearity, width: number): number {
  let largest = 0;
  const look = (x: number): void => {
    largest = Math.max(largest, Math.abs(phi.df(x)));
  };
  for (let i = -320; i <= 320; i++) look((i * width) / 16);
  for (const x of phi.breakpoints) {
    const next = 1e-9 * Math.max(1, Math.abs(x));
    look(x - next);
    look(x + next);
  }
  return largest;
}
