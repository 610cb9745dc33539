import type { Network } from '../../../network/index.ts';
import type { Built, DialectFunction } from '../dialect.ts';
import { kernels, plainDefaults, plainly, type Defaults } from '../layers/defaults.ts';
import { buildFrom, drawsOf, isRandom, type Draw, type LayerRules } from '../layers/build.ts';
import type { Convention } from '../layers/pieces.ts';
import type { TorchGenerator } from '../torch/mersenne.ts';
import { pythonRandom, randomSeed } from './python-random.ts';

/** How Keras, TensorFlow and TF.js store what layers hold. */
export const kerasConvention: Convention = {
  swapsTransposed: true,
  hasDepthwise: true,
  gates: {
    LSTM: ['input', 'forget', 'cell', 'output'],
    GRU: ['update', 'reset', 'hidden'],
    RNN: ['hidden'],
  },
};

const names = {
  glorot_uniform: 'GlorotUniform',
  uniform: 'RandomUniform',
  orthogonal: 'Orthogonal',
  zeros: 'Zeros',
  ones: 'Ones',
};

const embedding = plainly('uniform', 'Embedding draws from ±0.05.');

const defaults: Defaults = {
  ...plainDefaults,
  ...kernels(plainly('glorot_uniform', 'Kernels of its layers are GlorotUniform.')),
  embedding,
  positional_embedding: embedding,
  recurrent_input: plainly(
    'glorot_uniform',
    'Recurrent layers draw the kernels of all gates as one, GlorotUniform.',
  ),
  recurrent_hidden: plainly(
    'orthogonal',
    'Recurrent layers draw the recurrent kernels of all gates as one matrix, Orthogonal.',
  ),
  recurrent_bias: plainly(
    'zeros',
    'Recurrent layers start with biases 0, LSTM with 1 for the forget gate.',
  ),
  activation_slope: plainly('zeros', 'PReLU starts with slope 0.'),
};

const forgetBias = plainly('ones', 'LSTM starts with 1 for the forget gate, unit_forget_bias.');

/** The seeds of a recurrent layer's weights, by role and direction; its own seed generator takes one more. */
type RecurrentSeeds = ReadonlyMap<string, number>;

function recurrentSeeds(
  isPlain: boolean,
  isBidirectional: boolean,
  generator: TorchGenerator,
): RecurrentSeeds {
  const one = (direction: string): [string, number][] => {
    if (isPlain) randomSeed(generator);
    const weights: [string, number][] = ['recurrent_input', 'recurrent_hidden'].map((role) => [
      `${role}/${direction}`,
      randomSeed(generator),
    ]);
    if (!isPlain) randomSeed(generator);
    return weights;
  };
  if (!isBidirectional) return new Map(one('forward'));
  // Bidirectional is given a layer, of which it makes one for each direction.
  one('given');
  return new Map([...one('forward'), ...one('backward')]);
}

/** The seed of every piece that is drawn: the numbers that Python's `random` gives the layers in turn. */
function kerasSeeds(draws: readonly Draw[], seed: number): ReadonlyMap<Draw, number> {
  const generator = pythonRandom(seed);
  const nodeOf = ({ parameter }: Draw): string => parameter.node ?? parameter.name;
  const isRecurrent = ({ parameter: { role } }: Draw): boolean =>
    role === 'recurrent_input' || role === 'recurrent_hidden';
  const isBackward = (draw: Draw): boolean => isRecurrent(draw) && draw.piece.name === 'backward';
  const bidirectional = new Set(draws.filter(isBackward).map(nodeOf));
  const layers = new Map<string, RecurrentSeeds>();
  const seedOf = (draw: Draw): number => {
    if (!isRecurrent(draw)) return randomSeed(generator);
    const node = nodeOf(draw);
    const isPlain = draw.parameter.operator === 'RNN';
    const seeds = layers.get(node) ?? recurrentSeeds(isPlain, bidirectional.has(node), generator);
    layers.set(node, seeds);
    return seeds.get(`${draw.parameter.role}/${draw.piece.name}`) ?? randomSeed(generator);
  };
  return new Map(draws.filter((draw) => isRandom(draw.choice)).map((draw) => [draw, seedOf(draw)]));
}

/**
 * The weights of a network after `keras.utils.set_random_seed(seed)`, its layers made in the order in which the
 * graph uses them. `RangeError` for a seed from 2³² on, which Keras does not take.
 */
export function kerasBuild(
  name: string,
  functions: Readonly<Record<string, DialectFunction>>,
): (network: Network, seed: number) => ReadonlyMap<string, Built> {
  const rules: LayerRules = { functions, names, convention: kerasConvention, defaults, forgetBias };
  return (network, seed) => {
    if (seed >= 2 ** 32) {
      throw new RangeError(`${name}: seed of a network must be in 0…2^32-1, got ${seed}`);
    }
    const draws = drawsOf(network, rules);
    const seeds = kerasSeeds(draws, seed);
    return buildFrom(draws, rules, (draw) => {
      const { scheme, options } = draw.choice;
      return functions[scheme].draw(seeds.get(draw) ?? 0, draw.piece.shape, {
        ...functions[scheme].options,
        ...options,
      });
    });
  };
}
