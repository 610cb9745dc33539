import { shown, type Advice } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { isWeight, onesFor, placesIn } from './parts.ts';
import { isScore, scaledByPart, transformerDepths, type Depths } from './transformer.ts';

const WANG = 'Wang et al. 2022 (DeepNet), figure 2, arXiv:2203.00555';

/** The factors on the skip and on the weights of one stack. */
interface Factors {
  readonly alpha: number;
  readonly beta: number;
  readonly words: string;
}

/** `α` and `β` of DeepNorm for the encoder or decoder of a network. */
function factorsOf({ encoder: n, decoder: m }: Depths, isDecoder: boolean): Factors {
  if (isDecoder) {
    const words = `β = (12 · ${m})^(-1/4) by the ${m} layers of the decoder`;
    return { alpha: (3 * m) ** (1 / 4), beta: (12 * m) ** (-1 / 4), words };
  }
  if (m > 0) {
    const both = n ** 4 * m;
    const words = `β = 0.87 (${n}⁴ · ${m})^(-1/16) by the ${n} layers of the encoder and ${m} of the decoder`;
    return { alpha: 0.81 * both ** (1 / 16), beta: 0.87 * both ** (-1 / 16), words };
  }
  const words = `β = (8 · ${n})^(-1/4) by its ${n} layers`;
  return { alpha: (2 * n) ** (1 / 4), beta: (8 * n) ** (-1 / 4), words };
}

/** Glorot, with `β` on what adds to the stream; the network itself multiplies the skips by `α`. */
export const deepnet: NetworkScheme = defineNetworkScheme({
  name: 'deepnet',
  formula:
    'Glorot (normal), values, outputs and dense layers · β: (8N)^(-1/4) for one stack, 0.87 (N⁴M)^(-1/16) in an encoder and (12M)^(-1/4) in a decoder of both',
  use: 'very deep transformers that normalise after each sum LN(α x + F(x)); α stands in the network, no weight sets it',
  reference: WANG,
  options: {},
  plan: (network) => {
    const depths = transformerDepths('deepnet', network);
    const places = placesIn(network);
    return (parameter): Advice | null => {
      if (parameter.role === 'norm_scale') {
        return onesFor('The scale of a normalisation starts at 1.', WANG);
      }
      const place = places.get(parameter.name);
      if (place === undefined || !isWeight(parameter)) return null;
      if (parameter.role.startsWith('recurrent_')) return null;
      const { alpha, beta, words } = factorsOf(depths, place.branch.stack === 'decoder');
      const skip = `The skip beside it is to be multiplied by α = ${shown(alpha)}, which stands in the network and is no weight.`;
      return {
        ...scaledByPart('glorot_normal', parameter, beta),
        reason: isScore(parameter)
          ? `Queries and keys are Glorot with gain 1. ${skip}`
          : `${parameter.role === 'attention_packed' ? 'Values are' : 'It is'} Glorot times ${words}, ${shown(beta)}, which bounds how much one step changes the outputs. ${skip}`,
        reference: WANG,
      };
    };
  },
});
