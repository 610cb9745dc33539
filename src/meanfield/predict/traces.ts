import { hermiteCoefficients, transferMoments, transferSlope } from './expectation.ts';
import { gridOf, type Grid } from './series.ts';
import type { Transfer } from './transfer.ts';

/** A function of Gaussians at every step: coefficients, second moments, slopes. */
export interface Trace {
  readonly coefficients: Float64Array[];
  readonly means: number[];
  readonly variances: number[];
  readonly q: number[];
  readonly slopes: number[];
}

/** A trace of no steps yet. */
export function trace(): Trace {
  return { coefficients: [], means: [], variances: [], q: [], slopes: [] };
}

/** Notes step t of a trace, whose argument has this mean and second moment. */
export function note(to: Trace, transfer: Transfer, mean: number, q: number): void {
  const variance = Math.max(0, q - mean * mean);
  const moments = { mean, q, k: q, p: q, r: q };
  to.coefficients.push(hermiteCoefficients(transfer, mean, variance));
  to.means.push(mean);
  to.variances.push(variance);
  to.q.push(transferMoments(transfer, moments).q);
  to.slopes.push(transferSlope(transfer, moments));
}

/** `E f(u_t) f(u_s)` for arguments with this second moment between them. */
export function pairAt(
  { coefficients, means, variances }: Trace,
  t: number,
  s: number,
  pair: number,
): number {
  const [a, b] = [coefficients[t], coefficients[s]];
  const scale = Math.sqrt(variances[t] * variances[s]);
  const rho = scale > 0 ? Math.min(1, Math.max(-1, (pair - means[t] * means[s]) / scale)) : 0;
  let sum = 0;
  for (let n = a.length - 1; n >= 0; n--) sum = sum * rho + a[n] * b[n];
  return sum;
}

/** The mean of the function at step t. */
export function first({ coefficients }: Trace, t: number): number {
  return coefficients[t][0];
}

/** A grid that is filled step by step, with what stands before the first step at index -1. */
export function table(
  steps: number,
  start: number,
): {
  readonly at: (t: number, s: number) => number;
  readonly put: (t: number, s: number, value: number) => void;
  readonly grid: () => Grid;
} {
  const rows = Array.from({ length: steps }, () => new Float64Array(steps));
  return {
    at: (t, s) => (t < 0 && s < 0 ? start : t < 0 || s < 0 ? 0 : rows[t][s]),
    put: (t, s, value) => {
      rows[t][s] = value;
      rows[s][t] = value;
    },
    grid: () => gridOf(steps, (t, s) => rows[t][s]),
  };
}
