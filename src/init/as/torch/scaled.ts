import { torchGain } from '../../gain.ts';
import type { Options } from '../../initializer.ts';
import { fillTorchNormal } from './box-muller.ts';
import { shown, torchFans } from './fans.ts';
import { numberOf, type TorchFunction } from './function.ts';
import { fillTorchUniform } from './uniform.ts';

type Law = 'normal' | 'uniform';

/** A function of one standard deviation that depends on the shape. */
function scaled(
  own: Pick<TorchFunction, 'call' | 'options' | 'choices'>,
  law: Law,
  excludesEnd: boolean,
  stdOf: (shape: readonly number[], options: Options) => number,
): TorchFunction {
  return {
    ...own,
    tolerance: 0,
    fill: (generator, out, shape, options) => {
      const std = stdOf(shape, options);
      if (law === 'normal') {
        fillTorchNormal(generator, out, 0, std);
      } else {
        const bound = Math.sqrt(3) * std;
        fillTorchUniform(generator, out, -bound, bound, excludesEnd);
      }
    },
    spread: (shape, options) => {
      const std = stdOf(shape, options);
      return { std, bound: law === 'normal' ? null : Math.sqrt(3) * std };
    },
  };
}

function checkedGain(call: string, gain: number): number {
  if (gain >= 0 && gain < Infinity) return gain;
  throw new RangeError(`${call}: gain must be finite and >= 0, got ${gain}`);
}

/** `σ = gain √(2 / (fan_in + fan_out))`, with PyTorch's fans. */
export function xavier(law: Law, excludesEnd: boolean): TorchFunction {
  const call = `torch.nn.init.xavier_${law}_`;
  return scaled({ call, options: { gain: 1 }, choices: {} }, law, excludesEnd, (shape, options) => {
    const { fanIn, fanOut } = torchFans(call, shape);
    const gain = checkedGain(call, numberOf(options, 'gain'));
    if (fanIn + fanOut === 0) {
      throw new RangeError(`${call}: fan_in + fan_out must be positive, got shape ${shown(shape)}`);
    }
    return gain * Math.sqrt(2 / (fanIn + fanOut));
  });
}

/** Words that PyTorch takes for `nonlinearity`. */
const NONLINEARITIES = [
  'linear',
  'conv1d',
  'conv2d',
  'conv3d',
  'conv_transpose1d',
  'conv_transpose2d',
  'conv_transpose3d',
  'sigmoid',
  'tanh',
  'relu',
  'leaky_relu',
  'selu',
];

/** `σ = gain(nonlinearity) / √fan`, with PyTorch's fans; a tensor without elements has σ = 0. */
export function kaiming(law: Law, excludesEnd: boolean): TorchFunction {
  const call = `torch.nn.init.kaiming_${law}_`;
  const options = { negative_slope: 0, mode: 'fan_in', nonlinearity: 'leaky_relu' };
  const choices = { mode: ['fan_in', 'fan_out'], nonlinearity: NONLINEARITIES };
  return scaled({ call, options, choices }, law, excludesEnd, (shape, given) => {
    const slope = numberOf(given, 'negative_slope');
    if (!Number.isFinite(slope)) {
      throw new RangeError(`${call}: negative_slope must be finite, got ${slope}`);
    }
    if (shape.includes(0)) return 0;
    const { fanIn, fanOut } = torchFans(call, shape);
    const fan = given['mode'] === 'fan_in' ? fanIn : fanOut;
    return torchGain(String(given['nonlinearity']), slope) / Math.sqrt(fan);
  });
}
