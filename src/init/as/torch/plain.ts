import type { Options } from '../../initializer.ts';
import { fillTorchNormal } from './box-muller.ts';
import { numberOf, type TorchFunction } from './function.ts';
import { fillTorchUniform } from './uniform.ts';

/** The largest float32 number. */
const LARGEST = 3.4028234663852886e38;

function inFloat32(call: string, name: string, value: number): number {
  if (Math.abs(value) <= LARGEST) return value;
  throw new RangeError(`${call}: ${name} must be a number that float32 holds, got ${value}`);
}

/** A standard deviation of `normal_`. */
export function checkedStd(call: string, std: number): number {
  if (std >= 0) return inFloat32(call, 'std', std);
  throw new RangeError(`${call}: std must be >= 0, got ${std}`);
}

/** `w ~ U(low, high)`; the framework calls them `a` and `b`. */
export function uniform(excludesEnd: boolean): TorchFunction {
  const call = 'torch.nn.init.uniform_';
  const interval = (options: Options): readonly [number, number] => {
    const low = inFloat32(call, 'low', numberOf(options, 'low'));
    const high = inFloat32(call, 'high', numberOf(options, 'high'));
    inFloat32(call, 'high - low', high - low);
    if (low <= high) return [low, high];
    throw new RangeError(`${call}: low must be <= high, got ${low} and ${high}`);
  };
  return {
    call,
    options: { low: 0, high: 1 },
    choices: {},
    tolerance: 0,
    fill: (generator, out, _, options) => {
      const [low, high] = interval(options);
      fillTorchUniform(generator, out, low, high, excludesEnd);
    },
    spread: (_, options) => {
      const [low, high] = interval(options);
      return { std: (high - low) / Math.sqrt(12), bound: (high - low) / 2 };
    },
  };
}

/** `w ~ N(mean, std²)`. */
export const normal: TorchFunction = {
  call: 'torch.nn.init.normal_',
  options: { mean: 0, std: 1 },
  choices: {},
  tolerance: 0,
  fill: (generator, out, _, options) =>
    fillTorchNormal(
      generator,
      out,
      inFloat32(normal.call, 'mean', numberOf(options, 'mean')),
      checkedStd(normal.call, numberOf(options, 'std')),
    ),
  spread: (_, options) => ({ std: checkedStd(normal.call, numberOf(options, 'std')), bound: null }),
};

/** One value everywhere. */
function constantFunction(
  name: string,
  options: Options,
  valueOf: (options: Options) => number,
): TorchFunction {
  const call = `torch.nn.init.${name}_`;
  return {
    call,
    options,
    choices: {},
    tolerance: 0,
    fill: (_, out, _shape, given) => void out.fill(inFloat32(call, 'value', valueOf(given))),
    spread: () => ({ std: 0, bound: 0 }),
  };
}

/** `w = 0`. */
export const zeros: TorchFunction = constantFunction('zeros', {}, () => 0);

/** `w = 1`. */
export const ones: TorchFunction = constantFunction('ones', {}, () => 1);

/** `w = value`, which the framework calls `val` and wants to be given. */
export const constant: TorchFunction = constantFunction('constant', { value: 0 }, (options) =>
  numberOf(options, 'value'),
);
