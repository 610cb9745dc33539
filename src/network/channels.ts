import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { integersOf, storedIntegers } from './integers.ts';
import type { Layer, Operand } from './layer.ts';
import type { Wiring } from './wiring.ts';

/** Where the channels of a value stand. */
export interface Channels {
  /** The axis along which they run; -1 is the last one of a value whose rank is not known. */
  readonly axis: number;
  readonly rank: number | null;
  readonly count: number;
  /**
   * Whether the positions have axes of their own, or have joined that of the channels: `behind` them, all
   * positions of a channel in a row, or `before` them, all channels of a position in a row.
   */
  readonly positions: 'apart' | 'behind' | 'before';
}

const CONVOLUTIONS = new Set(['Conv', 'FusedConv', 'ConvTranspose']);
const PRODUCTS = new Set(['Gemm', 'FusedGemm', 'MatMul', 'FusedMatMul']);

/** The one weight of a layer that is a matrix product or a convolution, or `null`. */
export function weightOf(layer: Layer): Operand | null {
  const [operand] = layer.operands;
  const { operator } = layer.node;
  if (layer.operands.length !== 1) return null;
  if (CONVOLUTIONS.has(operator)) return operand;
  const isMatrix = operand.view.shape.length === 2 && layer.node.inputs[0] === layer.input;
  return PRODUCTS.has(operator) && isMatrix && numberAttribute(layer.node, 'transA', 0) === 0
    ? operand
    : null;
}

/** The outputs of one group of a layer's weight and its inputs, and the number of groups. */
export interface Extents {
  readonly outputs: number;
  readonly inputs: number;
  readonly groups: number;
}

/** The extents of a layer's weight. */
export function extentsOf({ layout, groups, view }: Operand): Extents {
  const extent = (role: 'in' | 'out'): number => view.shape[layout.indexOf(role)];
  const isTransposed = layout[0] === 'in' && layout.includes('kernel');
  return {
    outputs: isTransposed ? extent('out') : extent('out') / groups,
    inputs: isTransposed ? extent('in') / groups : extent('in'),
    groups,
  };
}

/** The channels of what a layer with this weight makes of a value, whose channels may be known. */
export function outputChannels(
  wiring: Wiring,
  layer: Layer,
  operand: Operand,
  input: Channels | null,
): Channels {
  const { outputs, groups } = extentsOf(operand);
  const count = outputs * groups;
  if (CONVOLUTIONS.has(layer.node.operator)) {
    return { axis: 1, rank: operand.view.shape.length, count, positions: 'apart' };
  }
  const rank = layer.node.operator.includes('Gemm')
    ? 2
    : (rankOf(wiring, layer.node.outputs[0]) ?? input?.rank ?? rankOf(wiring, layer.input));
  return { axis: rank === null ? -1 : rank - 1, rank, count, positions: 'apart' };
}

/** How many inputs of a layer's weight are one channel; `null` where its inputs are no channels. */
export function inputsPerChannel(
  layer: Layer,
  operand: Operand,
  { axis, rank, count, positions }: Channels,
): number | null {
  const { inputs, groups } = extentsOf(operand);
  const isConvolution = CONVOLUTIONS.has(layer.node.operator);
  const isTheirs = isConvolution
    ? axis === 1 && rank === operand.view.shape.length
    : axis === -1 || axis === (rank ?? 0) - 1;
  if (!isTheirs) return null;
  const each = (inputs * groups) / count;
  return (positions === 'apart' ? each === 1 : Number.isInteger(each)) ? each : null;
}

/** Operators that look at each position or channel alone, or at neighbours in space. */
const STAYS = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'BatchNormalization',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Resize',
  'Upsample',
]);

