import { shown, steady } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { isWeight, onesFor } from './parts.ts';
import { transformerDepths } from './transformer.ts';

const DEVLIN = 'Devlin et al. 2019 (BERT), arXiv:1810.04805, and its published code';

/** Standard deviation of a standard normal number that is cut at ±2. */
const CUT = 0.8796256610342398;

/** `N(0, std²)` cut at two standard deviations, for every weight and table alike. */
export const bert: NetworkScheme = defineNetworkScheme({
  name: 'bert',
  formula: 'w ~ N(0, std²) cut at ±2 std, so that its own deviation is 0.88 std; biases 0',
  use: 'transformers that normalise after each sum, to be trained as BERT was',
  reference: DEVLIN,
  options: { std: 0.02 },
  problem: ({ std }) =>
    std >= 0 && std < Infinity ? null : `std must be finite and >= 0, got ${std}`,
  plan: (network, { std }) => {
    transformerDepths('bert', network);
    const own = steady(std * CUT);
    return (parameter) => {
      const { role, fanIn } = parameter;
      if (role === 'norm_scale')
        return onesFor('The scale of a normalisation starts at 1.', DEVLIN);
      const isTable = role === 'embedding' || role === 'positional_embedding' || role === 'token';
      if (!isTable && !isWeight(parameter)) return null;
      const beside =
        fanIn === null ? '' : `, where 1/√fan_in would be ${shown(1 / Math.sqrt(fanIn))}`;
      return {
        scheme: 'truncated_normal',
        options: { std: own },
        reason: `Every weight and table has N(0, ${shown(std)}²) cut at two deviations, which leaves ${shown(own)}${beside}.`,
        reference: DEVLIN,
      };
    };
  },
});
