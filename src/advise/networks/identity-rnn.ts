import type { ParameterInfo } from '../../network/index.ts';
import { shown } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { zerosFor } from './parts.ts';

const LE = 'Le et al. 2015, section 3 (IRNN), arXiv:1504.00941';

/** A ReLU recurrence that begins as `h ← h + W x`. */
export const identityRnn: NetworkScheme = defineNetworkScheme({
  name: 'identity_rnn',
  formula: 'W_hh = gain I, b = 0, W_xh ~ N(0, std²)',
  use: 'plain recurrent layers with ReLU; a gain below 1 forgets',
  reference: LE,
  options: { gain: 1, std: 0.001 },
  problem: ({ gain, std }) =>
    !Number.isFinite(gain)
      ? `gain must be finite, got ${gain}`
      : std >= 0 && std < Infinity
        ? null
        : `std must be finite and >= 0, got ${std}`,
  plan: (network, { gain, std }) => {
    const recurrences = network.parameters.filter(({ role }) => role === 'recurrent_hidden');
    if (!recurrences.some(isPlain)) {
      const [first] = recurrences;
      const got = first === undefined ? 'none' : `${first.operator} with ${first.followedBy}`;
      throw new RangeError(
        `identity_rnn: the network must have a plain recurrent layer with relu, got ${got}`,
      );
    }
    return (parameter) => {
      if (parameter.operator !== 'RNN') return null;
      if (parameter.role === 'recurrent_bias') {
        return zerosFor('Biases start at 0, so that the state stays as it is.', LE);
      }
      if (!isPlain(parameter)) return null;
      if (parameter.role === 'recurrent_hidden') {
        return {
          scheme: 'identity',
          options: gain === 1 ? {} : { gain },
          reason: `The recurrence of ${parameter.fanIn ?? 1} units starts as ${gain === 1 ? '' : `${shown(gain)} times `}the identity: a state is kept${gain === 1 ? '' : ` to ${shown(gain)} of its size`} at every step, with gradients of that factor.`,
          reference: LE,
        };
      }
      if (parameter.role !== 'recurrent_input') return null;
      const fanIn = parameter.fanIn ?? 1;
      return {
        scheme: 'normal',
        options: { std },
        reason: `What comes in at each step adds to the state: std ${shown(std)}, where 1/√fan_in would be ${shown(1 / Math.sqrt(fanIn))}, keeps many steps small.`,
        reference: LE,
      };
    };
  },
});

const isPlain = ({ operator, followedBy }: ParameterInfo): boolean =>
  operator === 'RNN' && followedBy === 'relu';
