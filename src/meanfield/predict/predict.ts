import type { Graph } from '../../graph/index.ts';
import {
  layerValues,
  outputLayers,
  type LayerKind,
  type LayerValue,
  type Network,
} from '../../network/index.ts';
import { isFloat } from '../../tensor/index.ts';
import { gradientsOf } from './backward.ts';
import { bottlenecksOf } from './bottlenecks.ts';
import { countOf } from './axes.ts';
import { constantMoments, type Moments } from './moments.ts';
import type { Law, Laws, PredictedLayer, Prediction } from './prediction.ts';
import { ruleOf } from './rules.ts';
import { opened, slopeOf, type Axis, type Signal, type State } from './state.ts';
import { verdictOf, type Row } from './verdict.ts';
import { lawOfTensor, walkGraph } from './walk.ts';

/** How a prediction starts. */
export interface PredictOptions {
  /** What the network is called. */
  readonly model: string;
  /** Second moment of the inputs; 1 if not given. */
  readonly q?: number;
  /** Correlation of two inputs, from -1 to 1; 0 if not given. */
  readonly c?: number;
}

/**
 * What a network does to signal and gradient in the wide limit, its stored tensors being drawn by these
 * laws (those that have none are taken as they are stored): inputs of second moment `q` whose positions
 * are independent, two of them with correlation `c`. Images of open size are 32 wide, sequences 16 long.
 * `RangeError` for a `q` that is not positive and a `c` beyond ±1.
 */
export function predict(
  graph: Graph,
  network: Network,
  laws: Laws,
  options: PredictOptions,
): Prediction {
  const { q = 1, c = 0, model } = options;
  if (!(q > 0 && q < Infinity)) {
    throw new RangeError(`predict: q must be positive and finite, got ${q}`);
  }
  if (!(c >= -1 && c <= 1)) {
    throw new RangeError(`predict: c must be a correlation from -1 to 1, got ${c}`);
  }
  const all = completed(graph, laws);
  const rows = rowsOf(graph, network, all, q, c);
  const found = verdictOf(rows, network, (factor) =>
    rowsOf(graph, network, scaledLaws(network, all, factor), q, c),
  );
  return { version: 1, model, layers: rows.map(layerOf), depth: network.depth, ...found };
}

function layerOf(row: Row): PredictedLayer {
  const { name, op, q, mean, c, gradient, chi, known, note } = row;
  return { name, op, q, mean, c, gradient, chi, known, note };
}

const finite = (value: number | null | undefined): number | null =>
  value !== undefined && value !== null && Number.isFinite(value) ? value : null;

function rowsOf(graph: Graph, network: Network, laws: Laws, q: number, c: number): readonly Row[] {
  const inputs = new Map(graph.inputs.map((input) => [input.name, inputState(graph, input, q, c)]));
  const states = walkGraph(graph, network, laws, inputs, ruleOf);
  const layers = layerValues(graph);
  const seeds = outputLayers(graph, network, layers);
  const gradients = gradientsOf(graph, states, seeds);
  const narrow = bottlenecksOf(graph, seeds);
  return layers.map((layer) =>
    rowOf(layer, states.get(layer.name), gradients.get(layer.name), narrow.has(layer.name)),
  );
}

function rowOf(
  layer: LayerValue,
  state: State | undefined,
  gradient: number | undefined,
  isPassedByAll: boolean,
): Row {
  const { name, op, kind } = layer;
  const nothing = { name, op, kind, q: null, mean: null, c: null, elements: null, isPassedByAll };
  if (state === undefined || state.kind === 'unknown' || state.kind === 'tokens') {
    const note = state?.kind === 'unknown' ? state.reason : 'it is not reached';
    return { ...nothing, gradient: finite(gradient), chi: null, known: false, note };
  }
  const moments =
    state.kind === 'signal'
      ? state.moments()
      : state.kind === 'level'
        ? constantMoments(state.value)
        : state.kind === 'scores'
          ? state.moments
          : sharesMoments(state);
  if (!Number.isFinite(moments.q)) {
    const note = `its second moment is not finite: too large, or its function is not defined everywhere`;
    return { ...nothing, gradient: finite(gradient), chi: null, known: false, note };
  }
  const isSignal = state.kind === 'signal';
  return {
    name,
    op,
    kind,
    q: moments.q,
    mean: rounded(moments.mean, Math.sqrt(moments.q)),
    c: moments.q > 0 ? rounded(Math.min(1, Math.max(-1, moments.k / moments.q)), 1) : null,
    gradient: finite(gradient),
    chi: isSignal ? finite(chiOf(state, kind)) : null,
    known: true,
    note: isSignal ? state.note : state.kind === 'shares' ? SOFTMAX : null,
    elements: countOf(state.axes, ['unit', 'place', 'key']),
    isPassedByAll,
  };
}

