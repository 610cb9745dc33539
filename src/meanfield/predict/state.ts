import { transferMoments, transferSlope, REACH } from './expectation.ts';
import { marginalMoments, marginalSlope, type Marginal, type Summand } from './marginal.ts';
import type { Pairs } from '../rules/pairs.ts';
import type { Moments } from './moments.ts';
import type { Series } from './series.ts';
import { identityTransfer, type Transfer } from './transfer.ts';

/** What an axis of a value runs over. A `key` is a position that attention sums over. */
export type AxisKind = 'batch' | 'unit' | 'place' | 'key';

/** One axis of a value; the size is `null` where only running tells it. */
export interface Axis {
  readonly kind: AxisKind;
  readonly size: number | null;
  /** Second moment at each position in units of its mean, where zeros at borders make them differ. */
  readonly profile?: Float64Array;
}

/** The axes of a value, `null` where nothing is known of them. */
export type Axes = readonly Axis[] | null;

/** How much of the second moment of a value's gradient gets to one that it is made from. */
export interface Pull {
  readonly to: string;
  readonly factor: number;
  /** `E f'²` of the function that the value is of its source where it is not that of all its elements alike. */
  readonly slope?: number;
}

/** A value that functions are taken of: its moments, and whether it is Gaussian over units and weights. */
export interface Source {
  readonly value: string;
  readonly moments: Moments;
  readonly isGaussian: boolean;
  /** How its elements are distributed where that is known and not Gaussian. */
  readonly marginal: Marginal | null;
  /** `p` and `r` of far positions where zeros at borders make them smaller than those of near ones. */
  readonly far: FarPairs | null;
  readonly pulls: readonly Pull[];
}

/** Second moments of two positions that are far from each other, of one input and of two. */
export type FarPairs = Pick<Moments, 'p' | 'r'>;

/** A value that carries the signal, or that is stored: a function of one source. */
export interface Signal {
  readonly kind: 'signal';
  readonly source: Source;
  readonly transfer: Transfer;
  readonly moments: () => Moments;
  readonly axes: Axes;
  /** Second moments of all pairs of its steps, of what a recurrent layer makes. */
  readonly series: Series | null;
  /** The factor on gradients of the operator that made this value; `null` of functions and plumbing. */
  readonly chi: number | null;
  /** The approximation made at this value. */
  readonly note: string | null;
}

/** A number that is the same for all units, inputs and weights, as a mean over many units is. */
export interface Level {
  readonly kind: 'level';
  readonly value: number;
  readonly axes: Axes;
}

/** Indices of a table, or other integers that flow in. */
export interface Tokens {
  readonly kind: 'tokens';
  readonly axes: Axes;
}

/** Which of the keys a query sees: all, those up to its own position, or so many. */
export type Seen = 'all' | 'causal' | number;

/**
 * Products of queries and keys before their softmax: covariances of the scores of one query, each less the
 * part that all keys share, which a softmax does not see.
 */
export interface Scores {
  readonly kind: 'scores';
  /** Of one query, of two positions of queries, of one query of two inputs, of two positions of two inputs. */
  readonly contrasts: Pairs;
  readonly seen: Seen;
  readonly axes: Axes;
  /** The way back from one gradient of variance 1 at every score of a row. */
  readonly pulls: readonly Pull[];
  readonly moments: Moments;
}

/** Weights of an attention: `E Σ_j a_j a'_j` over keys, for the pairs of queries. */
export interface Shares {
  readonly kind: 'shares';
  readonly overlaps: Pairs;
  /** `E Σ (∂L/∂s)²` for gradients of variance 1 at the weights. */
  readonly gradient: number;
  readonly keys: number;
  readonly axes: Axes;
  readonly scores: Scores;
}

/** A value of which nothing is known any more, and why. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly reason: string;
}

/** What is known of one value of the network. */
export type State = Signal | Level | Tokens | Scores | Shares | Unknown;

/** A new source and the signal that is just it. */
export function opened(
  value: string,
  moments: Moments,
  axes: Axes,
  more: {
    readonly isGaussian?: boolean;
    readonly marginal?: Marginal | null;
    readonly far?: FarPairs | null;
    readonly pulls?: readonly Pull[];
    readonly chi?: number | null;
    readonly note?: string | null;
  } = {},
): Signal {
  const { isGaussian = false, marginal = null, far = null } = more;
  const { pulls = [], chi = null, note = null } = more;
  return {
    kind: 'signal',
    source: { value, moments, isGaussian, marginal: isGaussian ? null : marginal, far, pulls },
    transfer: identityTransfer,
    moments: () => moments,
    axes,
    series: null,
    chi,
    note,
  };
}

/** Another function of the same source. */
export function through(signal: Signal, transfer: Transfer, note: string | null = null): Signal {
  let known: Moments | null = null;
  const { moments, marginal } = signal.source;
  const momentsOf = (): Moments =>
    marginal === null
      ? transferMoments(transfer, moments)
      : marginalMoments(transfer, moments, marginal);
  return {
    ...signal,
    transfer,
    moments: () => (known ??= momentsOf()),
    series: null,
    chi: null,
    note:
      note ?? (transfer.affine !== null ? null : (signal.note ?? (marginal && AS_GAUSSIAN_PAIRS))),
  };
}

/** Of a sum that is not Gaussian the distribution is followed, but not that of two of them together. */
const AS_GAUSSIAN_PAIRS =
  'two inputs, and slopes behind them, are taken to go together as Gaussians do';

/** The moments of a signal with the pairs of far positions. */
export function farMoments({ source, transfer, moments }: Signal): Moments {
  const { far, marginal } = source;
  if (far === null) return moments();
  const apart = { ...source.moments, ...far };
  return marginal === null
    ? transferMoments(transfer, apart)
    : marginalMoments(transfer, apart, marginal);
}

/** The far pairs of what is made of some values by one rule for moments; `null` where near ones are no others. */
export function farPairs(
  signals: readonly Signal[],
  rule: (...moments: readonly Moments[]) => Moments,
): FarPairs | null {
  if (signals.every(({ source }) => source.far === null)) return null;
  const { p, r } = rule(...signals.map(farMoments));
  return { p, r };
}

/** Where a Gaussian like the source has all of its mass. */
export function rangeOf({ source: { moments } }: Signal): readonly [low: number, high: number] {
  const std = Math.sqrt(Math.max(0, moments.q - moments.mean ** 2));
  return [moments.mean - REACH * std, moments.mean + REACH * std];
}

/** Whether a signal is Gaussian itself. */
export function isGaussian({ source, transfer }: Signal): boolean {
  return source.isGaussian && transfer.affine !== null;
}

/** `E f'²` of the function that a signal is of its source. */
export function slopeOf({ source, transfer }: Signal): number {
  return source.marginal === null || transfer.affine !== null
    ? transferSlope(transfer, source.moments)
    : marginalSlope(transfer, source.marginal);
}

/** A signal as a term of a sum. */
export function summandOf({ transfer, source: { moments, marginal } }: Signal): Summand {
  return { transfer, moments, marginal };
}

/** The state of a value of which nothing is known. */
export function unknown(reason: string): Unknown {
  return { kind: 'unknown', reason };
}

/** Whether a value has positions; where the axes are not known, it may. */
export function hasPlaces(axes: Axes): boolean {
  return axes === null || axes.some(({ kind }) => kind === 'place');
}
