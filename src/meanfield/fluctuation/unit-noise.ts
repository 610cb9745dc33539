import { normalPdf } from '../../numeric/index.ts';
import type { Moments } from '../predict/moments.ts';
import type { Transfer } from '../predict/transfer.ts';

/**
 * Covariances of two numbers that are means over units: the second moment over examples, `q`, and the mean
 * of half the squared difference of two examples, `d = q - k`, the natural number where inputs are close.
 */
export interface Noise {
  readonly qq: number;
  readonly qd: number;
  readonly dd: number;
}

/** The same of q and d of a value with those of another: `dq` is d of the first with q of the second. */
interface Cross extends Noise {
  readonly dq: number;
}

/** What one unit adds: the part that all examples share, and that of one example. */
interface Parts {
  readonly shared: Cross;
  readonly own: Cross;
  /** Mean of the squared covariance over examples of one unit. */
  readonly squares: number;
}

/** The noise of one unit of a value, of its source, and of the two together, each found when it is asked for. */
export interface UnitNoise {
  readonly value: () => Parts;
  readonly source: () => Parts;
  readonly both: () => Parts;
}

/** A rule for the standard normal: the trapezoidal one, of which an error of a few percent is left at kinks. */
const trapezoid = (
  step: number,
  reach: number,
): { readonly z: Float64Array; readonly weights: Float64Array } => {
  const half = Math.round(reach / step);
  const z = Float64Array.from({ length: 2 * half + 1 }, (_, i) => step * (i - half));
  return { z, weights: z.map((x) => step * normalPdf(x)) };
};
const SHARED = trapezoid(0.5, 5.5);
const { z: NODES, weights: WEIGHTS } = trapezoid(0.25, 5.5);

/** Values of f and of h itself over examples, for one of the numbers u that all examples share. */
interface Given {
  readonly weight: number;
  /** Means, and central values at the nodes. */
  readonly f: readonly [mean: number, apart: Float64Array];
  readonly h: readonly [mean: number, apart: Float64Array];
}

/**
 * The noise of one unit `f(h)` and of h, where h of an example is `m + √κ u + √(v - κ) w` with u shared by all examples, so
 * that given u the examples are independent.
 */
export function unitNoise({ f }: Transfer, { mean, q, k }: Moments): UnitNoise {
  const variance = Math.max(0, q - mean * mean);
  const common = Math.sqrt(Math.min(variance, Math.max(0, k - mean * mean)));
  const apart = Math.sqrt(Math.max(0, q - Math.max(k, mean * mean)));
  const given = Array.from(SHARED.z, (u, i): Given => {
    const centre = mean + common * u;
    // From the value in the middle, so that nothing cancels where examples are all but equal.
    const base = f(centre);
    const values = NODES.map((w) => f(centre + apart * w) - base);
    const shift = weighted(values);
    return {
      weight: SHARED.weights[i],
      f: [base + shift, values.map((value) => value - shift)],
      h: [centre, NODES.map((w) => apart * w)],
    };
  });
  const once = (left: 'f' | 'h', right: 'f' | 'h'): (() => Parts) => {
    let known: Parts | null = null;
    return () => (known ??= partsOf(given, left, right));
  };
  return { value: once('f', 'f'), source: once('h', 'h'), both: once('f', 'h') };
}

function weighted(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += WEIGHTS[i] * values[i];
  return sum;
}

/**
 * With central values e and mean m given u: `Cov(mean x², mean y²) = Cov(x², y²)/B`, `Cov(mean x², s_y²) = Cov(x², e_y²)/B`
 * and `Cov(s_x², s_y²) = (E e_x² e_y² - E e_x² E e_y²)/B + 2 (E e_x e_y)²/(B(B - 1))`.
 */
