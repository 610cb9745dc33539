import type { ParameterInfo } from '../../network/index.ts';
import { shown, steady, type Advice } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { isWeight, onesFor, placesIn } from './parts.ts';
import { isScore, scaledByPart, transformerDepths } from './transformer.ts';

const HUANG = 'Huang et al. 2020 (T-Fixup), section 3.2, ICML 2020';

/** Glorot, with values, outputs and dense layers of every layer scaled by the depth. */
export const tFixup: NetworkScheme = defineNetworkScheme({
  name: 't_fixup',
  formula:
    'Glorot; embeddings N(0, 1/d) · (9N)^(-1/4); values, outputs and dense layers · 0.67 N^(-1/4) in the encoder, · (9N)^(-1/4) in the decoder',
  use: 'transformers without layer normalisation, to be trained by Adam without warm-up',
  reference: HUANG,
  options: {},
  plan: (network) => {
    const { encoder, decoder } = transformerDepths('t_fixup', network);
    const places = placesIn(network);
    const deepest = Math.max(encoder, decoder);
    const small = (9 * deepest) ** (-1 / 4);
    const note = network.normalised
      ? ' T-Fixup is meant to take the place of layer normalisation, which this network still has.'
      : '';
    const planned = (parameter: ParameterInfo): Advice | null => {
      const { name, role, shape } = parameter;
      const width = shape.at(-1) ?? 1;
      if (role === 'embedding') {
        const std = steady(small / Math.sqrt(width));
        return {
          scheme: 'normal',
          options: { std },
          reason: `Embeddings of width ${width} start at (9 · ${deepest})^(-1/4)/√${width} = ${shown(std)}, by the ${deepest} layers.`,
          reference: HUANG,
        };
      }
      if (role === 'norm_scale') return onesFor('The scale of a normalisation stays 1.', HUANG);
      if (!isWeight(parameter) || role.startsWith('recurrent_')) return null;
      const place = places.get(name);
      if (place === undefined) {
        return {
          scheme: 'glorot_uniform',
          options: {},
          reason: 'Outside of the residual branches Glorot stays as it is.',
          reference: HUANG,
        };
      }
      const isDecoder = place.branch.stack === 'decoder';
      const layers = isDecoder ? decoder : encoder;
      const factor = isDecoder ? (9 * layers) ** (-1 / 4) : 0.67 * layers ** (-1 / 4);
      const formula = isDecoder ? `(9 · ${layers})^(-1/4)` : `0.67 · ${layers}^(-1/4)`;
      const where = `${formula} = ${shown(factor)}, by the ${layers} layers of the ${isDecoder ? 'decoder' : decoder > 0 ? 'encoder' : 'network'}`;
      return {
        ...scaledByPart('glorot_uniform', parameter, factor),
        reason: isScore(parameter)
          ? 'Queries and keys are Glorot as it is: only what adds to the stream is scaled.'
          : role === 'attention_packed'
            ? `Queries and keys are Glorot, values Glorot times ${where}.`
            : `Glorot times ${where}, so that the updates of all layers together stay bounded.`,
        reference: HUANG,
      };
    };
    return (parameter) => {
      const advice = planned(parameter);
      return advice === null ? null : { ...advice, reason: `${advice.reason}${note}` };
    };
  },
});
