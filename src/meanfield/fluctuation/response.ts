import { hermiteCoefficients, transferMoments } from '../predict/expectation.ts';
import type { Moments } from '../predict/moments.ts';
import type { Transfer } from '../predict/transfer.ts';

/** How a pair of numbers `(q, d)` behind a function follows that in front of it, to second order. */
export interface Response {
  /** `∂q'/∂q`; q' does not depend on d. */
  readonly qq: number;
  /** `∂d'/∂q` at a given d, and `∂d'/∂d`. */
  readonly dq: number;
  readonly dd: number;
  /** `∂²q'/∂q²`, `∂²d'/∂q²`, `∂²d'/∂q∂d`, `∂²d'/∂d²`. */
  readonly second: {
    readonly qqq: number;
    readonly dqq: number;
    readonly dqd: number;
    readonly ddd: number;
    /** `∂²d'/∂e²` of two inputs of second moments `q ± e/2`, at given q and d. */
    readonly dee: number;
  };
}

/** Step of differences relative to the number itself. */
const STEP = 0.01;

/** The response of `E f²` and `½ E (f - f')²` to the second moments of a Gaussian source. */
export function responseOf(transfer: Transfer, source: Moments): Response {
  const { affine } = transfer;
  const flat = { qqq: 0, dqq: 0, dqd: 0, ddd: 0, dee: 0 };
  if (affine !== null) return { qq: affine[0] ** 2, dq: 0, dd: affine[0] ** 2, second: flat };
  const { q, k } = source;
  const d = q - k;
  const [h, g] = [STEP * q, STEP * Math.min(d, q)];
  // Three distances at once, as three pairs of one value.
  const at = (change: number): readonly [q: number, d: number, more: number, less: number] => {
    const square = q + change;
    const [k1, p1, r1] = [square - d, square - (d + g), square - (d - g)];
    const found = transferMoments(transfer, { ...source, q: square, k: k1, p: p1, r: r1 });
    return [found.q, found.q - found.k, found.q - found.p, found.q - found.r];
  };
  const [here, up, down] = [at(0), at(h), at(-h)];
  const slope = (high: number, low: number, step: number): number => (high - low) / (2 * step);
  const bend = (high: number, middle: number, low: number, step: number): number =>
    (high - 2 * middle + low) / step ** 2;
  const first = { qq: slope(up[0], down[0], h), dq: slope(up[1], down[1], h) };
  const qqq = bend(up[0], here[0], down[0], h);
  const dqq = bend(up[1], here[1], down[1], h);
  // Differences of numbers that are all but equal are rounding.
  if (!(d > 1e-9 * q)) {
    const ratio = d > 0 && here[1] > 0 ? here[1] / d : first.qq;
    return {
      ...first,
      dq: 0,
      dd: ratio,
      second: { ...flat, qqq, dee: 0.25 * qqq - bendOfPair(transfer, source) },
    };
  }
  return {
    ...first,
    dd: slope(here[2], here[3], g),
    second: {
      qqq,
      dqq,
      ddd: bend(here[2], here[1], here[3], g),
      dee: 0.25 * qqq - bendOfPair(transfer, source),
      dqd: (up[2] - up[1] - here[2] + here[1]) / (h * g),
    },
  };
}

/** Half the difference of the second moments of two inputs relative to q, at which the bend is taken. */
const APART = 0.1;

/** `∂²/∂e² E f(u) f(u')` of Gaussians of second moments `q ± e/2`, at e = 0. */
function bendOfPair(transfer: Transfer, { mean, q, k }: Moments): number {
  const square = mean * mean;
  const variance = q - square;
  const half = APART * variance;
  const product = (a: number, b: number): number => {
    const rho = (k - square) / Math.sqrt(a * b);
    const left = hermiteCoefficients(transfer, mean, a);
    const right = a === b ? left : hermiteCoefficients(transfer, mean, b);
    let sum = 0;
    for (let n = left.length - 1; n >= 0; n--) {
      sum = sum * Math.min(1, Math.max(-1, rho)) + left[n] * right[n];
    }
    return sum;
  };
  const gap = product(variance + half, variance - half) - product(variance, variance);
  return (2 * gap) / (2 * half) ** 2;
}
