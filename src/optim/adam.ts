import type { Builder } from '../graph/index.ts';
import { arithmetic } from './arithmetic.ts';
import { checkDecay, decayed } from './decay.ts';
import type { Clock, Optimizer } from './optimizer.ts';
import { checkOpen, checkPositive } from './ranges.ts';

/** Options of `adam` and `adamw`. */
export interface AdamOptions {
  /** β₁, 0.9 if not given: how much of the mean of gradients is kept. */
  readonly beta1?: number;
  /** β₂, 0.999 if not given: how much of the mean of their squares is kept. */
  readonly beta2?: number;
  /** ε, 1e-8 if not given: added to the root. */
  readonly epsilon?: number;
  /** λ; 0 for `adam` and 0.01 for `adamw` if not given. */
  readonly weightDecay?: number;
}

/**
 * `w ← w - η m̂/(√v̂ + ε)` with the running means `m ← β₁ m + (1 - β₁) g` and `v ← β₂ v + (1 - β₂) g²`,
 * which start at 0 and are divided by `1 - βᵗ` for that. Weight decay is part of g. `RangeError` for options out of range.
 *
 * Reference: Kingma & Ba 2015, algorithm 1, arXiv:1412.6980.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { weightDecay = 0 } = options;
  const update = moments('adam', options);
  return {
    name: 'adam',
    state: ['mean', 'meanSquare'],
    update: (b, clock) => {
      const decay = decayed(b, 'adam', weightDecay);
      const step = update(b, clock);
      return (slot) => {
        const gradient = decay(slot.name, slot.parameter, slot.gradient);
        return step({ ...slot, gradient });
      };
    },
  };
}

/**
 * Adam with weight decay apart from the gradient: `w ← (1 - η λ) w` before its step. `RangeError` for options out of
 * range.
 *
 * Reference: Loshchilov & Hutter 2019, algorithm 2, arXiv:1711.05101; λ is multiplied by η.
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  const { weightDecay = 0.01 } = options;
  checkDecay('adamw', weightDecay);
  const update = moments('adamw', options);
  return {
    name: 'adamw',
    state: ['mean', 'meanSquare'],
    update: (b, clock) => {
      const shared = arithmetic(b, 'adamw/decay');
      const shrink = shared.sub(
        shared.scalar(1),
        shared.mul(clock.learningRate, shared.scalar(weightDecay)),
      );
      const step = update(b, clock);
      return (slot) => {
        const { mul } = arithmetic(b, `adamw/${slot.name}/decay`);
        return step({ ...slot, parameter: mul(shrink, slot.parameter) });
      };
    },
  };
}

/** The step that both share, without weight decay. */
function moments(name: string, options: AdamOptions): Optimizer['update'] {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  checkOpen(name, 'beta1', beta1);
  checkOpen(name, 'beta2', beta2);
  checkPositive(name, 'epsilon', epsilon);
  return (b: Builder, { learningRate, step }: Clock) => {
    const shared = arithmetic(b, `${name}/shared`);
    const [kept1, fresh1, kept2, fresh2, eps] = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon].map(
      (value) => shared.scalar(value),
    );
    // In float64, since 1 - βᵗ is small at first.
    const correction = (beta: number): string => {
      const power = shared.pow(shared.scalar(beta, 'float64'), step);
      return shared.sub(shared.scalar(1, 'float64'), power);
    };
    const rate = shared.div(learningRate, shared.cast(correction(beta1), 'float32'));
    const root = shared.cast(shared.sqrt(correction(beta2)), 'float32');
    return ({ name: parameterName, parameter, gradient, state }) => {
      const { add, sub, mul, div, sqrt } = arithmetic(b, `${name}/${parameterName}`);
      const m = add(mul(kept1, state[0]), mul(fresh1, gradient));
      const v = add(mul(kept2, state[1]), mul(fresh2, mul(gradient, gradient)));
      const change = div(m, add(div(sqrt(v), root), eps));
      return { parameter: sub(parameter, mul(rate, change)), state: [m, v] };
    };
  };
}
