import {
  activation as parseActivation,
  derivativeSecondMoment,
  secondMoment,
  type Nonlinearity,
} from '../activation/index.ts';
import { brent } from '../numeric/index.ts';

/**
 * Factor per layer of the second moment of gradients where the weights keep signals of second moment
 * `q` as they are: `χ₁ = q E φ'(√q z)² / E φ(√q z)²`. 1 for homogeneous activations; at least 1 where
 * the mean of the output is zero.
 */
export function chi1(activation: Nonlinearity | string, q: number): number {
  const phi = nonlinearityOf(activation);
  return (q * derivativeSecondMoment(phi, q)) / secondMoment(phi, q);
}

/** Weights at which signals keep their size over a whole network and gradients almost do. */
export interface CriticalGain {
  /** Standard deviation of a weight times √fan_in, `√(q / E φ(√q z)²)`. */
  readonly gain: number;
  /** Second moment of pre-activations that these weights keep; the first layer has to produce it. */
  readonly q: number;
  /** Factor of the second moment of gradients per layer at `q`. */
  readonly chi1: number;
}

/** Change of the second moment of gradients over the whole depth that counts as none. */
const GRADIENT_CHANGE = 1.2;

/**
 * The critical gain of an odd activation for a network of `depth` layers without biases. Gradients
 * grow by `χ₁(q) ≥ 1` per layer, and χ₁ → 1 only for `q → 0`, so a deep network has to work at small
 * signals: `q` is the largest value up to 1 with `depth · ln χ₁(q) ≤ ln 1.2`, and the gain makes it the
 * stable fixed point of the variance map `q ↦ gain² E φ(√q z)²`. The gain tends to `1 / φ'(0)` with
 * depth; `q` falls like depth^-½ for tanh, erf, arctan and sin, like 1/depth for softsign, which bends
 * at 0, and like 1/ln(depth) for hard_tanh. There almost no unit is clipped, so the map is nearly the
 * identity up to `q`: it pulls larger signals down and leaves smaller ones as they are.
 *
 * `RangeError` for an activation that is not odd or has `φ'(0) = 0`, and for a depth that is no whole
 * number from 1 to 1e9.
 * Reference: Poole et al. 2016, eq. 3 and 10, arXiv:1606.05340
 */
export function criticalGain(activation: Nonlinearity | string, depth: number): CriticalGain {
  const phi = nonlinearityOf(activation);
  if (!phi.odd || phi.df(0) === 0) {
    throw new RangeError(
      `criticalGain: activation must be odd with a slope at 0, such as tanh, got ` + phi.name,
    );
  }
  if (!Number.isInteger(depth) || depth < 1 || depth > 1e9) {
    throw new RangeError(`criticalGain: depth must be a whole number from 1 to 1e9, got ${depth}`);
  }
  const excess = (logQ: number): number =>
    depth * Math.log(chi1(phi, Math.exp(logQ))) - Math.log(GRADIENT_CHANGE);
  let q = 1;
  if (excess(0) > 0) {
    let low = -1;
    while (excess(low) > 0) low *= 2;
    q = Math.exp(brent(excess, low, 0, 1e-10));
  }
  return { gain: Math.sqrt(q / secondMoment(phi, q)), q, chi1: chi1(phi, q) };
}

function nonlinearityOf(activation: Nonlinearity | string): Nonlinearity {
  return typeof activation === 'string' ? parseActivation(activation) : activation;
}
