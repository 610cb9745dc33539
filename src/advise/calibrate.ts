import type { Link, Network } from '../network/index.ts';
import type { Plan, PlanEntry } from './plan.ts';
import { HE, shown } from './rules/index.ts';

/** Four digits, so that the rounding of one machine's run does not show in the weights. */
const steady = (factor: number): number => Number(factor.toPrecision(4));

/** Fewer layers in a row than this cannot wander far. */
const SHORTEST = 4;

/** A chain is left as drawn while its second moment stays within this factor of where it started. */
const TOLERANCE = 1.5;

/**
 * Takes the luck of the draw out of deep rectifier chains. He's variance keeps the second moment on
 * average over draws; in one draw of width n it wanders by a factor with log-variance about 5/n per
 * layer (Hanin & Nica 2020, arXiv:1812.05994). Where it wandered off by more than 1.5, every weight
 * of the chain is scaled so that each layer passes on exactly what it gets. One measurement is
 * enough, since the layers between are homogeneous. Residual networks and short chains are left alone.
 * Returns `null` if nothing has to change.
 * Reference: Mishkin & Matas 2016, arXiv:1511.06422, for the idea of scaling by a measurement.
 */
export function calibrate(
  plan: Plan,
  network: Network,
  secondMoment: (value: string) => number | null,
): Plan | null {
  const factors = new Map<string, number>();
  const entries = new Map(plan.parameters.map((entry) => [entry.name, entry]));
  for (const chain of chainsOf(network.branches > 0 ? [] : network.links)) {
    if (chain.length < SHORTEST) continue;
    // Only He's rule is corrected: what a person asked for, every other rule and scheme, stays as it is.
    const ours = chain.filter(({ parameter }) => {
      const entry = entries.get(parameter);
      return entry?.scheme === 'he_normal' && entry.reference === HE;
    });
    const ratios = ours.map(
      ({ from, to }) => (secondMoment(to) ?? NaN) / (secondMoment(from) ?? NaN),
    );
    if (!ratios.every((ratio) => ratio > 0 && Number.isFinite(ratio))) continue;
    let drift = 0;
    const wandered = ratios.some((ratio) => {
      drift += Math.log(ratio);
      return Math.abs(drift) > Math.log(TOLERANCE);
    });
    if (!wandered) continue;
    for (const [index, { parameter }] of ours.entries())
      factors.set(parameter, steady(1 / Math.sqrt(ratios[index])));
  }
  if (factors.size === 0) return null;
  const parameters = plan.parameters.map((entry) => {
    const factor = factors.get(entry.name);
    return factor === undefined ? entry : scaled(entry, factor);
  });
  return { ...plan, parameters };
}

/** Links whose ends meet, as chains. A weight that stands in several links is left out. */
function chainsOf(links: readonly Link[]): Link[][] {
  const count = new Map<string, number>();
  for (const { parameter } of links) count.set(parameter, (count.get(parameter) ?? 0) + 1);
  const chains = new Map<string, Link[]>();
  for (const link of links) {
    if (count.get(link.parameter) !== 1) continue;
    const chain = chains.get(link.from) ?? [];
    chains.delete(link.from);
    chain.push(link);
    chains.set(link.to, chain);
  }
  return [...chains.values()];
}

function scaled(entry: PlanEntry, factor: number): PlanEntry {
  const std = (entry.std ?? 0) * factor;
  return {
    ...entry,
    options: { ...entry.options, gain: Number(entry.options['gain'] ?? 1) * factor },
    std,
    bound: Math.sqrt(3) * std,
    reason: `${entry.reason} In this draw the layer multiplied the second moment by ${shown(1 / factor ** 2)} where He's average is 1; gain ${shown(factor)} takes that out.`,
  };
}