/** Zero where a number is but the rounding of a sum of this size. */
const rounded = (value: number, size: number): number =>
  Math.abs(value) < 1e-14 * size ? 0 : value;

const SOFTMAX = 'its scores are taken as Gaussian';

/** Second moments of one share: of n shares the sum is 1. */
function sharesMoments({ overlaps, keys, axes }: Extract<State, { kind: 'shares' }>): Moments {
  const inverse = 1 / (axes?.at(-1)?.size ?? keys);
  const { q, k, p, r } = overlaps;
  return { mean: inverse, q: q * inverse, k: k * inverse, p: p * inverse, r: r * inverse };
}

function chiOf(signal: Signal, kind: LayerKind): number | null {
  if (kind === 'sum' || kind === 'embedding') return null;
  if (kind === 'activation') return slopeOf(signal);
  return signal.chi;
}

/** What flows in: unit numbers, tokens, or a mask that lets everything through. */
export function inputState(
  graph: Graph,
  { name, dtype, shape }: Graph['inputs'][number],
  q: number,
  c: number,
): State {
  const axes =
    shape === null ? null : inputAxes(graph, name, shape, dtype === null || isFloat(dtype));
  if (/mask/i.test(name)) return { kind: 'level', value: 1, axes };
  if (dtype !== null && !isFloat(dtype)) return { kind: 'tokens', axes };
  const moments = { ...constantMoments(0), q, k: c * q };
  const hasPlaces = axes === null || axes.some(({ kind }) => kind === 'place');
  return opened(name, hasPlaces ? moments : { ...moments, p: q, r: c * q }, axes, {
    isGaussian: true,
  });
}

/** Height, width and depth of images and steps of sequences that the file leaves open. */
const USUAL_IMAGE = 32;
const USUAL_SEQUENCE = 16;

function inputAxes(
  graph: Graph,
  name: string,
  shape: readonly (number | string | null)[],
  isDense: boolean,
): readonly Axis[] {
  const rank = shape.length;
  const isImage =
    rank >= 4 ||
    graph.nodes.some(
      ({ operator, inputs }) =>
        inputs[0] === name && (operator.includes('Conv') || operator === 'Pad'),
    );
  const unitAxis = isImage ? 1 : rank - 1;
  return shape.map((extent, axis): Axis => {
    const size = typeof extent === 'number' ? extent : null;
    if (axis === 0 && (rank > 1 || !isDense)) return { kind: 'batch', size };
    if (isDense && axis === unitAxis) return { kind: 'unit', size };
    return { kind: 'place', size: size ?? (isImage ? USUAL_IMAGE : USUAL_SEQUENCE) };
  });
}

/** The laws, for tensors that have none those of what is stored, each read once. */
export function completed(graph: Graph, laws: Laws): Laws {
  const stored = new Map<string, Law | null>();
  return (parameter, block) => {
    const given = laws(parameter, block);
    if (given !== null) return given;
    const known = stored.get(parameter);
    if (known !== undefined) return known;
    const constant = graph.constants.get(parameter);
    const law = constant === undefined ? null : lawOfTensor(constant.read());
    stored.set(parameter, law);
    return law;
  };
}

/** The laws with the weights of all hidden layers times a factor. */
function scaledLaws(network: Network, laws: Laws, factor: number): Laws {
  const hidden = new Set(
    network.parameters
      .filter(
        ({ position, layout }) => position !== null && position !== 'head' && layout.length > 0,
      )
      .map(({ name }) => name),
  );
  return (parameter, block) => {
    const law = laws(parameter, block);
    if (law === null || !hidden.has(parameter)) return law;
    return { ...law, mean: factor * law.mean, variance: factor ** 2 * law.variance };
  };
}
