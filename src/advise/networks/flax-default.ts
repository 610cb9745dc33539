import type { ParameterInfo, Role } from '../../network/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { shown, steady, type Advice } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { isWeight, onesFor, zerosFor } from './parts.ts';

const FLAX =
  'Flax 0.12, flax.linen: Dense, Conv, Embed, LSTMCell, GRUCell, MultiHeadDotProductAttention';

const ZEROS: ReadonlySet<Role> = new Set<Role>([
  'bias',
  'norm_shift',
  'norm_mean',
  'recurrent_bias',
]);

/** The laws with which Flax's layers begin, drawn from our own streams. */
export const flaxDefault: NetworkScheme = defineNetworkScheme({
  name: 'flax_default',
  formula:
    'weights N(0, 1/fan_in) cut at two deviations of its parent, recurrent ones orthogonal per gate, embeddings N(0, 1/width), biases 0',
  use: 'to begin as a Flax model does that nobody initialised (--as jax has the bits of single functions)',
  reference: FLAX,
  options: {},
  plan: () => (parameter) => {
    const { role, shape } = parameter;
    if (role === 'norm_scale' || role === 'norm_variance') {
      return onesFor('Flax starts scales and running variances at 1.', FLAX);
    }
    if (ZEROS.has(role)) {
      const gates = role === 'recurrent_bias' ? ', those of forget gates too' : '';
      return zerosFor(`Flax starts biases, shifts and running means at 0${gates}.`, FLAX);
    }
    if (role === 'embedding') {
      const width = shape.at(-1) ?? 1;
      const std = steady(1 / Math.sqrt(width));
      return {
        scheme: 'normal',
        options: { std },
        reason: `Flax's Embed has variance 1/${width}, by the width of a row (std ${shown(std)}).`,
        reference: FLAX,
      };
    }
    if (role === 'recurrent_hidden') {
      return {
        scheme: 'orthogonal',
        options: {},
        reason: "Flax's cells have an orthogonal recurrent matrix for each gate.",
        reference: FLAX,
      };
    }
    return isWeight(parameter) ? kernel(parameter) : null;
  },
});

/** `lecun_normal` of JAX, which is truncated; transposed convolutions count every tap. */
function kernel(parameter: ParameterInfo): Advice {
  const { role, shape, layout, groups, fanIn } = parameter;
  const taps = sizeOf(shape.filter((_, axis) => layout[axis] === 'kernel'));
  const own = fanIn ?? 1;
  const counted = role === 'transposed_conv' ? (shape[layout.indexOf('in')] / groups) * taps : own;
  const gain = Math.sqrt(own / counted);
  const std = 1 / Math.sqrt(counted);
  return {
    scheme: 'lecun_truncated_normal',
    options: counted === own ? {} : { gain: steady(gain) },
    reason: `Flax's kernels have variance 1/${shown(counted)} by their fan_in${counted === own ? '' : ', strides left out'} (std ${shown(std)}), whatever the activation${parameter.precededBy === 'relu' ? '; ReLU halves the second moment, which this does not make up for' : ''}.`,
    reference: FLAX,
  };
}
