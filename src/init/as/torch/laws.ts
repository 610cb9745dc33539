import type { TorchLaw } from './module.ts';
import { fillTorchNormal } from './box-muller.ts';
import { kaiming, xavier } from './scaled.ts';
import { fillTorchUniform } from './uniform.ts';

/** `kaiming_uniform_(a=√5)`, the default of weights: U(±1/√fan_in), rounded as PyTorch does. */
export function kaimingLaw(shape: readonly number[], excludesEnd: boolean): TorchLaw {
  const record = kaiming('uniform', excludesEnd);
  const options = { ...record.options, negative_slope: Math.sqrt(5) };
  return {
    call: 'kaiming_uniform_(a=√5)',
    fill: (generator, out) => record.fill(generator, out, shape, options),
    ...record.spread(shape, options),
  };
}

/** `xavier_uniform_()`. */
export function xavierLaw(shape: readonly number[], excludesEnd: boolean): TorchLaw {
  const record = xavier('uniform', excludesEnd);
  const { options } = record;
  return {
    call: 'xavier_uniform_()',
    fill: (generator, out) => record.fill(generator, out, shape, options),
    ...record.spread(shape, options),
  };
}

/** `uniform_(-1/√n, 1/√n)`; `of` is the name of n. Nothing is drawn where n is 0. */
export function uniformLaw(n: number, of: string, excludesEnd: boolean): TorchLaw {
  const bound = n > 0 ? 1 / Math.sqrt(n) : 0;
  return {
    call: `uniform_(±1/√${of})`,
    std: bound / Math.sqrt(3),
    bound,
    fill: (generator, out) => {
      if (n > 0) fillTorchUniform(generator, out, -bound, bound, excludesEnd);
    },
  };
}

/** `normal_(0, 1)`. */
export const normalLaw: TorchLaw = {
  call: 'normal_(0, 1)',
  std: 1,
  bound: null,
  fill: (generator, out) => fillTorchNormal(generator, out, 0, 1),
};

/** `normal_(0, 1)` with a row of zeros for the padding. */
export function paddedLaw(width: number, row: number): TorchLaw {
  return {
    ...normalLaw,
    call: `normal_(0, 1), padding_idx=${row}`,
    fill: (generator, out) => {
      normalLaw.fill(generator, out);
      out.fill(0, row * width, (row + 1) * width);
    },
  };
}

/** One value. */
export function constantLaw(value: number): TorchLaw {
  const name = value === 0 ? 'zeros_()' : value === 1 ? 'ones_()' : `constant_(${value})`;
  return { call: name, std: 0, bound: 0, fill: (_, out) => void out.fill(value) };
}

/** A law whose numbers are drawn and then replaced by zeros. */
export function zeroedLaw(drawn: TorchLaw): TorchLaw {
  return {
    ...constantLaw(0),
    fill: (generator, out) => {
      drawn.fill(generator, out);
      out.fill(0);
    },
  };
}
