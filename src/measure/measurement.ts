import type { LayerKind } from '../network/index.ts';
import type { NotFinite } from './moments.ts';

/** A number for each draw of the weights, in the order of the seeds; `null` where it is not finite. */
export type PerDraw = readonly (number | null)[];

/** What was measured of one value of the network: means over draws, examples, positions and units. */
export interface MeasuredLayer {
  /** The value's name in the file. */
  readonly name: string;
  /** The operator that makes it; joined by `+` for a function spelled in several operators. */
  readonly op: string;
  readonly kind: LayerKind;
  /** Units of one example: extent of the unit axis (channels, features). */
  readonly units: number;
  /** Elements of one example: units times positions. */
  readonly size: number;
  /** `E x²`, `null` where it is not finite. */
  readonly secondMoment: number | null;
  readonly mean: number | null;
  /**
   * Correlation of two different examples `E x x' / E x²`, not centred, as the theory's c: over all pairs of
   * examples, position by position; `null` where there is but one example.
   */
  readonly c: number | null;
  /** Share of units that are the same for all examples and positions; `null` where there is but one. */
  readonly dead: number | null;
  /** Share of elements of an activation within 1 % of its range of a bound it approaches; `null` where it has none. */
  readonly saturated: number | null;
  /**
   * Effective rank of the matrix of examples (and positions) × units: `exp` of the entropy of its normalised singular
   * values (Roy & Vetterli 2007); `null` where it was not asked for.
   */
  readonly effectiveRank: number | null;
  /**
   * `E g²` of the gradient with respect to this value, per element, where the cotangent of `of` is N(0, 1), scaled
   * to a second moment of 1: so relative to that at the output. Values that the same operator makes of the same
   * inputs are one value to the derivative, and each has the gradient of all. `null` where gradients were not asked
   * for or no path leads to the output.
   */
  readonly gradientSecondMoment: number | null;
  /** Only where an element is not finite, in one draw at least. */
  readonly notFinite?: NotFinite;
  /** Share of elements of the gradient that are infinite or NaN; only where there are any. */
  readonly gradientNotFinite?: number;
  /** The same numbers draw by draw. */
  readonly draws: {
    readonly secondMoment: PerDraw;
    readonly mean: PerDraw;
    readonly c: PerDraw;
    readonly gradientSecondMoment: PerDraw;
  };
}

/** What was measured of one stored tensor that is trained: means over draws. */
export interface MeasuredParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** `‖W‖`, Frobenius norm. */
  readonly weightNorm: number | null;
  /**
   * `‖∂L/∂W‖` of `L = (1/B) Σ_b r_b · y_b` over the B examples of all batches, with the cotangent r of the layers;
   * `null` where gradients were not asked for.
   */
  readonly gradientNorm: number | null;
  /** `η ‖∂L/∂W‖ / ‖W‖` at the learning rate η that was asked for; `null` where there is none or `W = 0`. */
  readonly updateRatio: number | null;
  readonly draws: { readonly gradientNorm: PerDraw };
}

/** Layers and parameters of a network, measured. */
export interface LayersMeasurement {
  readonly layers: readonly MeasuredLayer[];
  readonly parameters: readonly MeasuredParameter[];
  /** Examples of a run, all batches together. */
  readonly examples: number;
  /** Second moment and correlation of the float inputs, which the theory starts from; `null` where there are none. */
  readonly input: { readonly q: number; readonly c: number | null } | null;
  /** The values that the cotangent is of; empty where there are no gradients. */
  readonly of: readonly string[];
  /** Why there are no gradients though they were asked for, in one sentence; else `null`. */
  readonly notDifferentiable: string | null;
  /**
   * The first layer, in graph order, where an element of the signal is not finite; or else the first on the way
   * back where one of the gradient is not; `null` where all are.
   */
  readonly firstNotFinite: string | null;
}

