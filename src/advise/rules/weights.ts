import { activation } from '../../activation/index.ts';
import { backwardGain, criticalGain, forwardGain } from '../../init/index.ts';
import type { Network, ParameterInfo } from '../../network/index.ts';
import {
  GLOROT,
  HE,
  KLAMBAUER,
  LECUN,
  PENNINGTON,
  SAXE,
  SCHOENHOLZ,
  shown,
  steady,
  XIAO,
  type Advice,
} from './rule.ts';

const isNamed = (name: string | null): name is string => name !== null && name !== 'custom';

/** Weights of dense layers and convolutions: by the activation that feeds them and their place. */
export function weightRule(parameter: ParameterInfo, network: Network): Advice {
  const base = baseRule(parameter, network);
  const scaled = branchScaled(parameter, base);
  return parameter.normalised ? { ...scaled, reason: `${scaled.reason} ${NORMALISED}` } : scaled;
}

const NORMALISED =
  'A normalisation follows, so the scale does not reach the signal; it sets the size of the first steps.';

function baseRule(parameter: ParameterInfo, network: Network): Advice {
  const { precededBy, followedBy, position, fedBy, normalised } = parameter;
  const rectifier = rectifierAround(parameter);
  if (position === 'head' && !(rectifier !== null && followedBy === rectifier))
    return headRule(parameter);
  if (rectifier !== null) return heRule(parameter, rectifier);
  if (isNamed(precededBy)) {
    const { family, odd } = activation(precededBy);
    if (precededBy === 'selu') return seluRule(parameter);
    if (family === 'sigmoidal' && !odd) return sigmoidRule(parameter, network, precededBy);
    if (family === 'sigmoidal' || family === 'periodic')
      return criticalRule(parameter, network, precededBy);
    return exactGainRule(parameter, precededBy);
  }
  if (precededBy === 'custom') return customRule(parameter);
  if (network.activations.length === 0) return linearRule(parameter);
  if (fedBy !== 'norm' && isCritical(followedBy) && !normalised) {
    return operatingPointRule(parameter, network, followedBy);
  }
  return unitRule(parameter);
}

/**
 * The homogeneous activation that sets the gain: the one that feeds the layer, or, for a first or
 * a normalised layer, the one that follows. Homogeneous activations have one gain at every scale.
 */
function rectifierAround(parameter: ParameterInfo): string | null {
  const { precededBy, followedBy, fedBy, normalised } = parameter;
  const isRectifier = (name: string | null): name is string =>
    isNamed(name) && activation(name).family === 'rectifier' && activation(name).homogeneous;
  if (isRectifier(precededBy)) return precededBy;
  const looksAhead = precededBy === null && (fedBy === 'input' || normalised);
  return looksAhead && isRectifier(followedBy) ? followedBy : null;
}

function heRule(parameter: ParameterInfo, name: string): Advice {
  const slope = slopeOf(name);
  const gain = forwardGain(activation(name));
  const std = gain / Math.sqrt(parameter.fanIn ?? 1);
  const who = parameter.precededBy === name ? 'feeds' : 'follows';
  return {
    scheme: 'he_normal',
    options: slope === 0 ? {} : { slope },
    reason: `${name} ${who} this layer and keeps ${shown(1 / gain ** 2)} of the second moment, so a variance of ${shown(gain ** 2)}/fan_in (fan_in ${shown(parameter.fanIn ?? 1)}, std ${shown(std)}) keeps the signal's size.`,
    reference: HE,
  };
}

/** ReLU and its kin as slopes of the negative side; |x| has slope -1. */
function slopeOf(name: string): number {
  return -activation(name).f(-1);
}

function headRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  return {
    scheme: 'lecun_normal',
    options: {},
    reason: `The last layer has no activation to make up for: variance 1/fan_in (fan_in ${shown(fanIn)}, std ${shown(1 / Math.sqrt(fanIn))}) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.`,
    reference: LECUN,
  };
}

function exactGainRule(parameter: ParameterInfo, name: string): Advice {
  const gain = steady(forwardGain(activation(name)));
  const std = gain / Math.sqrt(parameter.fanIn ?? 1);
  return {
    scheme: 'lecun_normal',
    options: { gain },
    reason: `${name} feeds this layer and keeps E f(z)² = ${shown(1 / gain ** 2)} of a unit Gaussian's second moment; its exact gain ${shown(gain)} over √fan_in (fan_in ${shown(parameter.fanIn ?? 1)}, std ${shown(std)}) restores it, where He's √2 would be off by ${shown(100 * Math.abs(2 / gain ** 2 - 1))} % in every layer.`,
    reference: `${HE}, with the gain by quadrature`,
  };
}

function customRule(parameter: ParameterInfo): Advice {
  const moment = parameter.precededMoment ?? 1;
  const gain = moment > 0 && Number.isFinite(moment) ? steady(1 / Math.sqrt(moment)) : 1;
  return {
    scheme: 'lecun_normal',
    options: { gain },
    reason: `The function that feeds this layer has no name here; sampled from the graph it keeps E f(z)² = ${shown(moment)} of a unit Gaussian's second moment, so its gain is ${shown(gain)}.`,
    reference: `${HE}, with the gain by quadrature`,
  };
}

function seluRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  return {
    scheme: 'lecun_normal',
    options: {},
    reason: `SELU normalises itself at variance 1/fan_in (fan_in ${shown(fanIn)}, std ${shown(1 / Math.sqrt(fanIn))}): mean 0 and variance 1 are its stable fixed point, so its gain is exactly 1.`,
    reference: KLAMBAUER,
  };
}

function unitRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  const input =
    parameter.fedBy === 'norm' ? 'a normalised value' : 'a value that no activation has cut';
  return {
    scheme: 'lecun_normal',
    options: {},
    reason: `The input is ${input}, so variance 1/fan_in (fan_in ${shown(fanIn)}, std ${shown(1 / Math.sqrt(fanIn))}) keeps its second moment.`,
    reference: LECUN,
  };
}

function linearRule(parameter: ParameterInfo): Advice {
  return {
    ...isometry(parameter, 1),
    reason:
      'Without activations an orthogonal weight keeps every length at every depth: all singular values of the whole network are 1, and learning time does not grow with depth.',
    reference: SAXE,
  };
}

function isCritical(name: string | null): name is string {
  if (!isNamed(name)) return false;
  const { family, odd } = activation(name);
  return (family === 'sigmoidal' && odd) || family === 'periodic';
}

function criticalRule(parameter: ParameterInfo, network: Network, name: string): Advice {
  const critical = criticalGain(activation(name), network.depth);
  const { q, chi1 } = critical;
  const gain = steady(critical.gain);
  const change = chi1 ** network.depth;
  const choice = isometry(parameter, gain);
  const isDelta = choice.scheme === 'delta_orthogonal';
  return {
    ...choice,
    reason: `${name} feeds this layer: at gain ${shown(gain)} the second moment stays at q* = ${shown(q)} and the gradient's changes by χ₁^${network.depth} = ${shown(change)} over the depth of ${network.depth}; an ${isDelta ? 'orthogonal matrix in the centre tap' : 'orthogonal matrix'} keeps all singular values together, which no Gaussian does.`,
    reference: isDelta ? XIAO : PENNINGTON,
  };
}

/** A first layer brings inputs of unit second moment to the q* of the layers behind it. */
function operatingPointRule(parameter: ParameterInfo, network: Network, name: string): Advice {
  const { q } = criticalGain(activation(name), network.depth);
  const gain = steady(Math.sqrt(q));
  return {
    ...isometry(parameter, gain, false),
    reason: `${name} follows: gain √q* = ${shown(gain)} brings inputs of unit second moment to q* = ${shown(q)}, the size at which the next layers hold the signal over the depth of ${network.depth}.`,
    reference: SCHOENHOLZ,
  };
}

/** Orthogonal weights that keep the mean square of an element times `gain²`, as far as shapes allow. */
function isometry(
  parameter: ParameterInfo,
  gain: number,
  mayBeDelta = true,
): { scheme: string; options: Record<string, number> } {
  const { role, layout, shape } = parameter;
  const extent = (axis: 'in' | 'out'): number =>
    shape.reduce((product, size, i) => (layout[i] === axis ? product * size : product), 1);
  const inputs = extent('in');
  const outputs = extent('out');
  if (role === 'dense') {
    return outputs <= inputs
      ? { scheme: 'orthogonal', options: { gain } }
      : { scheme: 'scaled_orthogonal', options: { gain } };
  }
  const kernel = shape.reduce(
    (product, size, i) => (layout[i] === 'kernel' ? product * size : product),
    1,
  );
  const isStrided = (parameter.fanOut ?? 0) < outputs * kernel;
  if (role === 'conv' && mayBeDelta && !isStrided && inputs <= outputs) {
    return { scheme: 'delta_orthogonal', options: { gain: gain * Math.sqrt(outputs / inputs) } };
  }
  if (role === 'conv') return { scheme: 'scaled_orthogonal', options: { gain } };
  return { scheme: 'lecun_normal', options: { gain } };
}

function sigmoidRule(parameter: ParameterInfo, network: Network, name: string): Advice {
  const record = activation(name);
  const slope = record.df(0);
  const gain = steady(1 / slope);
  const chi = chiAtFixedPoint(name, gain);
  const exponent = network.depth * Math.log10(chi);
  return {
    scheme: 'glorot_normal',
    options: { gain },
    reason: `${name} is hard: its slope is at most ${shown(slope)} and its mean is not 0, so even at gain ${shown(gain)} a gradient keeps χ = ${shown(chi)} of its second moment per layer, 10^${shown(exponent)} over the depth of ${network.depth}. tanh, ReLU or a normalisation between the layers removes the problem.`,
    reference: `${GLOROT}; ${SCHOENHOLZ}`,
  };
}

/** `χ = σw² E f'(√q z)²` at the fixed point `q = σw² E f(√q z)²` of a network without biases. */
function chiAtFixedPoint(name: string, gain: number): number {
  const record = activation(name);
  let q = gain ** 2;
  for (let step = 0; step < 200; step++) q = (gain ** 2 * q) / forwardGain(record, q) ** 2;
  return gain ** 2 / backwardGain(record, q) ** 2;
}

/** Divides the last layer of a residual branch by √L, unless a scale behind it starts small. */
function branchScaled(parameter: ParameterInfo, advice: Advice): Advice {
  const end = parameter.branchEnd;
  if (end === null) return advice;
  if (end.closedBy !== null) {
    const what = end.closedBy === 'norm_scale' ? 'normalisation' : 'layer scale';
    return {
      ...advice,
      reason: `${advice.reason} It ends residual branch ${end.index + 1} of ${end.count}; the ${what} behind it sets how much the branch adds.`,
    };
  }
  const factor = 1 / Math.sqrt(end.count);
  const gain = Number(advice.options['gain'] ?? 1) * factor;
  return {
    ...advice,
    options: { ...advice.options, gain },
    reason: `${advice.reason} It ends residual branch ${end.index + 1} of ${end.count}: times 1/√${end.count} = ${shown(factor)}, so that all branches together add about one unit of variance and the sum does not grow with depth.`,
    reference: `${advice.reference}; Radford et al. 2019, §2.3; Zhang et al. 2019, arXiv:1901.09321`,
  };
}
