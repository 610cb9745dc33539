import type { Nonlinearity } from '../../activation/index.ts';
import { sigmoid } from '../../numeric/index.ts';
import { checkFinite, checkNotNegative } from './checks.ts';

/**
 * The parameters of a linear map inside a recurrent cell, `W h + V x + b`: `Var W = σw² / N`, `Var V = σv² / N_in`,
 * `b` of variance `σb²` and, for gates, of mean `biasMean`.
 */
export interface GateLaw {
  readonly sigmaW2: number;
  readonly sigmaV2: number;
  /** 0 if not given. */
  readonly sigmaB2?: number;
  /** Mean of the bias, 0 if not given. */
  readonly biasMean?: number;
}

/** The same of a map that a tanh follows; its bias has mean 0, so that states have too. */
export type CandidateLaw = Omit<GateLaw, 'biasMean'>;

/** What a recurrent network reads: at each step a fresh vector of mean 0. */
export interface SequenceInput {
  /** `R = E x²`, 0 or more. */
  readonly R: number;
  /** Correlation of the inputs of two sequences at the same step, in [0, 1]; 1, the same sequence, if not given. */
  readonly correlation?: number;
}

/** Where the states of a recurrent network settle, and how fast it forgets. */
export interface RecurrentPoint {
  /** `Q* = E h²`. */
  readonly hidden: number;
  /**
   * `χ₁`: factor per step of the squared distance of two nearly equal states under the same input, and of the second
   * moment of gradients over time.
   */
  readonly chi1: number;
  /** Correlation at which the hidden states of two sequences settle. */
  readonly cStar: number;
  /** `χ_c`, factor per step of a small error of that correlation. */
  readonly chiC: number;
  /** `ξ = 1 / |ln χ_c|`, steps over which the past is forgotten. */
  readonly memory: number;
}

/** `σ(x + mean)` as a function of the centred pre-activation. */
export function sigmoidGate(mean: number): Nonlinearity {
  return {
    name: 'sigmoid',
    f: (x) => sigmoid(x + mean),
    df: (x) => sigmoid(x + mean) * sigmoid(-x - mean),
    breakpoints: [],
    homogeneous: false,
    odd: false,
  };
}

/** `1 - σ(x + mean)`, without cancellation, as a function of `-x`, which has the law of `x`. */
export function closedGate(mean: number): Nonlinearity {
  return sigmoidGate(-mean);
}

/** `σw² k + σv² R + σb²`: (co)variance of pre-activations of states of (co)variance `k`. */
export function preactivation(law: GateLaw, k: number, inputs: number): number {
  return law.sigmaW2 * k + law.sigmaV2 * inputs + (law.sigmaB2 ?? 0);
}

/** Throws `RangeError` unless the variances of every law are not negative and bias means are finite. */
export function checkGates(where: string, gates: Readonly<Record<string, GateLaw>>): void {
  for (const [name, { sigmaW2, sigmaV2, sigmaB2 = 0, biasMean = 0 }] of Object.entries(gates)) {
    checkNotNegative(`${where}: ${name}`, 'sigmaW2', sigmaW2);
    checkNotNegative(`${where}: ${name}`, 'sigmaV2', sigmaV2);
    checkNotNegative(`${where}: ${name}`, 'sigmaB2', sigmaB2);
    checkFinite(`${where}: ${name}`, 'biasMean', biasMean);
  }
}

/** Throws `RangeError` unless the input has a second moment and a correlation in [0, 1]. */
export function checkInput(where: string, { R, correlation = 1 }: SequenceInput): void {
  checkNotNegative(where, 'R', R);
  if (!(correlation >= 0 && correlation <= 1)) {
    throw new RangeError(`${where}: correlation must be in [0, 1], got ${correlation}`);
  }
}
