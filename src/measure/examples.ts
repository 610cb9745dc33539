import { numberAttribute, numbersAttribute, textAttribute } from '../graph/index.ts';
import type { Graph, Node, ValueInfo } from '../graph/index.ts';
import { isFloat, sizeOf, toFloat64 } from '../tensor/index.ts';
import type { Feeds } from './inputs.ts';

/** Shapes of values by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/**
 * Where the examples of a value lie: its elements in their order are `outer` blocks of one block for each
 * example; so is a value whose examples are its first axis, with `outer` 1, and one of layout [T, B, C], with T.
 */
export interface Examples {
  readonly outer: number;
}

/**
 * The axis of the examples of a declared input: that with the symbol of a batch, the second where a recurrent
 * layer reads steps first, or else the first.
 */
function batchAxis(graph: Graph, { name, dtype, shape }: ValueInfo): number | null {
  if (shape === null) return 0;
  const named = shape.findIndex(
    (extent) => typeof extent === 'string' && /batch|^(n|b)$/i.test(extent),
  );
  if (named >= 0) return named;
  if (shape.length > 1 && typeof shape[0] === 'number' && isStepsFirst(graph, name)) return 1;
  const isOneExample = shape.length === 1 && typeof shape[0] === 'number' && isReal(dtype);
  return shape.length === 0 || isOneExample ? null : 0;
}

/** Whether a recurrent layer reads an input, or what a table says of it, as steps of examples. */
function isStepsFirst(graph: Graph, input: string): boolean {
  const same = new Set([input]);
  for (const node of graph.nodes) {
    const { operator, inputs, outputs } = node;
    const isRecurrent = operator === 'LSTM' || operator === 'GRU' || operator === 'RNN';
    if (isRecurrent && same.has(inputs[0]) && numberAttribute(node, 'layout', 0) === 0) return true;
    const isLookup = operator === 'Gather' && same.has(inputs[1]);
    const isCopy = (operator === 'Identity' || operator === 'Cast') && same.has(inputs[0]);
    if (isLookup || isCopy) same.add(outputs[0]);
  }
  return false;
}

const isReal = (dtype: ValueInfo['dtype']): boolean => dtype === null || isFloat(dtype);

/** The number of examples in the tensors for the inputs of a graph; 1 where no input has an axis of them. */
export function exampleCount(graph: Graph, feeds: Feeds): number {
  for (const isFirst of [true, false]) {
    for (const input of graph.inputs) {
      const axis = batchAxis(graph, input);
      if (isReal(input.dtype) === isFirst && axis !== null && input.name in feeds) {
        return feeds[input.name].shape[axis] ?? 1;
      }
    }
  }
  return 1;
}

/**
 * Where the `count` examples lie in the values of a graph, whose shapes are those of one run. Reshapes leave the
 * order of elements as it is; of other operators it is known which axes they keep. A value that is not named holds
 * no examples side by side, or it is not known where.
 */
export function examplesOf(
  graph: Graph,
  shapes: Shapes,
  count: number,
): ReadonlyMap<string, Examples> {
  const found = new Map<string, Examples>();
  for (const input of graph.inputs) {
    const shape = shapes.get(input.name);
    const axis = batchAxis(graph, input);
    if (shape === undefined || axis === null || shape[axis] !== count) continue;
    found.set(input.name, { outer: sizeOf(shape.slice(0, axis)) });
  }
  for (const node of graph.nodes) {
    for (const [slot, output] of node.outputs.entries()) {
      const from = carrierOf(node, slot, (name) => found.has(name));
      const source = shapes.get(node.inputs[from]);
      if (source === undefined) continue;
      const { outer } = found.get(node.inputs[from]) ?? { outer: 1 };
      const shape = shapes.get(output);
      if (shape === undefined) continue;
      const next = moved({ graph, node, shapes, from, slot, source, shape, count }, outer);
      const isWhole = next !== null && sizeOf(shape) % (next * count) === 0;
      if (isWhole) found.set(output, { outer: next });
    }
  }
  return found;
}

/** Which input an output has its examples from; -1 if none. */
function carrierOf(node: Node, slot: number, holds: (name: string) => boolean): number {
  if (node.operator !== 'Scan') return node.inputs.findIndex(holds);
  const states = node.inputs.length - numberAttribute(node, 'num_scan_inputs', 0);
  if (slot < states) return holds(node.inputs[slot]) ? slot : -1;
  return node.inputs.findIndex((name, index) => index >= states && holds(name));
}

/** An operator with the input that holds the examples and the output in question. */
interface Step {
  readonly graph: Graph;
  readonly node: Node;
  readonly shapes: Shapes;
  readonly from: number;
  readonly slot: number;
  readonly source: readonly number[];
  readonly shape: readonly number[];
  readonly count: number;
}

const reshapes = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);
const shapeless = new Set(['Shape', 'Size', 'NonZero', 'ConstantOfShape', 'EyeLike', 'Range']);

/** Operators whose axes after the first two are places, and whose first axis stays. */
const spatial = new Set([
  'AveragePool',
  'Col2Im',
  'Conv',
  'ConvTranspose',
  'DeformConv',
  'DepthToSpace',
  'FusedConv',
  'GlobalAveragePool',
  'GlobalLpPool',
  'GlobalMaxPool',
  'LpPool',
  'MaxPool',
  'MaxUnpool',
  'SpaceToDepth',
]);

