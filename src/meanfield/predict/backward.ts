import type { Graph } from '../../graph/index.ts';
import { slopesOf, type Signal, type State } from './state.ts';

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
  // Of gradients at a source: what its functions bring, in all and times what its first summand passes on.
  const passed = new Map<string, { all: number; passing: number }>();
  const pass = (source: string, gradient: number, passing: number): void => {
    add(source, gradient);
    const known = passed.get(source) ?? { all: 0, passing: 0 };
    passed.set(source, { all: known.all + gradient, passing: known.passing + passing });
  };
  for (const value of values.reverse()) {
    const gradient = gradients.get(value);
    const state = states.get(value);
    if (gradient === undefined || state?.kind !== 'signal') continue;
    const { source } = state;
    if (source.value !== value) {
      const { slope, passing } = slopesOf(state);
      pass(source.value, slope * gradient, passing * gradient);
      continue;
    }
    for (const [index, { to, factor, slope }] of source.pulls.entries()) {
      add(to, factor * gradient);
      const from = states.get(to);
      if (from?.kind !== 'signal' || from.source.value === to) continue;
      const own =
        slope ?? (index === 0 ? summandSlope(state, gradient, passed.get(value)) : undefined);
      // What reaches the source of that value goes by this slope and not by the mean over all elements.
      if (own === undefined) continue;
      const usual = slopesOf(from);
      if (usual.slope === 0) continue;
      const more = factor * gradient * (own / usual.slope - 1);
      pass(from.source.value, more * usual.slope, more * usual.passing);
    }
  }
  return gradients;
}

/** `E f'²` of the first summand of a sum, weighted by the gradients of the functions of the sum. */
function summandSlope(
  state: Signal,
  gradient: number,
  passed: { readonly all: number; readonly passing: number } | undefined,
): number | undefined {
  const { marginal } = state.source;
  if (marginal === null || passed === undefined || !(gradient > 0)) return undefined;
  let direct = 0;
  for (let i = 0; i < marginal.points.length; i++) {
    direct += marginal.weights[i] * marginal.passing[i];
  }
  return (passed.passing + Math.max(0, gradient - passed.all) * direct) / gradient;
}
