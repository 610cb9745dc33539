import { countOf } from '../predict/axes.ts';
import type { Moments } from '../predict/moments.ts';
import type { Signal } from '../predict/state.ts';
import { identityTransfer } from '../predict/transfer.ts';
import type { Course, Pass } from './course.ts';
import { noiseOfMean, spreadMoments, unitNoise, type Noise, type Rigid } from './unit-noise.ts';
import type { Pair } from './wave.ts';

/** How a noise is made. */
export interface NoiseOptions {
  /** Parts whose own noise is none of it. */
  readonly less?: readonly Signal[];
  readonly rigid?: Rigid;
  /** Units and positions in place of those of the value. */
  readonly units?: number;
  readonly places?: number;
}

/** Nothing is fixed. */
export const LOOSE: Rigid = { q: 0, d: 0 };

/** The noise of the units of a value, whose elements are what its function makes of independent Gaussians. */
export function noisePair(
  { findings }: Course,
  { sketch, examples, few }: Pass,
  state: Signal,
  { less = [], rigid = LOOSE, ...given }: NoiseOptions = {},
): Pair | null {
  const units = given.units ?? countOf(state.axes, ['unit']);
  // One example is looked at position by position.
  const places = given.places ?? (few === null ? 1 : (countOf(state.axes, ['place', 'key']) ?? 1));
  if (units === null || !(units > 0)) return null;
  const sample = { examples, paired: Math.max(2, examples), units, places };
  const noiseOf = (one: Signal): Noise => {
    const { transfer, source } = one;
    const spread =
      few === null ? 0 : spreadOf(few(source.value, false)?.pair ?? null, source.moments);
    const noise = noiseOfMean(findings.unit(one), source.moments, sample, rigid);
    if (!(spread > 1e-6 * source.moments.q ** 2)) return noise;
    // Inner products of either sign add to the noise of squares, and average out of that of pairs.
    const moments = spreadMoments(source.moments, spread);
    const { qq } = noiseOfMean(unitNoise(transfer, moments), moments, sample, rigid);
    const more = Math.max(0, qq - noise.qq);
    return { qq: noise.qq + more, qd: noise.qd + more, dd: noise.dd + more };
  };
  let { qq, qd, dd } = noiseOf(state);
  for (const part of less) {
    const noise = noiseOf(part);
    qq -= noise.qq;
    qd -= noise.qd;
    dd -= noise.dd;
  }
  const pair = { q: sketch.zero(), d: sketch.zero() };
  const [first, second] = [sketch.noise(), sketch.noise()];
  const sigma = Math.sqrt(Math.max(0, qq));
  const along = sigma > 0 ? qd / sigma : 0;
  first(pair.q, sigma);
  first(pair.d, along);
  second(pair.d, Math.sqrt(Math.max(0, dd - along ** 2)));
  return pair;
}

/** A value by itself, as a Gaussian of its own moments. */
export function gaussianLike(state: Signal): Signal {
  const moments = state.moments();
  return {
    ...state,
    source: { ...state.source, moments, marginal: null },
    transfer: identityTransfer,
  };
}

/** Variance of `k - c q`, of the inner products of pairs given their lengths. */
function spreadOf(pair: Noise | null, { q, k }: Moments): number {
  if (pair === null || !(q > 0)) return 0;
  const ratio = Math.max(0, q - k) / q;
  return Math.max(0, pair.dd - 2 * ratio * pair.qd + ratio ** 2 * pair.qq);
}

/** What Gaussian units would scatter by, of which there is nothing where a source is fixed. */
export function fixedNoise(
  { findings }: Course,
  state: Signal,
  examples: number,
  rigid: Rigid,
): Noise {
  const units = countOf(state.axes, ['unit']) ?? Infinity;
  const { moments } = state.source;
  const identity = { ...state, transfer: identityTransfer };
  const sample = { examples, paired: Math.max(2, examples), units, places: 1 };
  const { qq, qd, dd } = noiseOfMean(findings.unit(identity), moments, sample, LOOSE);
  if (rigid.d > 0) return { qq: rigid.q * qq, qd: rigid.d * qd, dd: rigid.d * dd };
  // Of d only what follows q is fixed with it.
  return { qq: rigid.q * qq, qd: rigid.q * qd, dd: qq > 0 ? (rigid.q * qd * qd) / qq : 0 };
}
