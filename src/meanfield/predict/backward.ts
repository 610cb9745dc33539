import type { Graph } from '../../graph/index.ts';
import { slopeOf, type State } from './state.ts';

/**
 * Second moments per element of the gradient with respect to every value, for gradients of second moment 1
 * at the seeds. What forks adds up: gradients that come by different weights are uncorrelated.
 */
export function gradientsOf(
  graph: Graph,
  states: ReadonlyMap<string, State>,
  seeds: readonly string[],
): ReadonlyMap<string, number> {
  const gradients = new Map<string, number>(seeds.map((seed) => [seed, 1]));
  const values = [
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
  const add = (value: string, gradient: number): void => {
    gradients.set(value, (gradients.get(value) ?? 0) + gradient);
  };
  for (const value of values.reverse()) {
    const gradient = gradients.get(value);
    const state = states.get(value);
    if (gradient === undefined || state?.kind !== 'signal') continue;
    const { source } = state;
    if (source.value === value) {
      for (const { to, factor, slope } of source.pulls) {
        add(to, factor * gradient);
        const from = slope === undefined ? undefined : states.get(to);
        if (slope === undefined || from?.kind !== 'signal') continue;
        // What reaches the source of that value goes by this slope and not by the mean over all elements.
        add(from.source.value, factor * gradient * (slope - slopeOf(from)));
      }
    } else {
      add(source.value, slopeOf(state) * gradient);
    }
  }
  return gradients;
}
