import { activation } from '../activation/index.ts';
import { forwardGain } from '../init/index.ts';
import type { Network, ParameterInfo } from '../network/index.ts';
import type { PlanEntry } from './plan.ts';
import { shown } from './rules/rule.ts';

const WEIGHTS = new Set(['dense', 'conv', 'grouped_conv', 'depthwise_conv', 'transposed_conv']);

/**
 * What N(0, 0.01²) and U(±1/√n) would do to this network: the factor on the signal's second moment
 * per layer, `σ² fan_in / gain²`, and over all its hidden layers.
 */
export function whyNot(network: Network, entries: readonly PlanEntry[]): string {
  const weights = network.parameters.filter((parameter) => WEIGHTS.has(parameter.role));
  const hidden = weights.filter(({ position }) => position !== 'head');
  if (hidden.length === 0) {
    const entry = entries.find(({ fanIn }) => fanIn !== null);
    if (entry === undefined) return 'This network has no weights to scale.';
    return `With one layer of weights no scale is lost over depth; N(0, 0.01²) would start its outputs ${shown(0.01 * Math.sqrt(entry.fanIn ?? 1))} times as large as its inputs, ±1/√n ${shown(1 / Math.sqrt(3))} times.`;
  }
  const free = hidden.filter(({ normalised }) => !normalised);
  if (free.length === 0) {
    return 'A normalisation follows every hidden weight, so N(0, 0.01²) or ±1/√n would not change the signal at step zero; they would change how far the first steps move each weight, by a different factor in every layer.';
  }
  const small = free.map((parameter) => 1e-4 * power(parameter));
  const heuristic = free.map((parameter) => power(parameter) / (3 * (parameter.fanIn ?? 1)));
  const typical = free[Math.floor(free.length / 2)];
  const chain = network.branches > 0 ? 'branches and chains' : 'chain';
  return (
    `At \`${typical.name}\` (fan_in ${shown(typical.fanIn ?? 1)}) N(0, 0.01²) would keep ${shown(1e-4 * power(typical))} of the signal's second moment and U(±1/√n) ${shown(power(typical) / (3 * (typical.fanIn ?? 1)))}; ` +
    `over the ${free.length} hidden weights of this network's ${chain} that multiplies to ${magnitude(small)} and ${magnitude(heuristic)}, and its gradients shrink or grow alike.`
  );
}

/** `fan_in E f(z)²`: what a layer of unit-variance weights makes of a unit pre-activation. */
function power(parameter: ParameterInfo): number {
  const { precededBy, precededMoment } = parameter;
  const gain =
    precededBy === null || precededBy === 'custom' ? null : forwardGain(activation(precededBy));
  const kept = gain === null ? (precededMoment ?? 1) : 1 / gain ** 2;
  return (parameter.fanIn ?? 1) * kept;
}

function magnitude(factors: readonly number[]): string {
  const exponent = factors.reduce((sum, factor) => sum + Math.log10(factor), 0);
  if (Math.abs(exponent) < 3) return shown(10 ** exponent);
  return `10^${exponent.toFixed(0)}`;
}
