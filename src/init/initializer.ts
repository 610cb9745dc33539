import type { AxisRole, FloatDType, Tensor } from '../tensor/index.ts';
import type { Kernels, Key } from '../random/index.ts';

/**
 * The tensor to draw. A weight acts as `y = W x` with `fanIn` inputs per output and `fanOut` outputs
 * per input; `layout` says which axis is which, so that `[out, in]` and `[in, out]` are one map.
 */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: FloatDType;
  /** One role per axis of `shape`; empty for tensors that are no linear map (biases, norms). */
  readonly layout: readonly AxisRole[];
  /**
   * Number of independent groups into which the `out` axis is divided (of a transposed convolution,
   * `[in, out, ...kernel]`, the `in` axis); 1 if not grouped.
   */
  readonly groups: number;
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Named numbers and words of one scheme, e.g. `{ gain: 1, mode: 'fan_in' }`. */
export type Options = Readonly<Record<string, number | string>>;

/**
 * One initializer, as data: what it needs, what it promises, how it draws. Options that are left out
 * have their default.
 */
export interface Scheme {
  /** The name in `--scheme` and in `sample`, e.g. `he_normal`. */
  readonly name: string;
  /** `σ² = 2 / ((1 + a²) fan_in)`. */
  readonly formula: string;
  /** When to use it, in one sentence. */
  readonly use: string;
  /** Paper and equation, with arXiv number where there is one. */
  readonly reference: string;
  /** Every option with its default. An option that is not here is an error. */
  readonly options: Options;
  /** The words that an option may have, for options that are words. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  /**
   * All options, those that are left out with their default. Throws `RangeError` for an unknown option
   * or a value that is out of range, `TypeError` for a word in place of a number or the reverse.
   */
  readonly accept: (options: Options) => Options;
  /**
   * Throws `RangeError` where the scheme is undefined for this tensor, as
   * `orthogonal: shape must have at least 2 dimensions, got [10]`, and all that `accept` throws.
   */
  readonly check: (spec: Spec, options: Options) => void;
  /** Mean of one element, over the tensor and over all draws. */
  readonly mean: (spec: Spec, options: Options) => number;
  /** Standard deviation of one element (root mean square about the mean), 0 for constants. */
  readonly std: (spec: Spec, options: Options) => number;
  /** Largest possible magnitude `|w - mean|` of one element, `null` where there is none. */
  readonly bound: (spec: Spec, options: Options) => number | null;
  /**
   * The tensor; throws what `check` throws. The kernels decide how fast it is there, never what it is:
   * those of the calling thread if none are given.
   */
  readonly draw: (key: Key, spec: Spec, options: Options, kernels?: Kernels) => Tensor<FloatDType>;
}
