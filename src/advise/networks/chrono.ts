import type { ParameterInfo } from '../../network/index.ts';
import type { Choice } from '../plan.ts';
import { shown } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';

const TALLEC = 'Tallec & Ollivier 2018, section 2, arXiv:1804.11188';

/**
 * Gates whose bias sets how long a cell remembers, with the sign of its logarithm. The update gate of
 * ONNX's GRU multiplies the old state, as a forget gate does.
 */
const SIGNS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  LSTM: { forget: 1, input: -1 },
  GRU: { update: 1 },
};

/** Biases of forget gates `ln U(1, t_max - 1)`, of input gates the negative of that. */
export const chrono: NetworkScheme = defineNetworkScheme({
  name: 'chrono',
  formula:
    'b_f = ln u, b_i = -b_f, u ~ U(1, t_max - 1), all other biases 0; of a GRU the update gate has ln u',
  use: 'LSTM and GRU whose memory is to reach up to t_max steps back',
  reference: TALLEC,
  options: { t_max: 100 },
  problem: ({ t_max }) =>
    t_max >= 2 && t_max < Infinity ? null : `t_max must be finite and >= 2, got ${t_max}`,
  plan: (network, { t_max }) => {
    if (!network.parameters.some((parameter) => gatesOf(parameter).length > 0)) {
      throw new RangeError(
        'chrono: the network must have an LSTM or a GRU with stored biases, got none',
      );
    }
    return (parameter) => {
      const gates = gatesOf(parameter);
      if (gates.length === 0) return null;
      const signs = new Set(gates.map(({ sign }) => sign));
      const which =
        parameter.operator === 'GRU'
          ? 'update gate, which keeps the old state in ONNX,'
          : signs.has(1)
            ? 'forget gate'
            : 'input gate';
      const other = signs.size === 2 ? ', and the input gate the negative of it' : '';
      const fits = signs.has(1) ? 'ln u' : 'the negative of the forget gate’s ln u';
      const zeros: Choice = { scheme: 'zeros', options: {} };
      const choices = new Map(parameter.blocks.map(({ name }) => [name, zeros]));
      for (const { block, direction, sign } of gates) {
        const stream = `chrono/${parameter.node}/${direction}`;
        const options = sign === 1 ? { t_max, stream } : { t_max, sign, stream };
        choices.set(block, { scheme: 'chrono_bias', options });
      }
      return {
        scheme: 'chrono_bias',
        options: { t_max },
        blockChoices: Object.fromEntries(choices),
        reason: `The ${which} starts at ${fits}${other}, u ~ U(1, ${shown(t_max - 1)}): a cell forgets over 1 + u steps, and all times up to ${shown(t_max)} steps are there at once. It is set in the input bias alone, since both biases are added, and all other biases are 0.`,
        reference: TALLEC,
      };
    };
  },
});

interface Gate {
  readonly block: string;
  readonly direction: string;
  readonly sign: number;
}

/** The gates of a bias that set the memory; the bias of the input stands for both. */
function gatesOf({ role, operator, blocks }: ParameterInfo): Gate[] {
  const signs = SIGNS[operator ?? ''];
  if (role !== 'recurrent_bias' || signs === undefined) return [];
  return blocks.flatMap(({ name }) => {
    const [direction, gate, side] = name.split('/');
    const sign = signs[gate];
    return sign === undefined || side !== 'input' ? [] : [{ block: name, direction, sign }];
  });
}
