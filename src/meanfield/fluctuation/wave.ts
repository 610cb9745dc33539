import type { Moments } from '../predict/moments.ts';
import type { Signal } from '../predict/state.ts';
import { combined, product, type Ripple } from './sketch.ts';
import type { Noise } from './unit-noise.ts';

/** Two combinations of noises: what q and `d = q - k` of a value differ from their wide limits by. */
export interface Pair {
  readonly q: Ripple;
  readonly d: Ripple;
}

/** How q and `d = q - k` of a value, as means over its units and over examples, vary. */
export interface Wave {
  /** From draw to draw, by what was drawn before it. */
  readonly kernel: Pair;
  /** From draw to draw, by its own units being few. */
  readonly own: Pair;
  /** With the examples that were taken, which are the same for all draws. */
  readonly lasting: Pair;
  /** By how much the means over draws are off the wide limit, to first order in 1/width. */
  readonly bias: { readonly q: number; readonly d: number };
}

/** How a pair behind a map follows the one in front: `q' = qq q`, `d' = dq q + dd d`. */
export interface Slopes {
  readonly qq: number;
  readonly dq: number;
  readonly dd: number;
}

/** A value that does not vary. */
export function stillWave(zero: () => Ripple): Wave {
  const still = (): Pair => ({ q: zero(), d: zero() });
  return { kernel: still(), own: still(), lasting: still(), bias: { q: 0, d: 0 } };
}

/** A pair behind a map. */
export function mapped({ q, d }: Pair, { qq, dq, dd }: Slopes): Pair {
  return { q: combined([qq, q]), d: combined([dq, q], [dd, d]) };
}

/** `Σ aᵢ xᵢ` of pairs. */
export function summed(...terms: readonly (readonly [number, Pair])[]): Pair {
  return {
    q: combined(...terms.map(([a, { q }]) => [a, q] as const)),
    d: combined(...terms.map(([a, { d }]) => [a, d] as const)),
  };
}

/** A wave behind a map that acts on each element of its own. */
export function passed({ kernel, own, lasting, bias }: Wave, slopes: Slopes): Wave {
  const { qq, dq, dd } = slopes;
  return {
    kernel: mapped(kernel, slopes),
    own: mapped(own, slopes),
    lasting: mapped(lasting, slopes),
    bias: { q: qq * bias.q, d: dq * bias.q + dd * bias.d },
  };
}

/** A wave behind a map that sums over its units: they are what was drawn before now, and the new ones are `own`. */
export function read(before: Wave, slopes: Slopes, own: Pair, share: number = 1): Wave {
  const after = passed(before, slopes);
  return { ...after, kernel: summed([1, after.kernel], [share, after.own]), own };
}

/** The wave of `Σ aᵢ xᵢ` where second moments add up like that. */
export function mixed(terms: readonly (readonly [number, Wave])[]): Wave {
  const of = (part: 'kernel' | 'own' | 'lasting'): Pair =>
    summed(...terms.map(([a, one]) => [a, one[part]] as const));
  const bias = (part: 'q' | 'd'): number =>
    terms.reduce((sum, [a, one]) => sum + a * one.bias[part], 0);
  return {
    kernel: of('kernel'),
    own: of('own'),
    lasting: of('lasting'),
    bias: { q: bias('q'), d: bias('d') },
  };
}

/** The q and d of a value in the wide limit. */
export function pairOf(state: Signal): { readonly q: number; readonly d: number } {
  const { q, k }: Moments = state.moments();
  return { q, d: Math.max(0, q - k) };
}

/** The map that keeps what is relative of q and of d. */
export function relativeSlopes(from: Signal, to: Signal): Slopes {
  const [before, after] = [pairOf(from), pairOf(to)];
  return {
    qq: before.q > 0 ? after.q / before.q : 0,
    dq: 0,
    dd: before.d > 1e-12 * before.q ? after.d / before.d : 0,
  };
}

/** The map of a linear layer: its factor is that of differences, which a bias does not change. */
export function linearSlopes(from: Signal, to: Signal): Slopes {
  const [before, after] = [pairOf(from), pairOf(to)];
  const byQ = before.q > 0 ? after.q / before.q : 0;
  const factor = before.d > 1e-9 * before.q ? after.d / before.d : byQ;
  return { qq: factor, dq: 0, dd: factor };
}

/** The covariances of a wave from draw to draw: of all of it, or of what was drawn before. */
export function covarianceOf({ kernel, own }: Wave, isWhole: boolean): Noise {
  return covariance(isWhole ? summed([1, kernel], [1, own]) : kernel);
}

/** The covariances of a pair. */
export function covariance({ q, d }: Pair): Noise {
  return { qq: product(q, q), qd: product(q, d), dd: product(d, d) };
}
