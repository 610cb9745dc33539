import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkFinite } from './checks.ts';
import {
  meanOutput,
  outputCovariance,
  outputMoment,
  slopeCovariance,
  slopeMoment,
} from './outputs.ts';

/**
 * One residual block `x' = s x + α F(x)`. The branch is `F(x) = v φ(w x + b) + a` (full form) or, without
 * `output`, `F(x) = φ(w x + b)` (reduced form), `Var w = σw² / N`, `Var v = σv² / N`.
 */
export interface ResidualBlock extends Variances {
  /** `σv²` and `σa²` of the linear map that ends the branch. */
  readonly output?: Variances;
  /** `s`, 1 if not given. */
  readonly skip?: number;
  /** `α`, 1 if not given; `1 / √L` keeps a network of any depth L finite. */
  readonly branchScale?: number;
  /**
   * Layer normalisation in front of the branch (`x' = s x + α F(LN x)`), or of the sum (`x' = LN(s x + α F(x))`);
   * `none` if not given.
   */
  readonly norm?: 'none' | 'pre' | 'post';
}

/** The residual stream between two blocks, for two inputs of the same second moment. */
export interface ResidualState {
  /** `p = E x²`. */
  readonly p: number;
  /** `E x`; other than 0 only in the reduced form, where the means of `φ` add up. */
  readonly mean: number;
  /** `E x x' / p`, 1 where p is 0. */
  readonly c: number;
}

/** A block passed: the stream behind it, and its factors on gradients. */
export interface ResidualStep extends ResidualState {
  /** `q = E h²` inside the branch. */
  readonly q: number;
  /** `χ`: second moment of the gradient in front of the block over that behind it. */
  readonly chi: number;
  /** The same of the product of the gradients of two inputs. */
  readonly chiC: number;
}

/** `s = w` and `α = √(1 - w²)`: the sum of shortcut and branch of unit second moment has it too. */
export function weightedSum(w: number): { readonly skip: number; readonly branchScale: number } {
  if (!(w >= 0 && w <= 1)) throw new RangeError(`weightedSum: w must be in [0, 1], got ${w}`);
  return { skip: w, branchScale: Math.sqrt((1 - w) * (1 + w)) };
}

/**
 * The residual map: with `q = σw² p + σb²`, `λ = σw² c p + σb²`, `p' = s² p + α²(σv² E φ(u)² + σa²)`,
 * `c' p' = s² c p + α²(σv² E φ(u₁) φ(u₂) + σa²)`, `χ = s² + α² σv² σw² E φ'(u)²` (`σv² = 1`, `σa² = 0` and a cross
 * term `2 s α E x E φ` in the reduced form). Layer normalisation puts `(x - E x) / √Var x` in place of x.
 * `RangeError` where a variance is negative or the normalised value has none.
 * Reference: Yang and Schoenholz 2017, arXiv:1712.08969
 */
export function residualStep(
  phi: Nonlinearity,
  block: ResidualBlock,
  state: ResidualState,
): ResidualStep {
  checkBlock('residualStep', block);
  return stepBlock('residualStep', phi, block, state);
}

/** `residualStep` of a block that has been checked; `withPair` false leaves `c` and `chiC` at 1 and `chi`. */
export function stepBlock(
  where: string,
  phi: Nonlinearity,
  block: ResidualBlock,
  state: ResidualState,
  withPair: boolean = true,
): ResidualStep {
  const { skip = 1, branchScale = 1, norm = 'none', output, sigmaW2, sigmaB2 } = block;
  const seen = norm === 'pre' ? normalised(where, state) : { ...state, scale2: 1 };
  const q = sigmaW2 * seen.p + sigmaB2;
  const lambda = sigmaW2 * seen.c * seen.p + sigmaB2;

  const alpha2 = branchScale * branchScale;
  const { sigmaW2: sigmaV2, sigmaB2: sigmaA2 } = output ?? { sigmaW2: 1, sigmaB2: 0 };
  const branchMean = output === undefined ? branchScale * meanOutput(phi, q) : 0;
  const shared = skip * skip;
  const cross = 2 * skip * state.mean * branchMean;
  const p = shared * state.p + cross + alpha2 * (sigmaV2 * outputMoment(phi, q) + sigmaA2);
  const mean = skip * state.mean + branchMean;
  const slopes = (alpha2 * sigmaV2 * sigmaW2) / seen.scale2;
  const chi = shared + slopes * slopeMoment(phi, q);

  const isPair = withPair && state.c !== 1;
  const covariance = isPair ? sigmaV2 * outputCovariance(phi, q, q, lambda) + sigmaA2 : 0;
  // Two signals of size 0 are equal.
  const isDistinct = isPair && p > 0;
  const c = isDistinct ? (shared * state.c * state.p + cross + alpha2 * covariance) / p : 1;
  const chiC = isPair ? shared + slopes * slopeCovariance(phi, q, q, lambda) : chi;

  if (norm !== 'post') return { p, mean, c, q, chi, chiC };
  const { scale2, ...normed } = normalised(where, { p, mean, c });
  return { ...normed, q, chi: chi / scale2, chiC: chiC / scale2 };
}

/** The state after layer normalisation, and the variance that it divides by. */
function normalised(
  where: string,
  { p, mean, c }: ResidualState,
): ResidualState & { readonly scale2: number } {
  const scale2 = p - mean * mean;
  if (!(scale2 > 0)) {
    throw new RangeError(
      `${where}: layer normalisation must see a variance above 0, got ${scale2}; give p, the branch ` +
        `or a bias some`,
    );
  }
  return { p: 1, mean: 0, c: c === 1 ? 1 : (c * p - mean * mean) / scale2, scale2 };
}

/** Throws `RangeError` unless all numbers of a block make sense. */
export function checkBlock(where: string, block: ResidualBlock): void {
  const { output, skip = 1, branchScale = 1 } = block;
  checkVariances(where, block);
  if (output !== undefined) checkVariances(`${where}: output`, output);
  checkFinite(where, 'skip', skip);
  checkFinite(where, 'branchScale', branchScale);
}
