import type { Network } from '../../../network/index.ts';
import type { Built } from '../dialect.ts';
import { kerasConvention } from '../keras/build.ts';
import { kernels, plainDefaults, plainly } from '../layers/defaults.ts';
import { buildFrom, drawsOf, isRandom, type LayerRules } from '../layers/build.ts';
import { tfjsFunctions } from './functions.ts';

const embedding = plainly('uniform', 'embedding draws from ±0.05.');

const rules: LayerRules = {
  functions: tfjsFunctions,
  names: { glorot_normal: 'glorotNormal', uniform: 'randomUniform' },
  convention: kerasConvention,
  defaults: {
    ...plainDefaults,
    ...kernels(plainly('glorot_normal', 'Kernels of its layers are glorotNormal.')),
    embedding,
    positional_embedding: embedding,
    recurrent_input: plainly(
      'glorot_normal',
      'Recurrent layers draw the kernels of all gates as one, glorotNormal.',
    ),
    recurrent_hidden: plainly(
      'orthogonal',
      'Recurrent layers draw the recurrent kernels of all gates as one matrix, orthogonal.',
    ),
    recurrent_bias: plainly(
      'zeros',
      'Recurrent layers start with biases 0, of the forget gate too unless unitForgetBias is set.',
    ),
    activation_slope: plainly('zeros', 'prelu starts with slope 0.'),
  },
  forgetBias: null,
};

/**
 * The weights of a network as TF.js's layers make them by default, but the i-th drawn one, from 1 on, with the
 * seed `seed + i`: TF.js itself draws without a seed.
 */
export function tfjsBuild(network: Network, seed: number): ReadonlyMap<string, Built> {
  const draws = drawsOf(network, rules);
  const drawn = draws.filter((draw) => isRandom(draw.choice));
  const order = new Map(drawn.map((draw, index) => [draw, index + 1]));
  return buildFrom(draws, rules, (draw) => {
    const { scheme, options } = draw.choice;
    return tfjsFunctions[scheme].draw(seed + (order.get(draw) ?? 0), draw.piece.shape, {
      ...tfjsFunctions[scheme].options,
      ...options,
    });
  });
}
