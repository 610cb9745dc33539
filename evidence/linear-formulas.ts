import { saxeTrajectory } from '../src/meanfield/index.ts';
import { brent } from '../src/numeric/index.ts';

/** One mode under gradient descent, `a ← a + η a^{n-1} (s - a^n)`, n matrices of the same strength a. */
export interface ModeSteps {
  /** `N_l`, layers of neurons. */
  readonly layers: number;
  readonly s: number;
  readonly u0: number;
  readonly rate: number;
}

/** The strength `a^n` of a mode after so many steps of gradient descent. */
export function strengthAfter({ layers, s, u0, rate }: ModeSteps, steps: number): number {
  const n = layers - 1;
  let a = u0 ** (1 / n);
  for (let step = 0; step < steps; step++) a += rate * a ** (n - 1) * (s - a ** n);
  return a ** n;
}

/** `½ Σ (s_i - u_i)²`. */
export const modeError = (s: readonly number[], u: readonly number[]): number =>
  s.reduce((sum, value, i) => sum + 0.5 * (value - u[i]) ** 2, 0);

/**
 * The time in units of τ at which the error of all modes, each from strength u0, has fallen to `share` of what it is at the
 * start, from the exact solution of every mode.
 */
export function exactTime(layers: number, s: readonly number[], u0: number, share: number): number {
  const at = (t: number): number =>
    modeError(
      s,
      s.map((value) => saxeTrajectory({ layers, s: value, u0, times: [t] })[0]),
    );
  const goal = share * at(0);
  let high = 1e-3;
  while (at(high) > goal) high *= 2;
  return brent((t) => at(t) - goal, high / 2, high);
}

/** Where a falling series first reaches a value, between its numbers; `null` if it does not. */
export function crossing(series: ArrayLike<number>, goal: number): number | null {
  for (let i = 0; i < series.length; i++) {
    if (!(series[i] <= goal)) continue;
    return i === 0 ? 0 : i - 1 + (series[i - 1] - goal) / (series[i - 1] - series[i]);
  }
  return null;
}

/** The slope of a straight line through points in logarithms, by least squares: the exponent of a power law. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (axis: 0 | 1): number =>
    logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const over = logs.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / logs.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** The learning rate of a grid, `top · 10^{-3 index/19}`: 20 of them span three powers of ten. */
export const gridRate = (top: number, index: number): number => top * 10 ** ((-3 * index) / 19);

/** What a search of a grid found. */
export interface Fastest {
  readonly index: number;
  readonly steps: number;
  /** Every rate that was tried, with the steps that it took; `null` where they were more than the fastest. */
  readonly tried: readonly (readonly [index: number, steps: number | null])[];
}

/**
 * The index at which learning takes the fewest steps: from `start` on to larger rates until two in a row do not do better, then
 * to smaller ones. `learn` gives the steps, `null` where they are more than `most` or it diverges. `null` where nothing learns
 * at `start` and the `reach` indices on both sides.
 */
export async function fastestOf(
  learn: (index: number, most: number) => Promise<number | null>,
  start: number,
  most: number,
  reach = 12,
): Promise<Fastest | null> {
  const tried = new Map<number, number | null>();
  let best: { readonly index: number; readonly steps: number } | null = null;
  const attempt = async (index: number): Promise<boolean> => {
    const known = tried.has(index);
    const steps = known ? null : await learn(index, Math.ceil(best?.steps ?? most));
    if (!known) tried.set(index, steps);
    if (steps === null || steps >= (best?.steps ?? Infinity)) return false;
    best = { index, steps };
    return true;
  };
  await attempt(start);
  for (const direction of [-1, 1]) {
    let failed = 0;
    for (let index = start + direction; Math.abs(index - start) <= reach; index += direction) {
      failed = (await attempt(index)) ? 0 : failed + 1;
      // On the way down every rate may diverge until one is small enough.
      if (failed === 2 && best !== null) break;
    }
  }
  const found = best as { readonly index: number; readonly steps: number } | null;
  return found === null ? null : { ...found, tried: [...tried].sort(([a], [b]) => a - b) };
}
