import type { Builder } from '../graph/index.ts';

/**
 * What kind of function it is, for the choice of an initializer: `rectifier` is piecewise linear and
 * unbounded, `smooth_rectifier` a rounded relative of it, `sigmoidal` bounded and monotone.
 */
export type Family = 'linear' | 'rectifier' | 'smooth_rectifier' | 'sigmoidal' | 'periodic';

/** The one number that a parametric activation has. */
export interface ActivationParameter {
  /** `slope` or `alpha`. */
  readonly name: string;
  readonly value: number;
  readonly default: number;
  /** The same activation with another value; `RangeError` where that value is not allowed. */
  readonly with: (value: number) => Activation;
}

/** One activation `φ`, applied to each element, as data. */
export interface Activation {
  /** The name without its parameter, e.g. `leaky_relu`. */
  readonly name: string;
  readonly parameter?: ActivationParameter;
  /** `φ(x)`. */
  readonly f: (x: number) => number;
  /** `φ'(x)`; at a kink the derivative from the left. */
  readonly df: (x: number) => number;
  /** Ascending: where `φ` or one of its derivatives jumps. */
  readonly breakpoints: readonly number[];
  readonly family: Family;
  /** `φ(cx) = c φ(x)` for every `c > 0`. */
  readonly homogeneous: boolean;
  /** `φ(-x) = -φ(x)`, so that the mean of the output is zero at every scale. */
  readonly odd: boolean;
  /** The constants that `φ` approaches for `x → -∞` and `x → ∞`, `null` where it does not level off. */
  readonly saturates: { readonly low: number | null; readonly high: number | null };
  /** `E φ(√q z)²`, `z ~ N(0, 1)`, `q > 0`, where a closed form is known. */
  readonly secondMoment?: (q: number) => number;
  /** `E φ'(√q z)²`, where a closed form is known. */
  readonly derivativeSecondMoment?: (q: number) => number;
  /**
   * Applies it to the value `x` of a graph in standard operators and returns the name of the result.
   * The last node is called `name`, everything else `name/…`, a parameter tensor `name.…`.
   */
  readonly build: (builder: Builder, name: string, x: string) => string;
}
