import { activation, secondMoment } from '../../activation/index.ts';
import { forwardGain } from '../../init/index.ts';
import type { Network, ParameterInfo } from '../../network/index.ts';
import type { Choice } from '../plan.ts';
import { specOfParameter, stdOf } from '../spec.ts';
import { hiddenSteps, isPlain, operatingPoint, pointAt } from './operating-point.ts';
import {
  branchShare,
  DE,
  GLOROT,
  HE,
  KLAMBAUER,
  LECUN,
  PENNINGTON,
  RADFORD,
  ROBERTS,
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
  const { branchEnd: end } = parameter;
  if (end === null) {
    return parameter.normalised ? { ...base, reason: `${base.reason} ${NORMALISED}` } : base;
  }
  const { place: which, factor, formula, purpose } = branchShare(end);
  const place = `It ends ${which}`;
  if (end.closedBy !== null) {
    const what = end.closedBy === 'norm_scale' ? 'normalisation' : 'layer scale';
    return {
      ...base,
      reason: `${base.reason} ${place}, and the ${what} behind it sets how much the branch adds.`,
    };
  }
  const gain = Number(base.options['gain'] ?? 1) * factor;
  const scaled = { ...base, options: { ...base.options, gain } };
  const std = stdOf(scaled, specOfParameter(parameter), parameter.name);
  return {
    ...scaled,
    reason: `${base.reason} ${place}: times ${formula} = ${shown(factor)} (std ${shown(std)}), so that ${purpose}.`,
    reference: `${base.reference}; ${RADFORD}; ${DE}`,
  };
}

const NORMALISED =
  'A normalisation follows, so the scale does not reach the signal; it sets the size of the first steps.';

