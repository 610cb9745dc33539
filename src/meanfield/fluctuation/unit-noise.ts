import { normalPdf } from '../../numeric/index.ts';
import type { Moments } from '../predict/moments.ts';
import type { Transfer } from '../predict/transfer.ts';

/**
 * Covariances of the means over units of two numbers: the second moment over examples, `q`, and the mean
 * of half the squared difference of two examples, `d = q - k`, the natural number where inputs are close.
 */
export interface Noise {
  readonly qq: number;
  readonly qd: number;
  readonly dd: number;
}

/** What one unit adds to the covariances: the part that all examples share, and that of one example. */
export interface UnitNoise {
  readonly shared: Noise;
  readonly own: Noise;
  /** Mean square of the variance over examples of one unit. */
  readonly squares: number;
}

/** A rule for the standard normal: the trapezoidal one, of which an error of a few percent is left at kinks. */
const STEP = 0.25;
const NODES = Float64Array.from({ length: 49 }, (_, i) => STEP * (i - 24));
const WEIGHTS = NODES.map((z) => STEP * normalPdf(z));

/**
 * The noise of one unit `f(h)`, where h of an example is `m + √κ u + √(v - κ) w` with u shared by all examples. Given u the
 * examples are independent: with mean `m₁`, central moments `V, μ₃, μ₄`, their second moment has variance
 * `4 m₁² V + 4 m₁ μ₃ + μ₄ - V²` and a pair's half squared difference `(μ₄ + V²)/2`, per example.
 */
export function unitNoise({ f }: Transfer, { mean, q, k }: Moments): UnitNoise {
  const variance = Math.max(0, q - mean * mean);
  const common = Math.sqrt(Math.min(variance, Math.max(0, k - mean * mean)));
  const apart = Math.sqrt(Math.max(0, q - Math.max(k, mean * mean)));
  const sums = { q: 0, d: 0, qq: 0, qd: 0, dd: 0 };
  const own = { qq: 0, qd: 0, dd: 0 };
  for (const [i, u] of NODES.entries()) {
    const centre = mean + common * u;
    const base = f(centre);
    let [e1, e2, e3, e4] = [0, 0, 0, 0];
    for (const [j, w] of NODES.entries()) {
      const e = f(centre + apart * w) - base;
      const first = WEIGHTS[j] * e;
      e1 += first;
      e2 += first * e;
      e3 += first * e * e;
      e4 += first * e * e * e;
    }
    const m1 = base + e1;
    const v = Math.max(0, e2 - e1 * e1);
    const mu3 = e3 - 3 * e1 * e2 + 2 * e1 ** 3;
    const mu4 = Math.max(0, e4 - 4 * e1 * e3 + 6 * e1 * e1 * e2 - 3 * e1 ** 4);
    const m2 = m1 * m1 + v;
    const weight = WEIGHTS[i];
    sums.q += weight * m2;
    sums.d += weight * v;
    sums.qq += weight * m2 * m2;
    sums.qd += weight * m2 * v;
    sums.dd += weight * v * v;
    own.qq += weight * (4 * m1 * m1 * v + 4 * m1 * mu3 + mu4 - v * v);
    own.qd += weight * (2 * m1 * mu3 + mu4 - v * v);
    own.dd += weight * (mu4 - v * v);
  }
  return {
    shared: {
      qq: Math.max(0, sums.qq - sums.q ** 2),
      qd: sums.qd - sums.q * sums.d,
      dd: Math.max(0, sums.dd - sums.d ** 2),
    },
    own,
    squares: sums.dd,
  };
}

/** Of how many examples, pairs of them and positions a mean is taken, and how alike positions are. */
export interface Sample {
  /** Examples that q is a mean over, and that pairs are taken of: at least 2. */
  readonly examples: number;
  readonly paired: number;
  readonly units: number;
  /** Positions that differ; 1 where there are none. */
  readonly places: number;
}

/**
 * The noise of the means over `units`, examples and positions: the share of what other positions know, `(r/k)²` of what
 * all examples share and `(p/q)²` of the rest, does not average out over positions.
 */
export function noiseOfMean(unit: UnitNoise, moments: Moments, sample: Sample): Noise {
  const { mean, q, k, p, r } = moments;
  const { examples, paired, units, places } = sample;
  const square = mean * mean;
  const alike = (far: number, near: number): number => {
    const share =
      near - square > 1e-12 * q ? Math.min(1, ((far - square) / (near - square)) ** 2) : 0;
    return share + (1 - share) / places;
  };
  const [a, b] = [alike(r, k) / units, alike(p, q) / units];
  const { shared, own, squares } = unit;
  return {
    qq: a * shared.qq + (b * own.qq) / examples,
    qd: a * shared.qd + (b * own.qd) / paired,
    dd: a * shared.dd + b * (own.dd / paired + (2 * squares) / (paired * (paired - 1))),
  };
}
