import type { Network } from '../../../network/index.ts';
import type { Built } from '../dialect.ts';
import { kernels, plainDefaults, plainly, type LayerDefault } from '../layers/defaults.ts';
import { buildFrom, drawsOf, isRandom, type LayerRules } from '../layers/build.ts';
import type { Convention } from '../layers/pieces.ts';
import { jaxFunctions, jaxOrthogonal, jaxVarianceScaling } from './functions.ts';
import { jaxKey, jaxSplit } from './threefry.ts';

/** Flax draws each gate by itself, a depthwise convolution as a grouped one. */
const convention: Convention = { swapsTransposed: false, hasDepthwise: false, gates: null };

const embedding: LayerDefault = {
  scheme: 'variance_scaling',
  options: { distribution: 'normal' },
  reason: 'linen.Embed is N(0, 1/features): its out_axis=0 makes the features the fan.',
  spread: ([, features]) => ({ std: 1 / Math.sqrt(features), bound: null }),
};

const rules: LayerRules = {
  functions: jaxFunctions,
  names: { variance_scaling: "variance_scaling(1, 'fan_in', 'normal', out_axis=0)" },
  convention,
  defaults: {
    ...plainDefaults,
    ...kernels(plainly('lecun_normal', 'Kernels of linen layers are lecun_normal.')),
    embedding,
    positional_embedding: embedding,
    recurrent_input: plainly(
      'lecun_normal',
      'linen cells draw the kernel of each gate by itself, lecun_normal.',
    ),
    recurrent_hidden: plainly(
      'orthogonal',
      'linen cells draw the recurrent kernel of each gate by itself, orthogonal.',
    ),
    recurrent_bias: plainly('zeros', 'linen cells start with biases 0.'),
    activation_slope: {
      scheme: 'constant',
      options: { value: 0.01 },
      reason: 'linen.PReLU starts with slope 0.01.',
    },
  },
  forgetBias: null,
};

/** Fans of a table `[entries, features]` with `in_axis=-2, out_axis=0`, in the order of Flax's divisions. */
function embedFans([entries, features]: readonly number[]): readonly [number, number] {
  const fan = entries * ((entries * features) / entries / entries);
  return [fan, fan];
}

/**
 * The weights of a network as Flax linen's layers make them by default, the i-th drawn one with the key
 * `jax.random.split(jax.random.key(seed), n)[i]`: Flax itself folds the names of modules into its keys, and a
 * graph has none of them.
 */
export function flaxBuild(network: Network, seed: number): ReadonlyMap<string, Built> {
  const draws = drawsOf(network, rules);
  const drawn = draws.filter((draw) => isRandom(draw.choice));
  const keys = jaxSplit(jaxKey(seed), drawn.length);
  const keyOf = new Map(drawn.map((draw, index) => [draw, keys[index]]));
  return buildFrom(draws, rules, (draw) => {
    const { scheme, options } = draw.choice;
    const { shape } = draw.piece;
    const key = keyOf.get(draw);
    const record = jaxFunctions[scheme];
    if (key === undefined) return record.draw(seed, shape, { ...record.options, ...options });
    if (scheme === 'orthogonal') return jaxOrthogonal(key, shape, 1);
    return scheme === 'lecun_normal'
      ? jaxVarianceScaling(scheme, key, shape, 1, 'fan_in', 'truncated_normal')
      : jaxVarianceScaling(scheme, key, shape, 1, 'fan_in', 'normal', embedFans(shape));
  });
}
