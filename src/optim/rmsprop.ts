import { arithmetic } from './arithmetic.ts';
import { decayed } from './decay.ts';
import type { Optimizer } from './optimizer.ts';
import { checkOpen, checkPositive } from './ranges.ts';

/** Options of `rmsprop`. */
export interface RmspropOptions {
  /** α, 0.99 if not given: how much of the mean square is kept. */
  readonly alpha?: number;
  /** ε, 1e-8 if not given: added to the root. */
  readonly epsilon?: number;
  /** λ of `½ λ w²`, 0 if not given. */
  readonly weightDecay?: number;
}

/**
 * `w ← w - η g/(√s + ε)` with the running mean square `s ← α s + (1 - α) g²`. `RangeError` for options out of range.
 *
 * Reference: Tieleman & Hinton 2012, lecture 6.5; ε outside of the root.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { alpha = 0.99, epsilon = 1e-8, weightDecay = 0 } = options;
  checkOpen('rmsprop', 'alpha', alpha);
  checkPositive('rmsprop', 'epsilon', epsilon);
  return {
    name: 'rmsprop',
    state: ['meanSquare'],
    update: (b, { learningRate }) => {
      const decay = decayed(b, 'rmsprop', weightDecay);
      const shared = arithmetic(b, 'rmsprop/shared');
      const [kept, fresh, eps] = [alpha, 1 - alpha, epsilon].map((value) => shared.scalar(value));
      return ({ name, parameter, gradient, state }) => {
        const { add, sub, mul, div, sqrt } = arithmetic(b, `rmsprop/${name}`);
        const g = decay(name, parameter, gradient);
        const s = add(mul(kept, state[0]), mul(fresh, mul(g, g)));
        const step = div(mul(learningRate, g), add(sqrt(s), eps));
        return { parameter: sub(parameter, step), state: [s] };
      };
    },
  };
}