function baseRule(parameter: ParameterInfo, network: Network): Advice {
  const { precededBy, followedBy, position, fedBy, normalised } = parameter;
  const rectifier = rectifierAround(parameter);
  if (position === 'head' && !(rectifier !== null && followedBy === rectifier))
    return headRule(parameter, network);
  if (rectifier !== null) return heRule(parameter, rectifier);
  if (isNamed(precededBy)) {
    if (precededBy === 'selu') return seluRule(parameter);
    if (isSigmoid(precededBy)) return sigmoidRule(parameter, network, precededBy);
    if (isCritical(precededBy)) return criticalRule(parameter, network, precededBy);
    return exactGainRule(parameter, network, precededBy);
  }
  if (precededBy === 'custom') return customRule(parameter);
  if (network.activations.length === 0) return linearRule(parameter);
  if (fedBy !== 'norm' && !normalised && isNamed(followedBy)) {
    if (targetOf(followedBy, network) !== null)
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

function isSigmoid(name: string): boolean {
  const { family, odd } = activation(name);
  return family === 'sigmoidal' && !odd;
}

function isCritical(name: string): boolean {
  const { family, odd } = activation(name);
  return (family === 'sigmoidal' && odd) || family === 'periodic';
}

/** The second moment that an activation wants to be fed with, `null` where any or a unit one will do. */
function targetOf(name: string | null, network: Network): number | null {
  if (!isNamed(name) || activation(name).homogeneous || network.normalised) return null;
  const { q } = operatingPoint(name, network);
  return q === 1 && !isCritical(name) ? null : q;
}

/** `fan_in 784, std 0.0357`. */
function sizes(parameter: ParameterInfo, choice: Choice): string {
  const std = stdOf(choice, specOfParameter(parameter), parameter.name);
  return `fan_in ${shown(parameter.fanIn ?? 1)}, std ${shown(std)}`;
}

function heRule(parameter: ParameterInfo, name: string): Advice {
  const slope = slopeOf(name);
  const gain = forwardGain(activation(name));
  const choice = { scheme: 'he_normal', options: slope === 0 ? {} : { slope } };
  const who = parameter.precededBy === name ? 'feeds' : 'follows';
  return {
    ...choice,
    reason: `${name} ${who} this layer and keeps ${shown(1 / gain ** 2)} of the second moment, so a variance of ${shown(gain ** 2)}/fan_in (${sizes(parameter, choice)}) keeps the signal's size.`,
    reference: HE,
  };
}

/** ReLU and its kin as slopes of the negative side; |x| has slope -1. */
function slopeOf(name: string): number {
  return -activation(name).f(-1);
}

/** The last layer: outputs as large as its inputs, but of unit second moment where the signals before are larger. */
function headRule(parameter: ParameterInfo, network: Network): Advice {
  const { precededBy } = parameter;
  const arriving = isNamed(precededBy) ? arrivingFrom(precededBy, network) : 1;
  if (arriving > 1 + 1e-9) {
    const choice = { scheme: 'lecun_normal', options: { gain: steady(1 / Math.sqrt(arriving)) } };
    return {
      ...choice,
      reason: `The last layer brings what ${precededBy} passes on, of second moment ${shown(arriving)}, back to 1: gain 1/√${shown(arriving)} = ${shown(choice.options.gain)} over √fan_in (${sizes(parameter, choice)}), so that a softmax starts undecided.`,
      reference: LECUN,
    };
  }
  const choice = { scheme: 'lecun_normal', options: {} };
  return {
    ...choice,
    reason: `The last layer has no activation to make up for: variance 1/fan_in (${sizes(parameter, choice)}) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.`,
    reference: LECUN,
  };
}

/** `E φ(√q* z)²`, what an activation at its operating point passes on. */
function arrivingFrom(name: string, network: Network): number {
  const record = activation(name);
  return record.homogeneous ? 1 : secondMoment(record, operatingPoint(name, network).q);
}

/**
 * The gain behind an activation: what it passes on at its operating point is brought to that of the
 * activation that follows, which is the same one in most networks.
 */
function gainBehind(
  parameter: ParameterInfo,
  network: Network,
  name: string,
): { gain: number; q: number; moves: string } {
  const point = operatingPoint(name, network);
  const next = parameter.followedBy === name ? null : targetOf(parameter.followedBy, network);
  if (next === null || isSigmoid(name)) return { gain: steady(point.gain), q: point.q, moves: '' };
  return {
    gain: steady(point.gain * Math.sqrt(next / point.q)),
    q: point.q,
    moves: `, times √(${shown(next)}/${shown(point.q)}) to bring it to q* = ${shown(next)} for ${parameter.followedBy}`,
  };
}

function exactGainRule(parameter: ParameterInfo, network: Network, name: string): Advice {
  const { gain, q, moves } = gainBehind(parameter, network, name);
  const choice = { scheme: 'lecun_normal', options: { gain } };
  const exact = operatingPoint(name, network).gain;
  const kept = shown(1 / exact ** 2);
  const restores = `its exact gain ${shown(exact)} over √fan_in (${sizes(parameter, choice)}) restores it${moves}`;
  if (q === 1) {
    const he = `where He's √2 would be off by ${shown(100 * Math.abs(2 / exact ** 2 - 1))} % in every layer`;
    return {
      ...choice,
      reason: `${name} feeds this layer and keeps E f(z)² = ${kept} of a unit Gaussian's second moment; ${restores}, ${he}.${gradients(network, name)}`,
      reference: `${HE}, with the gain by quadrature`,
    };
  }
  const steps = hiddenSteps(network.depth);
  const unit = pointAt(activation(name), 1);
  const here = operatingPoint(name, network);
  return {
    ...choice,
    reason: `${name} feeds this layer and at the size q* = ${shown(q)} keeps ${kept} of the second moment; ${restores}. At unit size (gain ${shown(unit.gain)}) the balance is unstable, an error growing by χ_q = ${shown(unit.chiQ)} per layer and ${shown(unit.chiQ ** steps)} in all; at q* it grows by ${shown(here.chiQ ** steps)} and the gradient by ${shown(here.chi1 ** steps)} over the ${steps} steps between hidden layers.`,
    reference: `${HE}, with the gain by quadrature; ${ROBERTS}`,
  };
}

/** What becomes of gradients in a plain chain, where it is worth a sentence. */
function gradients(network: Network, name: string): string {
  const steps = hiddenSteps(network.depth);
  const { chi1 } = operatingPoint(name, network);
  const change = chi1 ** steps;
  if (!isPlain(network) || Math.abs(Math.log(change)) < Math.log(2)) return '';
  const cure = change < 0.01 ? '; ReLU or a normalisation between the layers removes that' : '';
  return ` A gradient changes by χ₁ = ${shown(chi1)} per layer, ${shown(change)} over the ${steps} steps between hidden layers${cure}.`;
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
  const choice = isometry(parameter, 1);
  if (choice.scheme === 'lecun_normal') return unitRule(parameter);
  return {
    ...choice,
    reason: `Without activations an orthogonal weight (${sizes(parameter, choice)}) keeps a signal's size at every depth: all singular values of a layer are equal, so that no direction fades and learning time does not grow with depth.`,
    reference: SAXE,
  };
}

function criticalRule(parameter: ParameterInfo, network: Network, name: string): Advice {
  const { gain, q, moves } = gainBehind(parameter, network, name);
  const { chi1 } = operatingPoint(name, network);
  const choice = isometry(parameter, gain);
  if (network.normalised) {
    return {
      ...choice,
      reason: `${name} feeds this layer and keeps E f(z)² = ${shown(1 / gain ** 2)} of a unit Gaussian's second moment, which gain ${shown(gain)} restores (${sizes(parameter, choice)})${isometryWords(choice)}.`,
      reference: choice.scheme === 'delta_orthogonal' ? XIAO : PENNINGTON,
    };
  }
  return {
    ...choice,
    reason: `${name} feeds this layer: at gain ${shown(operatingPoint(name, network).gain)} the second moment stays at q* = ${shown(q)} and the gradient's changes by χ₁^${network.depth} = ${shown(chi1 ** network.depth)} over the depth of ${network.depth}${moves}${isometryWords(choice)}.`,
    reference: choice.scheme === 'delta_orthogonal' ? XIAO : PENNINGTON,
  };
}

function isometryWords({ scheme }: Choice): string {
  if (scheme === 'lecun_normal') return '';
  const where = scheme === 'delta_orthogonal' ? ' in the centre tap' : '';
  return `; an orthogonal matrix${where} keeps all singular values together, which no Gaussian does`;
}

/** A first layer brings inputs of unit second moment to the q* of the layers behind it. */
function operatingPointRule(parameter: ParameterInfo, network: Network, name: string): Advice {
  const { q } = operatingPoint(name, network);
  const gain = steady(Math.sqrt(q));
  const choice = isCritical(name)
    ? isometry(parameter, gain, false)
    : { scheme: 'lecun_normal', options: { gain } };
  return {
    ...choice,
    reason: `${name} follows: gain √q* = ${shown(gain)} (${sizes(parameter, choice)}) brings inputs of unit second moment to q* = ${shown(q)}, the size at which the next layers hold the signal over the depth of ${network.depth}.`,
    reference: isCritical(name) || isSigmoid(name) ? SCHOENHOLZ : ROBERTS,
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
  const slope = activation(name).df(0);
  const { gain, chi1 } = operatingPoint(name, network);
  const choice = { scheme: 'glorot_normal', options: { gain: steady(gain) } };
  if (network.normalised) {
    return {
      ...choice,
      reason: `${name} feeds this layer with slopes of at most ${shown(slope)}, which gain ${shown(gain)} makes up for (${sizes(parameter, choice)}); the normalisations take out its mean, which makes it hard elsewhere.`,
      reference: GLOROT,
    };
  }
  const steps = Math.max(1, hiddenSteps(network.depth));
  return {
    ...choice,
    reason: `${name} is hard: its slope is at most ${shown(slope)} and its mean is not 0, so even at gain ${shown(gain)} (${sizes(parameter, choice)}) a gradient keeps χ₁ = ${shown(chi1)} of its second moment from layer to layer of one width, ${shown(chi1 ** steps)} over ${steps} of them; tanh, ReLU or a normalisation between the layers removes the problem.`,
    reference: `${GLOROT}; ${SCHOENHOLZ}`,
  };
}
