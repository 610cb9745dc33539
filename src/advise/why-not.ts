import { activation, derivativeSecondMoment, secondMoment } from '../activation/index.ts';
import type { Network, ParameterInfo } from '../network/index.ts';
import { shown } from './rules/rule.ts';

const WEIGHTS = new Set(['dense', 'conv', 'grouped_conv', 'depthwise_conv', 'transposed_conv']);

/** Variances that a person may think of, by fan_in. */
const normal = (): number => 1e-4;
const heuristic = (fanIn: number): number => 1 / (3 * fanIn);

/** What N(0, 0.01²) and U(±1/√n) would do to this network: per layer and, along a chain, over all of it. */
export function whyNot(network: Network): string {
  const weights = network.parameters.filter(({ role }) => WEIGHTS.has(role));
  const hidden = weights.filter(({ position }) => position !== 'head');
  const recurrent = network.parameters.find(({ role }) => role === 'recurrent_hidden');
  if (hidden.length === 0) {
    if (recurrent !== undefined) return overSteps(recurrent);
    const one = network.parameters.find(({ fanIn }) => fanIn !== null);
    if (one === undefined) return 'This network has no weights to scale.';
    return `With one layer of weights no scale is lost over depth; N(0, 0.01²) would start its outputs ${shown(0.01 * Math.sqrt(one.fanIn ?? 1))} times as large as its inputs, U(±1/√n) ${shown(1 / Math.sqrt(3))} times.`;
  }
  const free = hidden.filter(({ normalised }) => !normalised);
  if (free.length === 0) {
    return 'A normalisation follows every hidden weight, so N(0, 0.01²) or U(±1/√n) would not change the signal at step zero; they would change how far the first steps move each weight, by a different factor in every layer.';
  }
  const isChain =
    network.branches === 0 &&
    !network.normalised &&
    hidden.length > 1 &&
    recurrent === undefined &&
    weights.length === network.depth;
  return isChain ? alongChain(free) : atOneLayer(free);
}

function overSteps({ name, fanIn }: ParameterInfo): string {
  const units = fanIn ?? 1;
  return `Each step multiplies the state by the recurrent weights (\`${name}\`, ${units} units): those of N(0, 0.01²) would keep ${shown(1e-4 * units)} of its second moment and U(±1/√n) ${shown(1 / 3)}, ${magnitude(10 * Math.log(1e-4 * units))} and ${magnitude(-10 * Math.log(3))} over ten steps, where orthogonal ones keep all of it.`;
}

function atOneLayer(layers: readonly ParameterInfo[]): string {
  const layer = layers[Math.floor(layers.length / 2)];
  const fanIn = layer.fanIn ?? 1;
  const passed = (variance: number): string =>
    shown(Math.exp(logPower(layer.precededBy, layer.precededMoment, 0)) * variance * fanIn);
  return `At \`${layer.name}\` (fan_in ${shown(fanIn)}) N(0, 0.01²) would pass on ${passed(normal())} of a unit signal's second moment and U(±1/√n) ${passed(heuristic(fanIn))}; what a layer passes on would differ with its width, and what the branches add would be lost beside what goes past them.`;
}

function alongChain(layers: readonly ParameterInfo[]): string {
  const shifted = layers.some(
    ({ precededBy }) => isNamed(precededBy) && activation(precededBy).f(0) !== 0,
  );
  const [small, default_] = [normal, heuristic].map((variance) => travel(layers, variance));
  const last = layers[layers.length - 1];
  const way = `from the first hidden layer to \`${last.name}\`, ${layers.length - 1} ${layers.length === 2 ? 'step' : 'steps'} on`;
  return shifted
    ? `With N(0, 0.01²) what two inputs differ by would keep ${magnitude(small.difference)} of its second moment ${way}, with U(±1/√n) ${magnitude(default_.difference)}: the outputs would be the same for all inputs, and gradients shrink alike.`
    : `With N(0, 0.01²) the signal would keep ${magnitude(small.signal)} of its second moment ${way}, with U(±1/√n) ${magnitude(default_.signal)}; gradients would change alike on their way back.`;
}

/**
 * Logarithms of what becomes of the signal's second moment and of a small difference's between the first
 * and the last of some layers in a row: `q ↦ σ² fan_in E φ(√q z)²` and the product of `σ² fan_in E φ'(√q z)²`,
 * from inputs of unit second moment.
 */
function travel(
  layers: readonly ParameterInfo[],
  variance: (fanIn: number) => number,
): { signal: number; difference: number } {
  const scale = ({ fanIn }: ParameterInfo): number => Math.log(variance(fanIn ?? 1) * (fanIn ?? 1));
  const start = scale(layers[0]);
  let logQ = start;
  let difference = 0;
  for (const layer of layers.slice(1)) {
    const { precededBy } = layer;
    const slope = isNamed(precededBy)
      ? derivativeSecondMoment(activation(precededBy), Math.exp(Math.max(logQ, SMALL)))
      : (layer.precededMoment ?? 1);
    difference += scale(layer) + Math.log(slope);
    logQ = scale(layer) + logPower(precededBy, layer.precededMoment, logQ);
  }
  return { signal: logQ - start, difference };
}

/** Below `q = e^SMALL` an activation is its tangent at 0, or its value there. */
const SMALL = -30;

const isNamed = (name: string | null): name is string => name !== null && name !== 'custom';

/** `ln E φ(√q z)²` for `q = e^logQ`; an activation without a name counts by its moment at 1. */
function logPower(name: string | null, moment: number | null, logQ: number): number {
  if (!isNamed(name)) return logQ + Math.log(moment ?? 1);
  const record = activation(name);
  if (logQ >= SMALL) return Math.log(secondMoment(record, Math.exp(logQ)));
  const atSmall = Math.log(secondMoment(record, Math.exp(SMALL)));
  return record.f(0) === 0 ? atSmall + logQ - SMALL : atSmall;
}

/** `0.0123`, or `10^-16` of what is far from 1. */
function magnitude(logarithm: number): string {
  const exponent = logarithm / Math.LN10;
  return Math.abs(exponent) < 3 ? shown(Math.exp(logarithm)) : `10^${exponent.toFixed(0)}`;
}
