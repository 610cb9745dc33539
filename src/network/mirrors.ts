import { numberAttribute, type Node } from '../graph/index.ts';
import {
  extentsOf,
  inputsPerChannel,
  moved,
  outputChannels,
  weightOf,
  type Channels,
} from './channels.ts';
import type { ElementwiseMap } from './elementwise.ts';
import type { Layer } from './layer.ts';
import {
  fixedPairs,
  halfOf,
  join,
  pairsMadeBy,
  read,
  unpairable,
  wholeOf,
  type Pairs,
} from './pairs.ts';
import type { Mirror, Mirrors } from './parameter.ts';
import { isAffine } from './sites.ts';
import { dataInputs, type Wiring } from './wiring.ts';

/**
 * A value as a function of the network's inputs, once the weights are mirrored: linear in them, two
 * halves whose difference is linear, or neither, and why. `pairs` are the channels that are (of a linear
 * value, could be) each other's mirror image.
 */
type Signal =
  | { readonly kind: 'linear'; readonly channels: Channels | null; readonly pairs: Pairs | null }
  | {
      readonly kind: 'halves';
      readonly channels: Channels;
      readonly pairs: Pairs;
      /** The difference of the halves over what went into the activation. */
      readonly slope: number;
    }
  | { readonly kind: 'lost'; readonly sentence: string };

/** A value that is not lost. */
type Known = Exclude<Signal, { readonly kind: 'lost' }>;

const lost = (node: Node, sentence: string): Signal => ({
  kind: 'lost',
  sentence: `what stands between layers must be linear or keep mirrored halves, got ${node.name} (${node.operator}), which ${sentence}`,
});

/** Everything found so far. */
interface Walk {
  readonly wiring: Wiring;
  readonly maps: ReadonlyMap<string, ElementwiseMap>;
  readonly layerOf: ReadonlyMap<Node, Layer>;
  readonly signals: Map<string, Signal>;
}

/** A layer with what is known of the values around it. */
interface Found {
  readonly layer: Layer;
  readonly parameter: string;
  readonly before: { readonly pairs: Pairs; readonly each: number; readonly slope: number } | null;
  readonly behind: Pairs;
}

const INPUT: Signal = { kind: 'linear', channels: null, pairs: null };

/**
 * Which weights have to be mirrored, over their inputs and over their outputs, so that the network looks
 * linear: behind an activation φ with `φ(x) - φ(-x) = slope · x` (ReLU and its leaky kin, GELU, SiLU,
 * softplus), a weight `[Ω, -Ω]` gives back what went in, if the channels come in pairs `x`, `-x`. They do
 * so behind a concatenation of `φ(x)` and `φ(-x)`, and behind a layer whose outputs are mirrored too. Pairs
 * are followed through pooling, flattening, sums and concatenations.
 * Reference: Balduzzi et al. 2017, arXiv:1702.08591
 */
export function findMirrors(
  wiring: Wiring,
  maps: ReadonlyMap<string, ElementwiseMap>,
  layerOf: ReadonlyMap<Node, Layer>,
): Mirrors {
  const walk: Walk = { wiring, maps, layerOf, signals: new Map() };
  const found: Found[] = [];
  let problem: string | null = null;
  let isAdditive = true;
  for (const node of wiring.graph.nodes) {
    const [output] = node.outputs;
    if (output === undefined || !wiring.isData(output)) continue;
    const layer = layerOf.get(node);
    if (layer === undefined) {
      isAdditive &&= !node.operator.endsWith('MaxPool');
      for (const name of node.outputs)
        if (name !== '') walk.signals.set(name, signalOf(walk, node));
      continue;
    }
    const taken = layerSignal(walk, layer);
    if (typeof taken === 'string') problem ??= taken;
    else found.push(taken.found);
    for (const name of node.outputs) {
      walk.signals.set(
        name,
        typeof taken === 'string' ? { kind: 'lost', sentence: taken } : taken.signal,
      );
    }
  }
  problem ??= oddLayer(found);
  if (problem !== null) return { layers: [], isAdditive, problem };
  const layers = found.map(mirrorOf);
  return { layers, isAdditive, problem: disagreement(layers) };
}

function signalAt({ signals }: Walk, value: string): Signal {
  return signals.get(value) ?? INPUT;
}

