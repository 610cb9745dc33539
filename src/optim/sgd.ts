import { arithmetic } from './arithmetic.ts';
import { decayed } from './decay.ts';
import type { Optimizer } from './optimizer.ts';
import { checkOpen } from './ranges.ts';

/** Options of `sgd`. */
export interface SgdOptions {
  /** μ, 0 if not given: how much of the velocity is kept. */
  readonly momentum?: number;
  /** Whether the gradient counts where the velocity leads to (Nesterov). */
  readonly nesterov?: boolean;
  /** λ of `½ λ w²`, 0 if not given. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent `w ← w - η v`, where `v ← μ v + g` is the velocity, and `g + μ v` takes its place with Nesterov.
 * Without momentum no velocity is kept. `RangeError` for options out of range.
 *
 * Reference: Sutskever et al. 2013, eqs. 1–4, in the form in which v is not yet scaled by η.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkOpen('sgd', 'momentum', momentum);
  if (nesterov && momentum === 0) {
    throw new RangeError('sgd: nesterov must have a momentum greater than 0, got 0');
  }
  return {
    name: 'sgd',
    state: momentum === 0 ? [] : ['velocity'],
    update: (b, { learningRate }) => {
      const decay = decayed(b, 'sgd', weightDecay);
      const mu = arithmetic(b, 'sgd/shared').scalar(momentum);
      return ({ name, parameter, gradient, state }) => {
        const { add, sub, mul } = arithmetic(b, `sgd/${name}`);
        const g = decay(name, parameter, gradient);
        if (momentum === 0) return { parameter: sub(parameter, mul(learningRate, g)), state: [] };
        const v = add(mul(mu, state[0]), g);
        const direction = nesterov ? add(g, mul(mu, v)) : v;
        return { parameter: sub(parameter, mul(learningRate, direction)), state: [v] };
      };
    },
  };
}