/** The number of blocks that examples are divided into at an output, `null` where it is not known. */
function moved(step: Step, outer: number): number | null {
  const { node, source, shape } = step;
  const { operator } = node;
  if (shapeless.has(operator)) return null;
  if (reshapes.has(operator)) return sizeOf(source) === sizeOf(shape) ? outer : null;
  if (operator === 'Gather' && source.length === 1) return pickedOuter(step, outer);
  const at = axisOf(source, outer, step.count);
  if (at === null) return null;
  const axis = movedAxis(step, at.axis);
  if (axis === null || axis < 0 || shape[axis] !== source[at.axis]) return null;
  return sizeOf(shape.slice(0, axis)) * at.within;
}

/** The axis that holds the examples, and how many blocks it holds itself: 1 where they come first in it. */
function axisOf(
  shape: readonly number[],
  outer: number,
  count: number,
): { readonly axis: number; readonly within: number } | null {
  let before = 1;
  for (const [axis, extent] of shape.entries()) {
    const within = outer / before;
    if (Number.isInteger(within) && extent % (within * count) === 0) return { axis, within };
    before *= extent;
    if (before > outer) return null;
  }
  return null;
}

/** Elements of a list picked by stored numbers: whether they lie example by example again. */
function pickedOuter({ graph, node, from, source, shape, count }: Step, outer: number): 1 | null {
  const stored = graph.constants.get(node.inputs[1]);
  if (from !== 0 || stored === undefined) return null;
  const size = source[0];
  const inner = size / (outer * count);
  const own = sizeOf(shape) / count;
  const isInOrder = toFloat64(stored.read()).every((index, at) => {
    const element = index < 0 ? index + size : index;
    return Math.floor(element / inner) % count === Math.floor(at / own);
  });
  return isInOrder ? 1 : null;
}

function movedAxis(step: Step, axis: number): number | null {
  const { node, from, slot, source, shape } = step;
  const { operator } = node;
  switch (operator) {
    case 'Transpose': {
      const perm = numbersAttribute(node, 'perm') ?? [];
      return perm.length === 0 ? source.length - 1 - axis : perm.indexOf(axis);
    }
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return from === 0 ? recurrentAxis(node, slot, axis) : null;
    case 'Gather':
      return gatheredAxis(step, axis);
    case 'Gemm':
      return from === 0 && axis === numberAttribute(node, 'transA', 0) ? 0 : null;
    case 'MatMul':
    case 'FusedMatMul':
      return productAxis(step, axis);
    case 'Einsum':
      return einsumAxis(step, axis);
    case 'Scan':
      // Steps come first; the axes of a step are taken to stay in their order.
      return scansAlongFirst(node) && source.length === shape.length ? axis : null;
    case 'Loop':
    case 'If':
      return null;
    default:
      if (spatial.has(operator)) return from === 0 && axis === 0 ? 0 : null;
      if (/^(Reduce|ArgM)/.test(operator)) return reducedAxis(step, axis);
      // Element by element, or along other axes: shapes are aligned at their ends.
      return axis + shape.length - source.length;
  }
}

function scansAlongFirst(node: Node): boolean {
  const axes = ['scan_input_axes', 'scan_output_axes'].flatMap(
    (name) => numbersAttribute(node, name) ?? [],
  );
  return axes.every((axis) => axis === 0);
}

function recurrentAxis(node: Node, slot: number, axis: number): number | null {
  const isBatchFirst = numberAttribute(node, 'layout', 0) === 1;
  if (axis !== (isBatchFirst ? 0 : 1)) return null;
  if (isBatchFirst) return 0;
  return slot === 0 ? 2 : 1;
}

function gatheredAxis({ node, from, shapes, source }: Step, axis: number): number | null {
  const indices = shapes.get(node.inputs[1]);
  const along = numberAttribute(node, 'axis', 0);
  const rank = from === 0 ? source.length : null;
  if (from === 1) return axis + Math.max(0, along);
  if (rank === null || indices === undefined) return null;
  const taken = along < 0 ? along + rank : along;
  if (axis === taken) return null;
  return axis < taken ? axis : axis + indices.length - 1;
}

function productAxis({ from, source, shape }: Step, axis: number): number | null {
  const fromEnd = source.length - axis;
  if (source.length < 2) return null;
  // The last axis of the first factor and the last but one of the second are summed over.
  if (fromEnd === (from === 0 ? 1 : 2)) return null;
  return shape.length - fromEnd;
}

function einsumAxis({ node, from, source, shape }: Step, axis: number): number | null {
  const [left, right] = textAttribute(node, 'equation', '').replaceAll(' ', '').split('->');
  const term = left.split(',')[from];
  if (right === undefined || term === undefined || `${left}${right}`.includes('.')) return null;
  if (term.length !== source.length || right.length !== shape.length) return null;
  return right.indexOf(term[axis]);
}

function reducedAxis({ graph, node, source, shape }: Step, axis: number): number | null {
  if (source.length === shape.length) return axis;
  const stored = graph.constants.get(node.inputs[1] ?? '');
  const axes =
    numbersAttribute(node, 'axes') ??
    (stored === undefined ? null : [...toFloat64(stored.read())]) ??
    (node.operator.startsWith('Arg') ? [numberAttribute(node, 'axis', 0)] : null);
  if (axes === null) return null;
  const gone = axes.map((one) => (one < 0 ? one + source.length : one));
  return gone.includes(axis) ? null : axis - gone.filter((one) => one < axis).length;
}