/** Where the channels of a node's first input stand in its output; `null` where they do not stay apart. */
export function moved(wiring: Wiring, node: Node, channels: Channels): Channels | null {
  const { axis, rank } = channels;
  if (node.domain !== '') return null;
  if (STAYS.has(node.operator)) return axis === 1 || !SPATIAL.has(node.operator) ? channels : null;
  switch (node.operator) {
    case 'Transpose':
      return transposed(node, channels);
    case 'Flatten':
      return numberAttribute(node, 'axis', 1) === 1 ? flattened(channels) : null;
    case 'Reshape':
      return reshaped(wiring, node, channels);
    case 'Squeeze':
    case 'Unsqueeze': {
      const axes = numbersAttribute(node, 'axes') ?? storedIntegers(wiring, node.inputs[1]);
      if (rank === null || axes === null) return null;
      const by = node.operator === 'Squeeze' ? -axes.length : axes.length;
      const behind = axes.every((at) => (at < 0 ? at + Math.max(rank, rank + by) : at) > axis);
      return behind ? { ...channels, rank: rank + by } : null;
    }
    case 'ReduceMean':
    case 'ReduceSum': {
      const axes = numbersAttribute(node, 'axes') ?? storedIntegers(wiring, node.inputs[1]);
      if (rank === null || axes === null) return null;
      if (!axes.every((at) => (at < 0 ? at + rank : at) > axis)) return null;
      const stays = numberAttribute(node, 'keepdims', 1) === 1;
      return { ...channels, rank: stays ? rank : rank - axes.length };
    }
    case 'Pad': {
      const pads = numbersAttribute(node, 'pads') ?? storedIntegers(wiring, node.inputs[1]);
      if (rank === null || pads === null || node.inputs.length > 3) return null;
      return pads[axis] === 0 && pads[axis + rank] === 0 ? channels : null;
    }
    default:
      return null;
  }
}

const SPATIAL = new Set([
  'BatchNormalization',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
]);

function transposed(node: Node, channels: Channels): Channels | null {
  const permutation = numbersAttribute(node, 'perm');
  const { axis, rank } = channels;
  if (permutation === null) return rank === null ? null : { ...channels, axis: rank - 1 - axis };
  const from = axis === -1 ? permutation.length - 1 : axis;
  return { ...channels, axis: permutation.indexOf(from), rank: permutation.length };
}

/** All axes but the batch joined: channels that were first then have their positions behind them. */
function flattened(channels: Channels): Channels | null {
  const { axis, rank, positions } = channels;
  if (rank === null || axis < 1) return null;
  if (rank === 2) return channels;
  const isLast = axis === rank - 1;
  if (positions !== 'apart' || (axis !== 1 && !isLast)) return null;
  return { ...channels, axis: 1, rank: 2, positions: axis === 1 ? 'behind' : 'before' };
}

/** Of shapes that are written down: `[batch, all the rest]`, or one that leaves the channels where they are. */
function reshaped(wiring: Wiring, node: Node, channels: Channels): Channels | null {
  const shape = shapeEntries(wiring, node.inputs[1]);
  const { axis, rank, count, positions } = channels;
  if (shape === null || shape.length < 2) return null;
  const isApart = positions === 'apart';
  const isLast = axis === -1 || (rank !== null && axis === rank - 1);
  const [batch, next] = shape;
  if (shape.length === 2 && rank === 2) {
    const isSame = next === count || next === 0 || (batch === 0 && next === -1);
    return axis === 1 && (isSame || (!isApart && next !== 1)) ? channels : null;
  }
  if (isLast && isApart && shape.at(-1) === count) {
    return { ...channels, axis: shape.length - 1, rank: shape.length };
  }
  if (shape.length === 2) return batch === -1 && next === -1 ? null : flattened(channels);
  const isSecond = axis === 1 && isApart && (next === count || (next === 0 && rank !== null));
  return isSecond ? { ...channels, rank: shape.length } : null;
}

/** The entries of a shape, those that are only known at run time `null`; of exporters' chains at least their number. */
function shapeEntries(wiring: Wiring, value: string): readonly (number | null)[] | null {
  const known = integersOf(wiring, value);
  const maker = wiring.producer.get(value);
  if (known !== null || maker?.operator !== 'Concat') return known;
  const parts = maker.inputs.map((part) => {
    const isEntry = wiring.producer.get(part)?.operator === 'Unsqueeze';
    return integersOf(wiring, part) ?? (isEntry ? [null] : null);
  });
  return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
}

/** The rank of a value, where the file declares it. */
export function rankOf({ graph }: Wiring, value: string): number | null {
  const declared =
    graph.values.get(value) ??
    [...graph.inputs, ...graph.outputs].find(({ name }) => name === value);
  return declared?.shape?.length ?? null;
}
