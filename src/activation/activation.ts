import type { Builder } from '../graph/index.ts';
import type { Nonlinearity } from './nonlinearity.ts';

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

/** One activation `φ`, applied to each element, as data; `name` stands without its parameter, e.g. `leaky_relu`. */
export interface Activation extends Nonlinearity {
  readonly parameter?: ActivationParameter;
  readonly family: Family;
  /** The constants that `φ` approaches for `x → -∞` and `x → ∞`, `null` where it does not level off. */
  readonly saturates: { readonly low: number | null; readonly high: number | null };
  /**
   * Applies it to the value `x` of a graph in standard operators and returns the name of the result.
   * The last node is called `name`, everything else `name/…`, a parameter tensor `name.…`.
   */
  readonly build: (builder: Builder, name: string, x: string) => string;
}
