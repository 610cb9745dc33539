import type { Constant, Graph, Node } from '../../graph/index.ts';
import type { LayerPart, LayerParts, Network, ParameterInfo } from '../../network/index.ts';
import { isFloat, sizeOf, stridesOf, toFloat64, type Tensor } from '../../tensor/index.ts';
import { constantMoments } from './moments.ts';
import type { Law, Laws } from './prediction.ts';
import { opened, unknown, type Axes, type State } from './state.ts';

/** A graph on the way through it: what has been found so far, and what the rules may ask. */
export interface Walk {
  readonly graph: Graph;
  readonly producer: ReadonlyMap<string, Node>;
  /** Layers and embeddings by the name of their node. */
  readonly parts: ReadonlyMap<string, LayerParts>;
  /** What is known of a value; stored values are looked at when they are asked for. */
  readonly of: (value: string | undefined) => State;
  /** Whether a value is made of stored tensors alone. */
  readonly isStored: (value: string) => boolean;
  /** The law of a part of a layer, over all blocks that it has elements of. */
  readonly lawOf: (part: LayerPart, box?: Box) => Law;
  /** The law of a stored tensor as a whole. */
  readonly lawOfStored: (name: string) => Law;
}

/** A box of a part: the elements from `start` on. */
export interface Box {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** A rule: what is known of the outputs of a node. */
export type Rule = (walk: Walk, node: Node) => readonly State[];

/** Follows a graph by a rule for its nodes; the laws are those of all stored float tensors. */
export function walkGraph(
  graph: Graph,
  network: Network,
  laws: Laws,
  inputs: ReadonlyMap<string, State>,
  rule: Rule,
): ReadonlyMap<string, State> {
  const producer = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) producer.set(output, node);
  const stored = storedValues(graph);
  const states = new Map<string, State>(inputs);
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  const lawOfStored = (name: string, block?: string): Law => laws(name, block) ?? NOTHING;
  const of = (value: string | undefined): State => {
    if (value === undefined || value === '') return unknown('an input is left out');
    const known = states.get(value);
    if (known !== undefined) return known;
    const constant = graph.constants.get(value);
    const node = producer.get(value);
    if (constant !== undefined) states.set(value, stateOfStored(constant, lawOfStored));
    else if (node !== undefined && stored.has(value)) visit(node);
    return states.get(value) ?? unknown(`${value} comes from outside of the graph`);
  };
  const again = readAgain(network.layers);
  const walk: Walk = {
    graph,
    producer,
    parts: new Map(network.layers.map((layer) => [layer.node, layer])),
    of,
    isStored: (value) => stored.has(value),
    lawOf: (part, box) => {
      const law = averageLaw(part, box, infos, graph, lawOfStored);
      return again.has(part) ? { ...law, caveat: law.caveat ?? AGAIN } : law;
    },
    lawOfStored,
  };
  const visit = (node: Node): void => {
    const found = rule(walk, node);
    for (const [index, output] of node.outputs.entries()) {
      if (output === '') continue;
      states.set(
        output,
        found[index] ?? unknown(`output ${index} of ${node.operator} has no rule`),
      );
    }
  };
  for (const node of graph.nodes) {
    if (!node.outputs.every((output) => stored.has(output))) visit(node);
  }
  return states;
}

const AGAIN = 'weights are used before and taken as drawn anew';

/** The weights of layers that an earlier layer has too. */
function readAgain(layers: readonly LayerParts[]): Set<LayerPart> {
  const again = new Set<LayerPart>();
  const read = new Set<string>();
  for (const { parts } of layers) {
    const weights = parts.filter(({ role }) => role !== 'bias' && role !== 'embedding');
    for (const part of weights) {
      if (part.pieces.some(({ parameter }) => read.has(parameter))) again.add(part);
    }
    for (const { pieces } of weights) for (const { parameter } of pieces) read.add(parameter);
  }
  return again;
}

const NOTHING: Law = { mean: 0, variance: 0, caveat: null };

/** The values of a graph that are stored, or computed from stored ones alone. */
export function storedValues(graph: Graph): ReadonlySet<string> {
  const stored = new Set(graph.constants.keys());
  for (const node of graph.nodes) {
    const holdsGraph = Object.values(node.attributes).some(
      (value) => typeof value === 'object' && 'nodes' in value,
    );
    if (holdsGraph || !node.inputs.every((value) => value === '' || stored.has(value))) continue;
    for (const output of node.outputs) stored.add(output);
  }
  return stored;
}

