import { byDifferences } from './differences.ts';
import type { Nonlinearity } from './nonlinearity.ts';
import { SEARCHED, smoothnessOf } from './singular-points.ts';

/** What a user says of an activation of their own. */
export interface UserFunction {
  readonly name: string;
  readonly f: (x: number) => number;
  /** `f'`, at a kink from the left; by differences if not given. */
  readonly df?: (x: number) => number;
}

/** Arguments up to which `f` must be finite: what unit Gaussians reach, with room. */
const FINITE = 40;

/** Arguments of no special meaning. */
const POINTS: readonly number[] = [0.0137, 0.31, 0.77, 1.39, 2.3, 4.1, 7.7, 13.3, 22.9, 37.1];

/**
 * A nonlinearity from a function alone: its kinks and jumps in [-128, 128] are found (jumps to the last digit, kinks to
 * 1e-11), whether it is odd or homogeneous is tested, and `df`, if not given, is made by differences
 * to a relative error of about 1e-11.
 *
 * `TypeError` where `f` does not return numbers. `RangeError` for values that are not finite up to |x| = 40, different
 * each time, too steep for `E f(√q z)²` to be finite or rough, and for a `df` that is not the derivative of `f`.
 */
export function nonlinearity({ name, f, df }: UserFunction): Nonlinearity {
  checkValues(name, f);
  const smoothness = smoothnessOf(name, f);
  const { points, cells } = smoothness;
  const breakpoints = points.map(({ at }) => at);
  const jumps = points.filter(({ height }) => height !== 0);
  const features = narrowEnds(cells, breakpoints);
  const differences = byDifferences(f, breakpoints, smoothness);
  if (df !== undefined) checkDerivative(name, df, differences, breakpoints);
  return {
    name,
    f,
    df: df ?? ofPieces(f, breakpoints, cells) ?? differences,
    breakpoints,
    ...(jumps.length > 0 ? { jumps } : {}),
    ...(features.length > 0 ? { features } : {}),
    homogeneous: isHomogeneous(f, features),
    odd: isOdd(f, features),
  };
}

/** Width of a cell below which quadrature may step over it. */
const NARROW = 1 / 16;

/** Ends of narrow cells beyond which a function is fine everywhere, which quadrature notices by itself. */
const MOST_FEATURES = 200;

/** The ends of narrow cells, but for those that only lead up to a kink. */
function narrowEnds(cells: readonly number[], breakpoints: readonly number[]): readonly number[] {
  const ends = new Set<number>();
  for (let i = 0; i + 1 < cells.length; i++) {
    const [low, high] = [cells[i], cells[i + 1]];
    const width = high - low;
    const leadsUp = breakpoints.some((b) => b >= low - 2 * width && b <= high + 2 * width);
    if (width < NARROW && !leadsUp) ends.add(low).add(high);
  }
  return ends.size <= MOST_FEATURES ? [...ends] : [];
}

function checkValues(name: string, f: (x: number) => number): void {
  const samples: number[] = [];
  for (let x = -FINITE; x <= FINITE; x += 1 / 8) samples.push(x);
  for (const point of POINTS) samples.push(point, -point);
  for (const x of samples) {
    const value: unknown = f(x);
    if (typeof value !== 'number') {
      throw new TypeError(
        `nonlinearity: f of ${name} must return a number, got ${typeof value} at x = ${x}`,
      );
    }
    if (Number.isFinite(value)) continue;
    const rate = gaussianGrowth(f);
    if (rate !== null) throw tooSteep(name, rate);
    throw new RangeError(`nonlinearity: f of ${name} must be finite, got f(${x}) = ${value}`);
  }
  for (const x of POINTS) {
    if (!Object.is(f(x), f(x))) {
      throw new RangeError(
        `nonlinearity: f of ${name} must give the same value each time, got two values at x = ${x}`,
      );
    }
  }
  const rate = gaussianGrowth(f);
  if (rate !== null) throw tooSteep(name, rate);
}

function tooSteep(name: string, rate: number): RangeError {
  return new RangeError(
    `nonlinearity: f of ${name} must be square-integrable over every Gaussian, got growth like ` +
      `exp(${Number(rate.toPrecision(2))} x²), for which E f(√q z)² is infinite from q = ` +
      `${Number((1 / (4 * rate)).toPrecision(2))} on`,
  );
}

/** The `a` of growth like `exp(a x²)` or steeper, `null` for less. */
function gaussianGrowth(f: (x: number) => number): number | null {
  for (const sign of [-1, 1]) {
    let far = FINITE;
    while (far > 1 && !Number.isFinite(f(sign * far))) far *= 0.9;
    const logAt = (x: number): number => Math.log(1 + Math.abs(f(sign * x)));
    const [near, middle] = [logAt(0.5 * far), logAt(far)];
    // exp(x) doubles from one to the other, a power hardly grows.
    if (middle > 0.01 * far * far && middle > 3 * near) return middle / (far * far);
  }
  return null;
}

/** Relative difference of a user's derivative from differences that is no accident. */
const WRONG = 1e-4;

function checkDerivative(
  name: string,
  df: (x: number) => number,
  differences: (x: number) => number,
  breakpoints: readonly number[],
): void {
  for (const x of POINTS.flatMap((point) => [-point, point])) {
    if (breakpoints.some((b) => Math.abs(b - x) < 0.01)) continue;
    const [given, measured] = [df(x), differences(x)];
    if (Math.abs(given - measured) <= WRONG * (1 + Math.abs(measured))) continue;
    throw new RangeError(
      `nonlinearity: df of ${name} must be the derivative of f, got df(${x}) = ${given} where f has the ` +
        `slope ${Number(measured.toPrecision(6))}`,
    );
  }
}

/** The derivative of a piecewise linear function, `null` for any other. */
function ofPieces(
  f: (x: number) => number,
  breakpoints: readonly number[],
  cells: readonly number[],
): ((x: number) => number) | null {
  const ends = [-SEARCHED, ...breakpoints, SEARCHED];
  const slopes: number[] = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    const at = (t: number): number => ends[i] + t * (ends[i + 1] - ends[i]);
    const [low, high] = [f(at(0.01)), f(at(0.99))];
    const slope = (high - low) / (at(0.99) - at(0.01));
    // Cells are narrow where the function bends, so that their ends are where it shows.
    const inside = cells.filter((x) => x > at(0.01) && x < at(0.99));
    for (const x of [...inside, ...[0.03, 0.2, 0.37, 0.5, 0.71, 0.96].map(at)]) {
      const off = Math.abs(f(x) - low - slope * (x - at(0.01)));
      if (!(off <= 16 * Number.EPSILON * (Math.abs(low) + Math.abs(high)))) return null;
    }
    slopes.push(Number(slope.toPrecision(15)));
  }
  return (x) => {
    const i = breakpoints.findIndex((b) => x <= b);
    return slopes[i < 0 ? breakpoints.length : i];
  };
}

function isOdd(f: (x: number) => number, features: readonly number[]): boolean {
  return [...POINTS, ...features].every(
    (x) => Math.abs(f(x) + f(-x)) <= 8 * Number.EPSILON * Math.abs(f(x)),
  );
}

function isHomogeneous(f: (x: number) => number, features: readonly number[]): boolean {
  return (
    f(0) === 0 &&
    [...POINTS, ...features]
      .flatMap((x) => [x, -x])
      .every((x) =>
        [0.37, 2, 5.3].every(
          (scale) =>
            Math.abs(f(scale * x) - scale * f(x)) <= 8 * Number.EPSILON * Math.abs(scale * x),
        ),
      )
  );
}