/** The singular values of the Jacobian `∂to/∂from` at one example. */
export interface JacobianMeasurement {
  readonly from: string;
  readonly to: string;
  /** Elements of `to` and of `from` of one example. */
  readonly rows: number;
  readonly cols: number;
  /** Every singular value, or extremes and an estimated density by Golub–Kahan–Lanczos. */
  readonly method: 'exact' | 'lanczos';
  /**
   * Largest and smallest of the min(rows, cols) singular values s, over all draws; for `lanczos` a lower and an upper
   * bound of them. What is but rounding of the Jacobian counts as 0.
   */
  readonly sMax: number;
  readonly sMin: number;
  /** Mean and variance of λ = s² over the min(rows, cols) singular values and draws. */
  readonly mean: number;
  readonly variance: number;
  /** The eleven singular values below which 0, 10, … 100 % of them lie. */
  readonly deciles: readonly number[];
  /** All of them in descending order, those of all draws together; `null` for `lanczos`. */
  readonly singularValues: readonly number[] | null;
  /** For `lanczos`: points s with weights that add up to 1. */
  readonly density: { readonly s: readonly number[]; readonly weight: readonly number[] } | null;
  readonly draws: {
    readonly sMax: readonly number[];
    readonly sMin: readonly number[];
    readonly mean: readonly number[];
  };
}

/** How gradients of neighbouring inputs resemble each other. */
export interface ShatteringMeasurement {
  /** What the gradient is with respect to, and the value of which it is, projected on a random direction. */
  readonly from: string;
  readonly to: string;
  /** Elements of `from` of one example. */
  readonly size: number;
  /** Points of the one-dimensional grid of inputs. */
  readonly points: number;
  /** The grid in words: the input itself, or a line through input space that misses the origin or goes through data. */
  readonly line: string;
  /**
   * Points that the network sees at a time where an example depends on the others of its batch, as with
   * normalisation over the batch: all of them, unless the file fixes a smaller batch. `null` where none does.
   */
  readonly batch: number | null;
  /**
   * Whether its statistics over the batch were held, or moved with the inputs, so that gradients are those of
   * `Σ_j r · y_j`; `null` where there are none.
   */
  readonly statistics: 'moving' | 'held' | null;
  /** Independent inputs of N(0, 1), or examples of data, that `correlation` is over. */
  readonly inputs: number;
  /** Draws whose gradient is zero everywhere; the numbers are of the others. */
  readonly dead: number;
  /**
   * Mean correlation `⟨g_i, g_j⟩/(‖g_i‖‖g_j‖)` of the gradients of different, independent inputs. For an
   * input of one number the gradients are numbers, and this is the mean product of their signs.
   */
  readonly correlation: number;
  /** Autocorrelation along the grid at lags 0, 1, … */
  readonly autocorrelation: readonly number[];
  /** The same of white and of brown noise of as many points, from the same seeds. */
  readonly white: readonly number[];
  readonly brown: readonly number[];
  readonly draws: {
    readonly correlation: readonly number[];
    readonly autocorrelation: readonly (readonly number[])[];
  };
}

/** The empirical neural tangent kernel `Θ_ab = ⟨∂y_a/∂θ, ∂y_b/∂θ⟩` on a batch of examples. */
export interface KernelMeasurement {
  readonly examples: number;
  /** The value `y`. */
  readonly to: string;
  /** Elements of `y` of one example; the kernel is the mean over them. */
  readonly outputs: number;
  /** Trained numbers. */
  readonly parameters: number;
  /** Every output was differentiated, or so many random combinations of them, with signs as factors. */
  readonly method: 'exact' | 'projected';
  readonly cotangents: number;
  /** Row after row, the mean over draws. */
  readonly kernel: readonly (readonly number[])[];
  /** Those of the mean kernel, in descending order. */
  readonly eigenvalues: readonly number[];
  /**
   * Largest over smallest eigenvalue; `null` where the smallest is 0 to the precision of the gradients, which is
   * that of float32.
   */
  readonly conditionNumber: number | null;
  readonly draws: { readonly conditionNumber: PerDraw };
}
