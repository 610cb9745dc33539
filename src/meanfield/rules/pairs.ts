import { firstMoment, secondMoment, type Nonlinearity } from '../../activation/index.ts';
import { covariance } from '../covariance.ts';

/**
 * Second moments of a unit `x` in the wide limit, none of them centred, averaged over units and weights.
 * Positions are pixels, tokens or steps; all inputs and all positions are alike.
 */
export interface Pairs {
  /** `E x²`. */
  readonly q: number;
  /** `E x x'`, the same position of another input. */
  readonly k: number;
  /** `E x x'`, another position of the same input. */
  readonly p: number;
  /** `E x x'`, another position of another input. */
  readonly r: number;
}

/** What a rule needs and gives: the mean `E x` over units and the second moments. */
export interface Moments {
  readonly mean: number;
  readonly pairs: Pairs;
}

/** A function of one number with the places where it is not smooth: all that a rule asks of `f(u)`. */
export type Elementwise = Pick<Nonlinearity, 'f' | 'breakpoints'>;

/** The four moments, each through the same function of one number. */
export function eachPair(pairs: Pairs, f: (moment: number) => number): Pairs {
  return { q: f(pairs.q), k: f(pairs.k), p: f(pairs.p), r: f(pairs.r) };
}

/**
 * Moments of `f(u)` from those of a Gaussian source `u` of mean zero: `E f(u) f(u')` for each kind of pair.
 * A source without size is the constant `f(0)`.
 * Reference: Poole et al. 2016, eq. 5, arXiv:1606.05340
 */
export function mapPairs(phi: Nonlinearity, pairs: Pairs): Pairs {
  const { q } = pairs;
  if (q === 0) return eachPair(pairs, () => phi.f(0) ** 2);
  const known = new Map<number, number>([[q, secondMoment(phi, q)]]);
  return eachPair(pairs, (moment) => {
    const within = Math.min(q, Math.max(-q, moment));
    const value = known.get(within) ?? covariance(phi, q, q, within);
    known.set(within, value);
    return value;
  });
}

/** `mapPairs` with the mean `E f(u)`. */
export function mapMoments(phi: Nonlinearity, pairs: Pairs): Moments {
  const mean = pairs.q === 0 ? phi.f(0) : firstMoment(phi, pairs.q);
  return { mean, pairs: mapPairs(phi, pairs) };
}
