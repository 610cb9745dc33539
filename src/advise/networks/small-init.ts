import { shown, steady, type Advice } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { endsBranch, isWeight, onesFor, placesIn } from './parts.ts';
import { transformerDepths } from './transformer.ts';

const NGUYEN = 'Nguyen & Salazar 2019, section 3.2 (SmallInit), arXiv:1910.05895';
const WANG =
  'Wang & Komatsuzaki 2021 (GPT-J), as in GPT-NeoX: Black et al. 2022, section 2.1, arXiv:2204.06745';

/** `N(0, 2/(5d))`, and `N(0, (2/(N√d))²)` where a branch ends. */
export const smallInit: NetworkScheme = defineNetworkScheme({
  name: 'small_init',
  formula:
    'w ~ N(0, 2/(5d)), d the width of the stream; the last layer of each branch N(0, 4/(N² d)), N layers',
  use: 'large language models: GPT-J, GPT-NeoX and their kin',
  reference: `${NGUYEN}; ${WANG}`,
  options: {},
  plan: (network) => {
    const { encoder, decoder } = transformerDepths('small_init', network);
    const layers = encoder + decoder;
    const places = placesIn(network);
    const ends = network.parameters.filter(endsBranch);
    const widths = new Map(ends.map(({ branchEnd, fanOut }) => [branchEnd?.index, fanOut]));
    return (parameter): Advice | null => {
      const { name, role, shape, fanIn, position } = parameter;
      if (role === 'norm_scale')
        return onesFor('The scale of a normalisation starts at 1.', NGUYEN);
      const place = places.get(name);
      const width =
        role === 'embedding'
          ? shape.at(-1)
          : place === undefined
            ? position === 'head' && isWeight(parameter)
              ? fanIn
              : null
            : widths.get(place.index);
      if (width == null || role.startsWith('recurrent_')) return null;
      if (endsBranch(parameter)) {
        const std = steady(2 / (layers * Math.sqrt(width)));
        return {
          scheme: 'normal',
          options: { std },
          reason: `It writes into the residual stream of width ${width}, in one of ${layers} layers: 2/(${layers} √${width}) = ${shown(std)}.`,
          reference: WANG,
        };
      }
      const std = steady(Math.sqrt(2 / (5 * width)));
      return {
        scheme: 'normal',
        options: { std },
        reason: `In a stream of width ${width} it starts at √(2/(5 · ${width})) = ${shown(std)}, which is Glorot between ${width} and ${4 * width} units, for every weight alike.`,
        reference: NGUYEN,
      };
    };
  },
});
