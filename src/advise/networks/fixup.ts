import { activation } from '../../activation/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import type { Network, ParameterInfo, Role } from '../../network/index.ts';
import { ruleFor, shown, steady, type Advice } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import {
  branchesOf,
  endsBranch,
  isWeight,
  onesFor,
  placesIn,
  zerosFor,
  type Place,
} from './parts.ts';

const ZHANG = 'Zhang et al. 2019, section 3, arXiv:1901.09321';

/** Queries, keys, values and outputs make the outputs of attention a product of four. */
const ATTENTION_DEPTH = 4;

const SCALED: ReadonlySet<Role> = new Set<Role>([
  'dense',
  'conv',
  'grouped_conv',
  'depthwise_conv',
  'transposed_conv',
  'attention_query',
  'attention_key',
  'attention_value',
  'attention_packed',
]);

/** Residual networks without normalisation: `L^{-1/(2m-2)}` inside the branches, 0 at their ends. */
export const fixup: NetworkScheme = defineNetworkScheme({
  name: 'fixup',
  formula:
    'in each of L branches of m layers He (fan_out) · L^(-1/(2m-2)), its last layer 0, the head 0, biases 0, scales 1',
  use: 'residual networks without normalisation: the first step changes the outputs by the same at every depth',
  reference: ZHANG,
  options: {},
  plan: (network) => {
    const branches = branchesOf('fixup', network);
    const places = placesIn(network);
    const note = network.normalised
      ? ' Fixup is meant to take the place of normalisation, which this network still has.'
      : '';
    const planned = (parameter: ParameterInfo): Advice | null => {
      if (endsBranch(parameter)) {
        return zerosFor(
          `It ends residual branch ${(parameter.branchEnd?.index ?? 0) + 1} of ${branches} and starts at 0: every block is its skip alone.`,
          ZHANG,
        );
      }
      if (parameter.position === 'head' && isWeight(parameter)) {
        return zerosFor('The last layer starts at 0, so that all outputs are equal.', ZHANG);
      }
      if (parameter.role === 'norm_scale' || parameter.role === 'layer_scale') {
        return onesFor('Scales start at 1: it is the layers that start at 0.', ZHANG);
      }
      const place = places.get(parameter.name);
      return place === undefined || !SCALED.has(parameter.role)
        ? null
        : inner(parameter, network, place);
    };
    return (parameter) => {
      const advice = planned(parameter);
      return advice === null ? null : { ...advice, reason: `${advice.reason}${note}` };
    };
  },
});

/** A layer inside a branch. */
function inner(parameter: ParameterInfo, network: Network, place: Place): Advice {
  const { index, count, step, steps, attends } = place;
  const depth = attends ? ATTENTION_DEPTH : steps;
  const factor = count ** (-1 / (2 * depth - 2));
  const base = baseOf(parameter, network);
  const gain = steady(Number(base.options['gain'] ?? 1) * factor);
  const where = attends
    ? `It is in the attention of residual branch ${index + 1} of ${count}, whose output is a product of ${depth} weights`
    : `It is layer ${step} of ${depth} in residual branch ${index + 1} of ${count}`;
  return {
    scheme: base.scheme,
    options: { ...base.options, gain },
    reason: `${where}: ${base.words} times ${count}^(-1/${2 * depth - 2}) = ${shown(factor)}, so that a step changes the outputs by the same amount whatever the depth.`,
    reference: ZHANG,
  };
}

interface Base {
  readonly scheme: string;
  readonly options: Advice['options'];
  readonly words: string;
}

/** He by fan_out before a rectifier, where a stride does not count; elsewhere what the rules give. */
function baseOf(parameter: ParameterInfo, network: Network): Base {
  const { followedBy, fanOut, role } = parameter;
  const isNamed = followedBy !== null && followedBy !== 'custom';
  const record = isNamed ? activation(followedBy) : null;
  if (record === null || record.family !== 'rectifier' || !record.homogeneous || fanOut === null) {
    const { scheme, options } = ruleFor(role)({ ...parameter, branchEnd: null }, network);
    return { scheme, options, words: `the usual ${scheme}` };
  }
  const whole = unstrided(parameter);
  const slope = -record.f(-1);
  return {
    scheme: 'he_normal',
    options: {
      mode: 'fan_out',
      ...(slope === 0 ? {} : { slope }),
      ...(whole === fanOut ? {} : { gain: Math.sqrt(fanOut / whole) }),
    },
    words: `He's std by fan_out ${shown(whole)}${whole === fanOut ? '' : ', strides left out,'}`,
  };
}

/** Outputs times taps of one group, as fan_out is without strides. */
function unstrided({ shape, layout, groups, role }: ParameterInfo): number {
  const reached = sizeOf(shape.filter((_, axis) => layout[axis] !== 'in'));
  return role === 'transposed_conv' ? reached : reached / groups;
}