/** What a layer makes of its input; a sentence where it cannot be. */
function layerSignal(walk: Walk, layer: Layer): { found: Found; signal: Signal } | string {
  const { node } = layer;
  const operand = weightOf(layer);
  const input = signalAt(walk, layer.input);
  const where = `${node.name} (${node.operator})`;
  if (operand === null) return `every layer must be a product with one weight, got ${where}`;
  if (operand.view.pieces.length !== 1 || !operand.layout.includes('out')) {
    return `the weight of ${where} must be one stored tensor, got ${operand.view.pieces.length} parts`;
  }
  if (input.kind === 'lost') return input.sentence;
  const channels = outputChannels(walk.wiring, layer, operand, input.channels);
  const { outputs } = extentsOf(operand);
  const behind = pairsMadeBy(where, outputs);
  const signal: Signal = { kind: 'linear', channels, pairs: behind };
  const { parameter } = operand.view.pieces[0];
  if (input.kind === 'linear') {
    return { found: { layer, parameter, before: null, behind }, signal };
  }
  const each = inputsPerChannel(layer, operand, input.channels);
  if (each === null) return `${where} must read the channels of an activation apart, got a mixture`;
  read(input.pairs, where, extentsOf(operand).inputs / each);
  const inRow = input.channels.positions === 'before' ? 1 : each;
  const before = { pairs: input.pairs, each: inRow, slope: input.slope };
  return { found: { layer, parameter, before, behind }, signal };
}

/** What a node that is no layer makes of the values it reads. */
function signalOf(walk: Walk, node: Node): Signal {
  const { maps, wiring } = walk;
  const map = maps.get(node.outputs[0]);
  if (map !== undefined) return activated(walk, node, map);
  const data = dataInputs(wiring, node);
  const signals = data.map((value) => signalAt(walk, value));
  const broken = signals.find(({ kind }) => kind === 'lost');
  if (broken !== undefined) return broken;
  switch (node.operator) {
    case 'Add':
    case 'Sum':
      return added(node, signals, node.inputs.length - data.length);
    case 'Sub':
      return data.length === 1 ? added(node, signals, 1) : sumless(node, signals);
    case 'Mul':
    case 'Div':
      return scaled(node, signals, data);
    case 'Concat':
      return concatenated(walk, node, signals);
    case 'Gather':
      return signalAt(walk, node.inputs[0]).kind === 'halves'
        ? gathered(walk, node)
        : followed(walk, node, signals);
    default:
      return followed(walk, node, signals);
  }
}

const mixed = (node: Node, { kind }: Signal): Signal =>
  lost(
    node,
    kind === 'halves'
      ? 'does not keep the halves of its channels apart'
      : 'is not linear in its input',
  );

/** The difference of `φ(x)` and `φ(-x)` over x from samples of φ, `null` where it is not linear in x. */
function oddSlope(samples: Float64Array): number | null {
  const odd = samples.map((value, i) => value - samples[samples.length - 1 - i]);
  const slope = odd[odd.length - 1] / 8;
  return isAffine(odd) && Math.abs(slope) > 1e-6 ? slope : null;
}

function activated(walk: Walk, node: Node, { source, samples }: ElementwiseMap): Signal {
  const signal = signalAt(walk, source);
  if (signal.kind === 'lost') return signal;
  if (isAffine(samples)) {
    const slope = (samples[samples.length - 1] - samples[0]) / 16;
    return signal.kind === 'halves' ? { ...signal, slope: signal.slope * slope } : signal;
  }
  if (signal.kind === 'halves') return lost(node, 'is an activation of an activation');
  const slope = oddSlope(samples);
  if (slope === null) {
    return lost(node, 'is an activation φ for which φ(x) - φ(-x) is not linear in x');
  }
  const { channels, pairs } = signal;
  if (channels === null || pairs === null) {
    return lost(node, 'activates what no layer makes, so it has no mirrored halves');
  }
  return { kind: 'halves', channels, pairs, slope };
}

/** Sums: of linear values, mirrored alike; of halves of one slope; a stored vector is a bias, which is 0. */
function added(node: Node, signals: readonly Signal[], stored: number): Signal {
  const [first, ...rest] = signals;
  if (first.kind === 'halves' && stored > 0) return lost(node, 'adds a stored vector to halves');
  let sum = first;
  for (const term of rest) sum = sumOf(node, sum, term);
  return sum;
}

