import type { Graph } from '../../graph/index.ts';
import { layerValues, outputLayers, type Network } from '../../network/index.ts';
import type { Laws } from '../predict/prediction.ts';
import { countOf } from '../predict/axes.ts';
import { completed, inputState } from '../predict/predict.ts';
import { ruleOf } from '../predict/rules.ts';
import { storedValues, walkGraph } from '../predict/walk.ts';
import { gradientScatter } from './backward.ts';
import { findingsOf, type Course, type Pass } from './course.ts';
import { wavesOf } from './forward.ts';
import { headUnits, overlapBias } from './attention.ts';
import { covariance, covarianceOf, mapped, pairOf, summed, type Wave } from './wave.ts';
import type { Signal, State } from '../predict/state.ts';
import { sketchFor } from './sketch.ts';

/** How one number of one draw of the weights scatters about the wide limit, to first order in 1/width. */
export interface Fluctuation {
  /** Variance from draw to draw; `null` where only the bias is known. */
  readonly variance: number | null;
  /** Mean over draws, less the wide limit. */
  readonly bias: number;
  /** Variance that the examples at hand have in common for all draws. */
  readonly sample: number;
}

/** The fluctuations of one layer, as means over its units and over examples; `null` where there is no analysis. */
export interface LayerFluctuation {
  /** Of the second moment, relative to it. */
  readonly q: Fluctuation | null;
  /** Of the correlation of two inputs, absolute. */
  readonly c: Fluctuation | null;
  /** Of the second moment of the gradient, relative to it. */
  readonly gradient: Fluctuation | null;
}

/** Which measurement is asked about. */
export interface FluctuationOptions {
  /** Second moment of the inputs and correlation of two of them, as for `predict`. */
  readonly q?: number;
  readonly c?: number;
  /** Examples that a draw is averaged over; 2 if not given. */
  readonly examples?: number;
}

/** Values and noises that one value may add. */
const NOISES = 5;

/**
 * How far one draw of a network of finite width lies from its wide limit. Given a layer the units of the next are independent,
 * so that every mean over n units has a noise of relative variance of the order 1/n: `E φ⁴/(E φ²)² - 1` over n of the second
 * moment, less over several inputs. All later layers follow it by the slopes of their maps: `χ_q` of q, that of
 * the correlation map of `1 - c`, 1 of what is homogeneous, 0 of q behind a normalisation. Residual sums keep
 * theirs in proportion. The bends of the maps turn variances into biases. Weights count as independent: orthogonal
 * ones scatter less.
 * Reference: Hanin and Rolnick 2018, arXiv:1803.01719; Roberts et al. 2022, chapter 4, arXiv:2106.10165, for the order
 */
export function fluctuations(
  graph: Graph,
  network: Network,
  laws: Laws,
  { q = 1, c = 0, examples = 2 }: FluctuationOptions = {},
): ReadonlyMap<string, LayerFluctuation> {
  const inputs = new Map(graph.inputs.map((input) => [input.name, inputState(graph, input, q, c)]));
  const states = walkGraph(graph, network, completed(graph, laws), inputs, ruleOf);
  const stored = storedValues(graph);
  const weights = new Map(
    network.layers.flatMap(({ node, parts: [weight] }) => {
      const role = weight?.role ?? 'unknown';
      const isMap = !role.includes('embedding') && !role.startsWith('recurrent');
      return weight !== undefined && isMap ? [[node, weight.shape] as const] : [];
    }),
  );
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const course: Course = {
    graph,
    producer: (value) => producers.get(value),
    kept: keptBy(network, laws),
    states,
    isStored: (value) => stored.has(value),
    weightOf: ({ name }) => weights.get(name) ?? null,
    findings: findingsOf(),
  };
  const count = NOISES * graph.nodes.length;
  const few = [1, 2].map((number) =>
    wavesOf(course, { sketch: sketchFor(count), examples: number, few: null }),
  );
  const pass: Pass = {
    sketch: sketchFor(2 * count),
    examples,
    few: (value, isWhole) => {
      const [one, pair] = few.map((waves) => waves.get(value) ?? null);
      if (one === null || pair === null) return null;
      return { one: covarianceOf(one, isWhole), pair: covarianceOf(pair, isWhole) };
    },
  };
  const waves = wavesOf(course, pass);
  const layers = layerValues(graph);
  const seeds = outputLayers(graph, network, layers);
  const gradients = gradientScatter(course, pass, waves, seeds, examples);
  return new Map(
    layers.map(({ name }): readonly [string, LayerFluctuation] => {
      const state = states.get(name);
      const gradient = gradients.get(name) ?? null;
      const scatter = { gradient: gradient === null ? null : { ...gradient, sample: 0 } };
      const wave = waves.get(name) ?? null;
      if (state?.kind === 'shares') {
        return [name, { ...sharesScatter(course, name, state), ...scatter }];
      }
      if (state?.kind !== 'signal') return [name, { q: null, c: null, ...scatter }];
      if (wave === null) return [name, { ...orderOnly(course, state, examples), ...scatter }];
      return [name, { ...signalScatter(wave, state), ...scatter }];
    }),
  );
}

