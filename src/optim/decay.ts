import type { Builder } from '../graph/index.ts';
import { arithmetic } from './arithmetic.ts';

/**
 * Weight decay as part of the gradient: `g + λ w`, the gradient of a loss with `½ λ w²`. Gives the gradient itself where
 * λ = 0. `RangeError` unless λ is finite and not negative.
 */
export function decayed(
  b: Builder,
  optimizer: string,
  weightDecay: number,
): (name: string, parameter: string, gradient: string) => string {
  checkDecay(optimizer, weightDecay);
  if (weightDecay === 0) return (_name, _parameter, gradient) => gradient;
  const lambda = arithmetic(b, `${optimizer}/decay`).scalar(weightDecay);
  return (name, parameter, gradient) => {
    const { add, mul } = arithmetic(b, `${optimizer}/${name}/decay`);
    return add(gradient, mul(lambda, parameter));
  };
}

/** `RangeError` unless λ is finite and not negative. */
export function checkDecay(optimizer: string, weightDecay: number): void {
  if (weightDecay >= 0 && weightDecay < Infinity) return;
  throw new RangeError(
    `${optimizer}: weightDecay must be finite and at least 0, got ${weightDecay}`,
  );
}