function sumOf(node: Node, left: Signal, right: Signal): Signal {
  if (left.kind === 'lost' || right.kind === 'lost') return left.kind === 'lost' ? left : right;
  const isAlike = alike(left.channels, right.channels);
  if (left.kind === 'halves' && right.kind === 'halves') {
    const isOne = isAlike && left.slope === right.slope && join(left.pairs, right.pairs);
    return isOne ? left : lost(node, 'adds halves that differ');
  }
  if (left.kind === 'halves' || right.kind === 'halves') {
    return lost(node, 'adds halves to a value that has none');
  }
  const { pairs } = left;
  const isOne = pairs !== null && right.pairs !== null && isAlike && join(pairs, right.pairs);
  const channels = left.channels ?? right.channels;
  return { kind: 'linear', channels, pairs: isOne ? pairs : null };
}

/** A difference of two linear values is linear, but the mirror images of its channels are not followed. */
function sumless(node: Node, signals: readonly Signal[]): Signal {
  const [left, right] = signals;
  return left.kind === 'linear' && right?.kind === 'linear'
    ? { kind: 'linear', channels: left.channels, pairs: null }
    : lost(node, 'takes halves from a value');
}

function scaled(node: Node, signals: readonly Signal[], data: readonly string[]): Signal {
  const [signal] = signals;
  if (data.length !== 1 || signal.kind !== 'linear') {
    return lost(node, data.length === 1 ? 'scales halves one by one' : 'multiplies two values');
  }
  return { ...signal, pairs: null };
}

function alike(a: Channels | null, b: Channels | null): boolean {
  return (
    a !== null &&
    b !== null &&
    a.axis === b.axis &&
    a.count === b.count &&
    a.positions === b.positions
  );
}

/** A concatenation along the channels: of `x` and `-x`, of `φ(x)` and `φ(-x)`, or of values with halves. */
function concatenated(walk: Walk, node: Node, signals: readonly Signal[]): Signal {
  const [first] = signals;
  if (first.kind === 'lost') return first;
  const { channels } = first;
  const given = numberAttribute(node, 'axis', 0);
  const isWhole = signals.length === node.inputs.length;
  if (channels === null || !isWhole || !isAxis(channels, given)) {
    const isLinear = signals.every(({ kind }) => kind === 'linear');
    return isLinear ? INPUT : lost(node, 'does not keep the halves of its channels apart');
  }
  const opposite = oppositeOf(walk, node);
  if (opposite !== null) {
    const pairs = fixedPairs(channels.count);
    const both = { ...channels, count: 2 * channels.count };
    return opposite.slope === null
      ? { kind: 'linear', channels: both, pairs }
      : { kind: 'halves', channels: both, pairs, slope: opposite.slope };
  }
  return joined(node, first, signals);
}

function isAxis({ axis, rank }: Channels, given: number): boolean {
  return given === axis || (rank !== null && given === axis - rank);
}

/** Values with pairs, one after the other along their channels. */
function joined(node: Node, first: Known, signals: readonly Signal[]): Signal {
  let count = 0;
  let { pairs } = first;
  for (const signal of signals) {
    if (signal.kind === 'lost') return signal;
    const { channels } = signal;
    if (signal.kind !== first.kind || channels === null || first.channels === null) {
      return lost(node, 'joins halves to a value that has none');
    }
    const isAlike = alike({ ...channels, count: first.channels.count }, first.channels);
    const isOne = pairs !== null && signal.pairs !== null && isAlike && join(pairs, signal.pairs);
    if (!isOne || channels.positions !== 'apart') pairs = null;
    if (signal.kind === 'halves' && first.kind === 'halves') {
      if (pairs === null || signal.slope !== first.slope) {
        return lost(node, 'joins halves that differ');
      }
    }
    count += channels.count;
  }
  if (first.channels === null) return INPUT;
  const channels = { ...first.channels, count };
  return first.kind === 'linear' || pairs === null
    ? { kind: 'linear', channels, pairs }
    : { ...first, channels, pairs };
}

