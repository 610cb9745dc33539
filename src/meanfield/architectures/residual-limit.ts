import type { Nonlinearity } from '../../activation/index.ts';
import { checkPositive } from './checks.ts';
import { outputMoment, slopeMoment } from './outputs.ts';
import { checkBlock, type ResidualBlock } from './residual.ts';

/** What infinitely many blocks of branch scale `α / √L` do, all together. */
export interface ResidualLimit {
  /** `E x²` at the output over that at the input. */
  readonly signal: number;
  /** Second moment of the gradient at the input over that at the output. */
  readonly gradient: number;
}

/**
 * The limit of `residualLayers` for `L → ∞` blocks of branch scale `α / √L` and `skip` 1: with
 * `t = l / L`, `dp/dt = α²(σv² E φ(u)² + σa²)` and `d ln χ/dt = α² σv² σw² E φ'(u)²`, `u ~ N(0, σw² p + σb²)`. For ReLU
 * without biases both are `e^{α² σv² σw² / 2}`. The reduced form holds for odd `φ` only: other means add up to
 * `√L`. By Runge–Kutta steps of order 4, doubled until two results agree to 1e-12.
 * Reference: Yang and Schoenholz 2017, arXiv:1712.08969; Hayou et al. 2021, arXiv:2010.12859
 */
export function residualLimit(
  phi: Nonlinearity,
  block: Omit<ResidualBlock, 'skip'>,
  p: number = 1,
): ResidualLimit {
  const where = 'residualLimit';
  const { output, branchScale = 1, norm = 'none', sigmaW2, sigmaB2 } = block;
  checkBlock(where, block);
  checkPositive(where, 'p', p);
  if (output === undefined && !phi.odd) {
    throw new RangeError(
      `${where}: without an output map φ must be odd, got ${phi.name}, whose mean adds up to √depth; ` +
        `give the branch an output map`,
    );
  }
  const { sigmaW2: sigmaV2, sigmaB2: sigmaA2 } = output ?? { sigmaW2: 1, sigmaB2: 0 };
  const alpha2 = branchScale * branchScale;
  // In y = ln p all terms stay of order 1.
  const rates = (y: number): Rates => {
    const now = Math.exp(y);
    const q = sigmaW2 * (norm === 'none' ? now : 1) + sigmaB2;
    if (!(q < 1e300)) throw tooLarge(where, now);
    const growth = (alpha2 * (sigmaV2 * outputMoment(phi, q) + sigmaA2)) / now;
    const slope = alpha2 * sigmaV2 * sigmaW2 * slopeMoment(phi, q);
    // Post-norm holds p at 1 and divides by the growth instead.
    if (norm === 'post') return { signal: 0, gradient: slope - growth };
    return { signal: growth, gradient: norm === 'pre' ? slope / now : slope };
  };

  const start = norm === 'post' ? 0 : Math.log(p);
  let before = integrate(rates, start, 8);
  for (let steps = 16; steps <= 65536; steps *= 2) {
    const now = integrate(rates, start, steps);
    const change = Math.abs(now.signal - before.signal) + Math.abs(now.gradient - before.gradient);
    const size = 1 + Math.abs(now.signal) + Math.abs(now.gradient);
    // Halving steps of order 4 leaves a fifteenth of the change.
    if (change <= 1.5e-11 * size) {
      // The first post-norm divides by p, whatever the branch does.
      const first = norm === 'post' ? 1 / p : 1;
      return { signal: first * Math.exp(now.signal), gradient: first * Math.exp(now.gradient) };
    }
    before = now;
  }
  throw tooLarge(where, p * Math.exp(before.signal));
}

function tooLarge(where: string, p: number): RangeError {
  return new RangeError(
    `${where}: p must stay within float64 over all blocks, got ${p}; lower branchScale or the variances`,
  );
}

interface Rates {
  readonly signal: number;
  readonly gradient: number;
}

/** `∫ rates` over t from 0 to 1, the state being the integral of `signal` from `start` on. */
function integrate(rates: (y: number) => Rates, start: number, steps: number): Rates {
  const h = 1 / steps;
  let signal = 0;
  let gradient = 0;
  for (let i = 0; i < steps; i++) {
    const y = start + signal;
    const first = rates(y);
    const second = rates(y + 0.5 * h * first.signal);
    const third = rates(y + 0.5 * h * second.signal);
    const fourth = rates(y + h * third.signal);
    signal += (h / 6) * (first.signal + 2 * (second.signal + third.signal) + fourth.signal);
    gradient +=
      (h / 6) * (first.gradient + 2 * (second.gradient + third.gradient) + fourth.gradient);
  }
  return { signal, gradient };
}