function partsOf(given: readonly Given[], left: 'f' | 'h', right: 'f' | 'h'): Parts {
  const means = { xq: 0, xd: 0, yq: 0, yd: 0 };
  const shared = { qq: 0, qd: 0, dq: 0, dd: 0 };
  const own = { qq: 0, qd: 0, dq: 0, dd: 0 };
  let squares = 0;
  for (const { weight, [left]: x, [right]: y } of given) {
    const [a, ex] = x;
    const [b, ey] = y;
    let [xx, yy, xy, xxy, xyy, xxyy] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < ex.length; i++) {
      const [s, t, w] = [ex[i], ey[i], WEIGHTS[i]];
      xx += w * s * s;
      yy += w * t * t;
      xy += w * s * t;
      xxy += w * s * s * t;
      xyy += w * s * t * t;
      xxyy += w * s * s * t * t;
    }
    const four = xxyy - xx * yy;
    const [x2, y2] = [a * a + xx, b * b + yy];
    means.xq += weight * x2;
    means.xd += weight * xx;
    means.yq += weight * y2;
    means.yd += weight * yy;
    shared.qq += weight * x2 * y2;
    shared.qd += weight * x2 * yy;
    shared.dq += weight * xx * y2;
    shared.dd += weight * xx * yy;
    own.qq += weight * (4 * a * b * xy + 2 * a * xyy + 2 * b * xxy + four);
    own.qd += weight * (2 * a * xyy + four);
    own.dq += weight * (2 * b * xxy + four);
    own.dd += weight * four;
    squares += weight * xy * xy;
  }
  const { xq, xd, yq, yd } = means;
  return {
    shared: {
      qq: shared.qq - xq * yq,
      qd: shared.qd - xq * yd,
      dq: shared.dq - xd * yq,
      dd: shared.dd - xd * yd,
    },
    own,
    squares,
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

/** How much of the q and of the d of the units of a source is fixed by what was drawn before, from 0 to 1. */
export interface Rigid {
  readonly q: number;
  readonly d: number;
}

/**
 * The moments of a source where pairs are not all alike: what counts is the mean square of the inner product of two
 * examples or positions, which is more than the square of the mean, by `spread`.
 */
export function spreadMoments(moments: Moments, spread: number): Moments {
  const { mean, q, k, p, r } = moments;
  const square = mean * mean;
  const more = (pair: number): number =>
    Math.min(q, square + Math.sqrt((pair - square) ** 2 + Math.max(0, spread)));
  return { mean, q, k: more(k), p: more(p), r: more(r) };
}

/**
 * The noise of the means over `units`, examples and positions: the share of what other positions know, `(r/k)²` of what
 * all examples share and `(p/q)²` of the rest, does not average out over positions. Where q and d of the source are
 * fixed, as orthogonal weights or a normalisation do, what they would explain of the noise is not there.
 */
export function noiseOfMean(
  unit: UnitNoise,
  moments: Moments,
  sample: Sample,
  rigid: Rigid,
): Noise {
  const { mean, q, k, p, r } = moments;
  const { examples, paired, units, places } = sample;
  const square = mean * mean;
  const alike = (far: number, near: number): number => {
    const isThere = near - square > 1e-12 * q;
    const share = isThere ? Math.min(1, ((far - square) / (near - square)) ** 2) : 0;
    return share + (1 - share) / places;
  };
  const [a, b] = [alike(r, k) / units, alike(p, q) / units];
  const over = ({ shared, own, squares }: Parts): Cross => ({
    qq: a * shared.qq + (b * own.qq) / examples,
    qd: a * shared.qd + (b * own.qd) / paired,
    dq: a * shared.dq + (b * own.dq) / paired,
    dd: a * shared.dd + b * (own.dd / paired + (2 * squares) / (paired * (paired - 1))),
  });
  const { qq, qd, dd } = over(unit.value());
  if (rigid.q === 0 && rigid.d === 0) return { qq, qd, dd };
  const [source, both] = [over(unit.source()), over(unit.both())];
  // First what q of the source explains, then what d explains besides.
  const sq = source.qq > 0 ? 1 / source.qq : 0;
  const rest = source.dd - source.qd ** 2 * sq;
  const sd = rest > 1e-12 * source.dd ? 1 / rest : 0;
  const byD = { q: both.qd - both.qq * source.qd * sq, d: both.dd - both.dq * source.qd * sq };
  const less = (x: keyof typeof byD, y: keyof typeof byD): number =>
    rigid.q * sq * byQ[x] * byQ[y] + rigid.d * sd * byD[x] * byD[y];
  const byQ = { q: both.qq, d: both.dq };
  return { qq: qq - less('q', 'q'), qd: qd - less('q', 'd'), dd: dd - less('d', 'd') };
}

/** `a x + b y`, number by number. */
export function combinedNoise(x: Noise, a: number, y: Noise, b: number): Noise {
  return { qq: a * x.qq + b * y.qq, qd: a * x.qd + b * y.qd, dd: a * x.dd + b * y.dd };
}