/** Whether the two inputs of a node are `φ(x)` and `φ(-x)` of a linear x; `slope` is `null` if φ is linear. */
function oppositeOf(walk: Walk, node: Node): { readonly slope: number | null } | null {
  const { maps } = walk;
  if (node.inputs.length !== 2) return null;
  const [left, right] = node.inputs.map((value) => maps.get(value));
  if (right === undefined) return null;
  const source = left?.source ?? node.inputs[0];
  if (source !== right.source || signalAt(walk, source).kind !== 'linear') return null;
  const { length } = right.samples;
  const at = (i: number): number => left?.samples[i] ?? (i - (length - 1) / 2) / 16;
  const reversed = right.samples.every((value, i) => Math.abs(value - at(length - 1 - i)) <= 1e-9);
  if (!reversed) return null;
  const samples = right.samples.map((_, i) => at(i));
  if (isAffine(samples)) return { slope: null };
  const slope = oddSlope(samples);
  return slope === null ? null : { slope };
}

/** Channels in another order, which has to keep pairs in blocks. */
function gathered(walk: Walk, node: Node): Signal {
  const signal = signalAt(walk, node.inputs[0]);
  const indices = walk.wiring.graph.constants.get(node.inputs[1]);
  if (signal.kind !== 'halves' || indices === undefined) return mixed(node, signal);
  const { fixed } = wholeOf(signal.pairs);
  if (fixed === null) return mixed(node, signal);
  const { count } = signal.channels;
  const isTheirs = isAxis(signal.channels, numberAttribute(node, 'axis', 0));
  const order = isTheirs ? Array.from(indices.read().data, Number) : [];
  if (order.length !== count || indices.shape.length !== 1) return mixed(node, signal);
  const imageOf = (channel: number): number =>
    channel % (2 * fixed) < fixed ? channel + fixed : channel - fixed;
  const half = order.indexOf(imageOf(order[0]));
  const keeps = order.every((channel, i) => {
    const image = i % (2 * half) < half ? i + half : i - half;
    const isFirst = (c: number): boolean => c % (2 * fixed) < fixed;
    return order[image] === imageOf(channel) && isFirst(channel) === i % (2 * half) < half;
  });
  if (half < 1 || !keeps) return mixed(node, signal);
  return { ...signal, pairs: fixedPairs(half) };
}

/** What a node makes of its one input. */
function followed(walk: Walk, node: Node, [signal, ...more]: readonly Signal[]): Signal {
  if (signal === undefined || signal.kind === 'lost') return signal ?? INPUT;
  const after = signal.channels === null ? null : moved(walk.wiring, node, signal.channels);
  if (after !== null && more.length === 0) return { ...signal, channels: after };
  const isLinear = signal.kind === 'linear' && LINEAR.has(node.operator) && more.length === 0;
  return isLinear ? INPUT : mixed(node, signal);
}

/** Operators that are linear in their one data input, whatever they do to its channels. */
const LINEAR = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'Pad',
  'AveragePool',
  'GlobalAveragePool',
  'ReduceMean',
  'ReduceSum',
  'BatchNormalization',
  'Expand',
  'Tile',
]);

/** What is wrong with the first pairs that are needed and cannot be. */
function oddLayer(found: readonly Found[]): string | null {
  for (const { before } of found) {
    const problem = before === null ? null : unpairable(before.pairs);
    if (problem !== null) return problem;
  }
  return null;
}

function mirrorOf({ layer, parameter, before, behind }: Found): Mirror {
  return {
    parameter,
    node: layer.node.name,
    halfIn: before === null ? null : halfOf(before.pairs) * before.each,
    halfOut: wholeOf(behind).isRead ? halfOf(behind) : null,
    slope: before?.slope ?? 1,
  };
}

/** Two uses of one weight have to mirror it alike. */
function disagreement(layers: readonly Mirror[]): string | null {
  const known = new Map<string, Mirror>();
  for (const layer of layers) {
    const other = known.get(layer.parameter);
    known.set(layer.parameter, layer);
    if (other === undefined) continue;
    const isAlike =
      other.halfIn === layer.halfIn &&
      other.halfOut === layer.halfOut &&
      other.slope === layer.slope;
    if (!isAlike) {
      return `${layer.parameter} must be mirrored alike in ${other.node} and ${layer.node}, which share it`;
    }
  }
  return null;
}
