import type { Nonlinearity } from '../../activation/index.ts';
import { checkCount, checkPositive } from './checks.ts';

/** Widths of a network of a homogeneous activation. */
export interface FiniteNetwork {
  /** Width of every hidden layer. */
  readonly widths: readonly number[];
  /**
   * Width of a linear layer at the end whose squared norm is meant: the outputs going forward, the inputs going
   * backward; the last activations (the first gradients in front of `φ`) without it.
   */
  readonly linear?: number;
}

/** How a squared norm spreads over random networks of finite width. */
export interface FiniteSpread {
  /** `E ‖x‖⁴ / (E ‖x‖²)²`, exact. */
  readonly ratio: number;
  /** Relative standard deviation of `‖x‖²` from one network to the next, `√(ratio - 1)`. */
  readonly relativeDeviation: number;
  /** `Var ln ‖x‖²` of the log-normal law of the same mean and variance, `ln ratio ≈ β Σ 1/n`. */
  readonly logVariance: number;
  /** `E ln ‖x‖² - ln E ‖x‖²` of that law, `-logVariance / 2`: the typical network lies below the mean. */
  readonly logBias: number;
}

/**
 * `β = E φ⁴ / (E φ²)² - 1` of a Gaussian: each layer of width `n` multiplies `E ‖x‖⁴ / (E ‖x‖²)²` by `1 + β/n`. 5 for
 * ReLU, `6(1 + α⁴)/(1 + α²)² - 1` for slope α, 2 for the identity. `RangeError` unless `φ` is homogeneous.
 */
export function widthFactor(phi: Nonlinearity): number {
  if (!phi.homogeneous) {
    throw new RangeError(
      `widthFactor: φ must be homogeneous, φ(cx) = c φ(x) for c > 0, got ${phi.name}; its spread depends on q`,
    );
  }
  const [up, down] = [phi.f(1) ** 2, phi.f(-1) ** 2];
  checkPositive('widthFactor', 'E φ²', up + down);
  return (6 * (up * up + down * down)) / (up + down) ** 2 - 1;
}

/**
 * The spread of `‖x_L‖²`, and equally of the squared norm of a gradient on its way back, over Gaussian networks of
 * a homogeneous activation without biases: given one layer the next norm is independent of everything else, so
 * `E ‖x‖⁴ / (E ‖x‖²)² = ∏ (1 + β / n_l)`, and `ln ‖x‖²` is a sum of independent terms, close to normal. It is
 * what every comparison of a measured second moment with the wide limit has to allow for.
 * `RangeError` for widths that are no whole numbers from 1 on and for other activations.
 * Reference: Hanin and Rolnick 2018, arXiv:1803.01719; Hanin 2018, arXiv:1801.03744
 */
export function finiteWidth(phi: Nonlinearity, { widths, linear }: FiniteNetwork): FiniteSpread {
  const beta = widthFactor(phi);
  if (widths.length === 0) {
    throw new RangeError('finiteWidth: widths must name at least 1 hidden layer, got none');
  }
  let logVariance = 0;
  for (const width of widths) {
    checkWidth(width);
    logVariance += Math.log1p(beta / width);
  }
  if (linear !== undefined) {
    checkWidth(linear);
    logVariance += Math.log1p(2 / linear);
  }
  return {
    ratio: Math.exp(logVariance),
    relativeDeviation: Math.sqrt(Math.expm1(logVariance)),
    logVariance,
    logBias: -0.5 * logVariance,
  };
}

/**
 * Relative standard error of a mean of `‖x‖²` over `draws` independent networks:
 * `√((ratio - 1) / draws)`. `RangeError` unless `draws` is a whole number from 1 on.
 */
export function standardErrorOfMean(spread: FiniteSpread, draws: number): number {
  checkCount('standardErrorOfMean', 'draws', draws);
  return spread.relativeDeviation / Math.sqrt(draws);
}

/**
 * Factors around the wide limit between which `‖x‖²` of one network lies with a probability of
 * `2 Φ(deviations) - 1`, by the log-normal law: `exp(logBias ± deviations √logVariance)`.
 */
export function toleranceBand(
  { logVariance, logBias }: FiniteSpread,
  deviations: number,
): { readonly low: number; readonly high: number } {
  checkPositive('toleranceBand', 'deviations', deviations);
  const reach = deviations * Math.sqrt(logVariance);
  return { low: Math.exp(logBias - reach), high: Math.exp(logBias + reach) };
}

function checkWidth(width: number): void {
  if (!Number.isSafeInteger(width) || width < 1) {
    throw new RangeError(`finiteWidth: a width must be a whole number from 1 on, got ${width}`);
  }
}
