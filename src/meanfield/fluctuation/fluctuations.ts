import type { Graph } from '../../graph/index.ts';
import { layerValues, outputLayers, type Network } from '../../network/index.ts';
import type { Laws } from '../predict/prediction.ts';
import { completed, inputState } from '../predict/predict.ts';
import { ruleOf } from '../predict/rules.ts';
import { storedValues, walkGraph } from '../predict/walk.ts';
import { gradientScatter } from './backward.ts';
import { covarianceOf, findingsOf, wavesOf, type Course, type Pass } from './forward.ts';
import { combined, product, sketchFor } from './sketch.ts';

/** How one number of one draw of the weights scatters about the wide limit, to first order in 1/width. */
export interface Fluctuation {
  /** Variance from draw to draw. */
  readonly variance: number;
  /** Mean over draws, less the wide limit. */
  readonly bias: number;
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
  const weighted = new Set(
    network.layers
      .filter(({ parts }) => {
        const role = parts[0]?.role ?? 'unknown';
        return !role.includes('embedding') && !role.startsWith('recurrent');
      })
      .map(({ node }) => node),
  );
  const course: Course = {
    graph,
    states,
    isStored: (value) => stored.has(value),
    isLinear: ({ name }) => weighted.has(name),
    findings: findingsOf(),
  };
  const count = NOISES * graph.nodes.length;
  const singlePass: Pass = { sketch: sketchFor(count), examples: 1, singles: null };
  const single = wavesOf(course, singlePass);
  const pass: Pass = {
    sketch: sketchFor(2 * count),
    examples,
    singles: (value, isWhole) => {
      const wave = single.get(value);
      return wave === null || wave === undefined ? null : covarianceOf(wave, isWhole);
    },
  };
  const waves = wavesOf(course, pass);
  const layers = layerValues(graph);
  const seeds = outputLayers(graph, network, layers);
  const gradients = gradientScatter(course, pass, waves, seeds, examples);
  return new Map(
    layers.map(({ name }): readonly [string, LayerFluctuation] => {
      const state = states.get(name);
      const wave = waves.get(name) ?? null;
      const gradient = gradients.get(name) ?? null;
      if (state?.kind !== 'signal' || wave === null) return [name, { q: null, c: null, gradient }];
      const { q: size, k } = state.moments();
      if (!(size > 0)) return [name, { q: null, c: null, gradient }];
      const d = Math.max(0, size - k);
      const { qq, qd } = covarianceOf(wave, true);
      const apart = combined(
        [1 / size, wave.kernel.d],
        [1 / size, wave.own.d],
        [-d / size ** 2, wave.kernel.q],
        [-d / size ** 2, wave.own.q],
      );
      const bias =
        wave.bias.d / size - (d * wave.bias.q) / size ** 2 - qd / size ** 2 + (d * qq) / size ** 3;
      return [
        name,
        {
          q: { variance: qq / size ** 2, bias: wave.bias.q / size },
          c: { variance: product(apart, apart), bias: -bias },
          gradient,
        },
      ];
    }),
  );
}