/** The scatter of q, relative, and of `c = 1 - d/q`. */
function signalScatter(
  wave: Wave,
  state: Signal,
): { readonly q: Fluctuation | null; readonly c: Fluctuation | null } {
  const { q, d } = pairOf(state);
  if (!(q > 0)) return { q: null, c: null };
  const ratio = d / q;
  const toC = { qq: 1 / q, dq: ratio / q, dd: -1 / q };
  const whole = summed([1, wave.kernel], [1, wave.own]);
  const { qq, qd } = covariance(whole);
  const bias = (ratio * wave.bias.q - wave.bias.d) / q + (qd - ratio * qq) / q ** 2;
  return {
    q: {
      variance: qq / q ** 2,
      bias: wave.bias.q / q,
      sample: covariance(wave.lasting).qq / q ** 2,
    },
    c: {
      variance: covariance(mapped(whole, toC)).dd,
      bias,
      sample: covariance(mapped(wave.lasting, toC)).dd,
    },
  };
}

/**
 * Where there is no analysis, what is known by order alone: a bias of 1/units, and of the examples at hand that they
 * are so many numbers.
 */
function orderOnly(
  { graph, states }: Course,
  state: Signal,
  examples: number,
): { readonly q: Fluctuation | null; readonly c: Fluctuation | null } {
  const units = countOf(state.axes, ['unit']);
  if (units === null || !(units > 0)) return { q: null, c: null };
  const hasPlaces = (countOf(state.axes, ['place']) ?? 1) > 1;
  let numbers = Infinity;
  for (const { name } of graph.inputs) {
    const input = states.get(name);
    if (input?.kind !== 'signal') continue;
    numbers = Math.min(numbers, countOf(input.axes, hasPlaces ? ['unit', 'place'] : ['unit']) ?? 1);
  }
  const pairs = (examples * (examples - 1)) / 2;
  return {
    q: { variance: null, bias: 1 / units, sample: 2 / (numbers * examples) },
    c: { variance: null, bias: 1 / units, sample: 1 / (numbers * Math.max(1, pairs)) },
  };
}

/** Of the weights of an attention only the bias is known. */
function sharesScatter(
  course: Course,
  name: string,
  state: Extract<State, { kind: 'shares' }>,
): { readonly q: Fluctuation | null; readonly c: Fluctuation | null } {
  const units = headUnits(course, name);
  if (units === null) return { q: null, c: null };
  const bias = overlapBias(state, units);
  const c = state.overlaps.q > 0 ? state.overlaps.k / state.overlaps.q : 0;
  return {
    q: { variance: null, bias, sample: 0 },
    c: { variance: null, bias: bias * Math.abs(c), sample: 0 },
  };
}

/** The share of inner products that the weights of a node keep, forward or backward. */
function keptBy(network: Network, laws: Laws): Course['kept'] {
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  const layers = new Map(network.layers.map((layer) => [layer.node, layer]));
  const isOrthogonal = (parameter: string, hasTaps: boolean): boolean => {
    const blocks = infos.get(parameter)?.blocks ?? [];
    const all = blocks.length === 0 ? [undefined] : blocks.map(({ name }) => name);
    return all.every((block) => {
      const law = laws(parameter, block);
      // Of a kernel only the centre is a matrix that acts alone.
      return law?.isOrthogonal === true && (!hasTaps || law.centre === true);
    });
  };
  return ({ name }, isBackward) => {
    const layer = layers.get(name);
    const [weight] = layer?.parts ?? [];
    if (layer === undefined || weight === undefined || layer.groups !== 1) return 0;
    const extent = (role: 'in' | 'out'): number =>
      weight.shape.reduce(
        (all, size, axis) => (weight.layout[axis] === role ? all * size : all),
        1,
      );
    const hasTaps =
      weight.shape.reduce((all, size) => all * size, 1) > extent('in') * extent('out');
    if (!weight.pieces.every(({ parameter }) => isOrthogonal(parameter, hasTaps))) return 0;
    const [from, to] = isBackward ? [extent('out'), extent('in')] : [extent('in'), extent('out')];
    return Math.min(1, to / from);
  };
}
