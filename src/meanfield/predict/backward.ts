import type { Graph } from '../../graph/index.ts';
import { pointsOf } from './marginal.ts';
import { slopeOf, summandOf, type Signal, type State } from './state.ts';

/**
 * Second moments of a gradient: over all elements, and besides that where it depends on the element, as it
 * does behind rectifiers: a part for every point of the source of the value.
 */
interface Gradient {
  readonly even: number;
  readonly uneven: Float64Array | null;
}

const NONE: Gradient = { even: 0, uneven: null };

/**
 * Second moments per element of the gradient with respect to every value, for gradients of second moment 1
 * at the seeds. What forks adds up: gradients that come by different weights are uncorrelated.
 */
export function gradientsOf(
  graph: Graph,
  states: ReadonlyMap<string, State>,
  seeds: readonly string[],
): ReadonlyMap<string, number> {
  const gradients = new Map<string, Gradient>(
    seeds.map((seed) => [seed, { even: 1, uneven: null }]),
  );
  const add = (value: string, more: Gradient): void => {
    gradients.set(value, sum(gradients.get(value) ?? NONE, more));
  };
  const means = new Map<string, number>();
  const values = [
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
  const homes = homesOf(values, states);
  for (const value of values.reverse()) {
    const gradient = gradients.get(value);
    if (gradient === undefined) continue;
    const state = states.get(value);
    if (state?.kind !== 'signal') {
      means.set(value, gradient.even);
      continue;
    }
    means.set(value, meanOf(state, gradient));
    const home = homes.get(value) ?? value;
    if (state.source.value === value) pull(states, state, gradient, add);
    else if (home === value) add(state.source.value, atSource(state, gradient));
    else add(home, gradient);
  }
  return means;
}

/** For every value that is another one with other axes, or handed on, that other one. */
function homesOf(
  values: readonly string[],
  states: ReadonlyMap<string, State>,
): ReadonlyMap<string, string> {
  const homes = new Map<string, string>();
  const first = new Map<Signal['source'], Map<Signal['transfer'], string>>();
  for (const value of values) {
    const state = states.get(value);
    if (state?.kind !== 'signal' || state.source.value === value) continue;
    const own = first.get(state.source) ?? new Map<Signal['transfer'], string>();
    first.set(state.source, own);
    const home = own.get(state.transfer);
    if (home === undefined) own.set(state.transfer, value);
    else homes.set(value, home);
  }
  return homes;
}

function sum(a: Gradient, b: Gradient): Gradient {
  const even = a.even + b.even;
  if (a.uneven === null || b.uneven === null) return { even, uneven: a.uneven ?? b.uneven };
  const other = b.uneven;
  return { even, uneven: a.uneven.map((x, i) => x + other[i]) };
}

/** The second moment over all elements. */
function meanOf(state: Signal, { even, uneven }: Gradient): number {
  if (uneven === null) return even;
  const { weights } = pointsOf(summandOf(state));
  return uneven.reduce((mean, x, i) => mean + weights[i] * x, even);
}

/** The gradient at the source of a value: times `f'²`, point by point where it matters. */
function atSource(state: Signal, gradient: Gradient): Gradient {
  const { source, transfer } = state;
  const { even, uneven } = gradient;
  if (source.marginal === null && uneven === null) {
    return { even: slopeOf(state) * even, uneven: null };
  }
  const { points, weights } = pointsOf(summandOf(state));
  const each = points.map((x, i) => transfer.df(x) ** 2 * (even + (uneven?.[i] ?? 0)));
  if (source.marginal !== null) return { even: 0, uneven: each };
  return { even: each.reduce((mean, x, i) => mean + weights[i] * x, 0), uneven: null };
}

/** Hands the gradient of a source to what it was made from. */
function pull(
  states: ReadonlyMap<string, State>,
  state: Signal,
  gradient: Gradient,
  add: (value: string, more: Gradient) => void,
): void {
  const { marginal, pulls } = state.source;
  const mean = meanOf(state, gradient);
  for (const [index, { to, factor, slope }] of pulls.entries()) {
    const from = states.get(to);
    const isShaped = from?.kind === 'signal' && from.source.value !== to;
    const isPointwise = from?.kind === 'signal' && (isShaped || from.source.marginal !== null);
    if (index === 0 && marginal !== null && isPointwise) {
      const rows = pointsOf(summandOf(from)).points.length;
      if (marginal.kernel.length === rows * marginal.points.length) {
        add(to, { even: 0, uneven: given(marginal, rows, factor, gradient) });
        continue;
      }
    }
    add(to, { even: factor * mean, uneven: null });
    if (slope === undefined || !isShaped) continue;
    // What reaches the source of that value goes by this slope and not by the mean over all elements.
    add(from.source.value, { even: factor * mean * (slope - slopeOf(from)), uneven: null });
  }
}

/** The gradient of the first summand of a sum, given each of its points. */
function given(
  { kernel, points }: NonNullable<Signal['source']['marginal']>,
  rows: number,
  factor: number,
  { even, uneven }: Gradient,
): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let mean = even;
    if (uneven !== null) {
      for (let j = 0; j < points.length; j++) mean += kernel[i * points.length + j] * uneven[j];
    }
    return factor * mean;
  });
}