function stateOfStored(constant: Constant, lawOf: (name: string) => Law): State {
  const axes: Axes = constant.shape.map((size) => ({ kind: 'unit', size }));
  if (!isFloat(constant.dtype)) {
    if (sizeOf(constant.shape) !== 1) return { kind: 'tokens', axes };
    return { kind: 'level', value: Number(constant.read().data[0]), axes };
  }
  const { mean, variance } = lawOf(constant.name);
  if (variance === 0) return { kind: 'level', value: mean, axes };
  const moments = { ...constantMoments(mean), q: mean * mean + variance };
  return opened(constant.name, { ...moments, k: moments.q, p: moments.q, r: moments.q }, axes, {
    isGaussian: true,
  });
}

/** Mean and variance of the elements of a tensor; both 0 where it is empty or not of floats. */
export function lawOfTensor(tensor: Tensor): Law {
  if (!isFloat(tensor.dtype) || sizeOf(tensor.shape) === 0) return NOTHING;
  const { data } = tensor;
  const isPlain = data instanceof Float32Array || data instanceof Float64Array;
  const values = isPlain ? data : toFloat64(tensor);
  let mean = 0;
  for (const value of values) mean += value;
  mean /= values.length;
  // Of -∞ everywhere, as masks are filled with, no difference can be taken.
  if (!Number.isFinite(mean) && values.every((value) => value === values[0])) {
    return { mean: values[0], variance: 0, caveat: null };
  }
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2;
  return { mean, variance: variance / values.length, caveat: null };
}

/** Elements along one axis of a part that are looked at to find the blocks that it shows. */
const LOOKS = 16;

/** The law of the elements of a part: of the blocks that it shows, by how much it shows of each. */
function averageLaw(
  part: LayerPart,
  box: Box | undefined,
  infos: ReadonlyMap<string, ParameterInfo>,
  graph: Graph,
  lawOf: (name: string, block?: string) => Law,
): Law {
  let weight = 0;
  let mean = 0;
  let square = 0;
  let caveat: string | null = null;
  let isCentre = true;
  const add = (law: Law, share: number): void => {
    isCentre &&= law.centre === true;
    weight += share;
    mean += share * law.mean;
    square += share * (law.variance + law.mean ** 2);
    caveat ??= law.caveat;
  };
  for (const piece of part.pieces) {
    const low = piece.at.map((at, axis) => Math.max(at, box?.start[axis] ?? 0));
    const size = piece.at.map((at, axis) => {
      const end = box === undefined ? Infinity : box.start[axis] + box.shape[axis];
      return Math.min(at + piece.extent[axis], end) - low[axis];
    });
    if (size.some((extent) => extent <= 0)) continue;
    const blocks = infos.get(piece.parameter)?.blocks ?? [];
    if (blocks.length === 0) {
      add(lawOf(piece.parameter), sizeOf(size));
      continue;
    }
    const own = stridesOf(graph.constants.get(piece.parameter)?.shape ?? []);
    const looks = size.map((extent) => Math.min(LOOKS, extent));
    const count = sizeOf(looks);
    for (let look = 0; look < count; look++) {
      let rest = look;
      let offset = piece.offset;
      for (let axis = looks.length - 1; axis >= 0; axis--) {
        const step = rest % looks[axis];
        rest = Math.floor(rest / looks[axis]);
        const index = Math.floor(((step + 0.5) * size[axis]) / looks[axis]);
        offset += (low[axis] - piece.at[axis] + index) * piece.strides[axis];
      }
      const at = own.map((stride) => {
        const index = Math.floor(offset / stride);
        offset -= index * stride;
        return index;
      });
      const block = blocks.find(({ start, shape }) =>
        at.every((index, axis) => index >= start[axis] && index < start[axis] + shape[axis]),
      );
      add(lawOf(piece.parameter, block?.name), sizeOf(size) / count);
    }
  }
  if (weight === 0) return NOTHING;
  mean /= weight;
  const law = { mean, variance: Math.max(0, square / weight - mean ** 2), caveat };
  return isCentre ? { ...law, centre: true } : law;
}
