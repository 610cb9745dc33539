import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../graph/index.ts';
import type { AxisRole } from '../tensor/index.ts';
import type { Layer, Operand } from './layer.ts';
import { FIRST_STATE, recurrentOperands } from './recurrent.ts';
import { breadth } from './roots.ts';
import { usesOf, type Wiring } from './wiring.ts';
import type { View } from './box.ts';
import { isFixedCode } from './fixed.ts';
import { viewOf } from './view.ts';

/** A weight that is computed while the graph runs. */
export interface ComputedWeight {
  readonly value: string;
  readonly sentence: string;
}

/** The layers of a graph, and by node the weights that are no stored tensors. */
export interface Layers {
  readonly layers: readonly Layer[];
  readonly problems: ReadonlyMap<Node, ComputedWeight>;
}

/** Domains whose operators of these names mean the same. */
const DOMAINS = new Set(['', 'ai.onnx', 'com.microsoft']);

/** Finds every layer in the order of the nodes. */
export function findLayers(wiring: Wiring): Layers {
  const layers: Layer[] = [];
  const problems = new Map<Node, ComputedWeight>();
  for (const node of wiring.graph.nodes) {
    if (!DOMAINS.has(node.domain)) continue;
    const found = layerAt(wiring, node);
    if (found === null) continue;
    if ('sentence' in found) problems.set(node, found);
    else layers.push(found);
  }
  return { layers, problems };
}

type Describe = (node: Node, view: View) => Omit<Operand, 'value' | 'view'>;

function layerAt(wiring: Wiring, node: Node): Layer | ComputedWeight | null {
  switch (node.operator) {
    case 'Conv':
    case 'FusedConv':
      return weighted(wiring, node, 1, 0, describeConv);
    case 'ConvTranspose':
      return weighted(wiring, node, 1, 0, describeTransposedConv);
    case 'Gemm':
    case 'FusedGemm':
    case 'MatMul':
    case 'FusedMatMul':
    case 'Einsum':
      return matrixProduct(wiring, node);
    case 'Attention':
      return node.domain === 'com.microsoft' ? weighted(wiring, node, 1, 0, describePacked) : null;
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return recurrent(wiring, node);
    default:
      return null;
  }
}

/** The layer whose weight stands in one fixed slot, or why its weight is not a stored tensor. */
function weighted(
  wiring: Wiring,
  node: Node,
  slot: number,
  dataSlot: number,
  describe: Describe,
): Layer | ComputedWeight | null {
  const value = node.inputs[slot];
  const view = viewOf(wiring, value);
  if (view !== null && isFrequencies(wiring, view)) return null;
  if (view === null) {
    return wiring.isData(value) ? null : computedWeight(wiring, node, value);
  }
  const operands: Operand[] = [{ value, view, ...describe(node, view) }];
  const input = node.inputs[dataSlot];
  return { node, input, output: afterBias(wiring, node.outputs[0]), operands };
}

/** Frequencies that multiply positions make an outer product with them, no layer. */
function isFrequencies(wiring: Wiring, view: View): boolean {
  if (breadth(view.shape) !== 1 || view.pieces.length !== 1) return false;
  const constant = wiring.graph.constants.get(view.pieces[0].parameter);
  return constant !== undefined && isFixedCode(constant);
}

function computedWeight(wiring: Wiring, node: Node, value: string): ComputedWeight {
  const maker = wiring.producer.get(value);
  const sentence = `${node.name}: the weight must be a stored tensor or a rearrangement of one, got the output of ${maker?.operator ?? 'an outer graph'} (${value}), which is computed at run time`;
  return { value, sentence };
}

/** The stored operand of a product is the weight, whichever side it stands on. */
function matrixProduct(wiring: Wiring, node: Node): Layer | ComputedWeight | null {
  if (node.inputs.length < 2) return null;
  const [left, right] = node.inputs;
  if (wiring.isData(left) && wiring.isData(right)) return null;
  if (!wiring.isData(node.outputs[0])) return null;
  const slot = wiring.isData(right) ? 0 : 1;
  const describe: Describe = (_, view) =>
    node.operator === 'Einsum'
      ? describeEinsum(node, view, slot)
      : describeMatrix(node, view, slot);
  const view = viewOf(wiring, node.inputs[slot]);
  if (view !== null && view.shape.length < 2 && node.operator !== 'Einsum') return null;
  return weighted(wiring, node, slot, 1 - slot, describe);
}

function describeMatrix(node: Node, view: View, slot: number): ReturnType<Describe> {
  const flag = slot === 0 ? 'transA' : 'transB';
  const isTransposed = numberAttribute(node, flag, 0) === 1;
  const inLast = (slot === 0) !== isTransposed;
  const rank = view.shape.length;
  const batch: AxisRole[] = Array.from({ length: rank - 2 }, () => 'batch');
  const layout: AxisRole[] = [
    ...batch,
    ...(inLast ? (['out', 'in'] as const) : (['in', 'out'] as const)),
  ];
  return {
    role: 'dense',
    layout,
    groups: 1,
    fanIn: view.shape[layout.indexOf('in')],
    fanOut: view.shape[layout.indexOf('out')],
    blocks: [],
  };
}

/** In `ab,bc->ac` a letter of the weight that the result lacks is summed over: an input axis. */
function describeEinsum(node: Node, view: View, slot: number): ReturnType<Describe> {
  const equation = textAttribute(node, 'equation', '').replaceAll(/[\s.]/g, '');
  const [operands, result = ''] = equation.split('->');
  const terms = operands.split(',');
  const own = terms[slot] ?? '';
  const other = terms[1 - slot] ?? '';
  const layout = Array.from(own, (letter): AxisRole => {
    if (!result.includes(letter)) return 'in';
    return other.includes(letter) ? 'batch' : 'out';
  });
  const extent = (role: AxisRole): number =>
    view.shape.reduce(
      (product, size, axis) => (layout[axis] === role ? product * size : product),
      1,
    );
  return {
    role: 'dense',
    layout,
    groups: 1,
    fanIn: extent('in'),
    fanOut: extent('out'),
    blocks: [],
  };
}

const product = (list: readonly number[]): number => list.reduce((all, size) => all * size, 1);

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

const stridesOf = (node: Node, rank: number): readonly number[] =>
  numbersAttribute(node, 'strides') ?? Array.from({ length: rank }, () => 1);

function describeConv(node: Node, view: View): ReturnType<Describe> {
  const [out, perGroup, ...kernel] = view.shape;
  const groups = numberAttribute(node, 'group', 1);
  const strides = stridesOf(node, kernel.length);
  const role = groups === 1 ? 'conv' : perGroup === 1 ? 'depthwise_conv' : 'grouped_conv';
  return {
    role,
    layout: ['out', 'in', ...kernel.map((): AxisRole => 'kernel')],
    groups,
    fanIn: perGroup * product(kernel),
    fanOut: ((out / groups) * product(kernel)) / product(strides),
    blocks: [],
  };
}

function describeTransposedConv(node: Node, view: View): ReturnType<Describe> {
  const [inputs, perGroup, ...kernel] = view.shape;
  const groups = numberAttribute(node, 'group', 1);
  const strides = stridesOf(node, kernel.length);
  const dilations = numbersAttribute(node, 'dilations') ?? kernel.map(() => 1);
  // Taps of which one output sees those whose distance is a multiple of the stride.
  const reach = kernel.map((size, axis) =>
    Math.ceil(size / (strides[axis] / commonDivisor(strides[axis], dilations[axis]))),
  );
  return {
    role: 'transposed_conv',
    layout: ['in', 'out', ...kernel.map((): AxisRole => 'kernel')],
    groups,
    fanIn: (inputs / groups) * product(reach),
    fanOut: perGroup * product(kernel),
    blocks: [],
  };
}

/** The packed projection of the fused operator: [input, query + key + value]. */
function describePacked(node: Node, view: View): ReturnType<Describe> {
  const [inputs, outputs] = view.shape;
  const sizes = numbersAttribute(node, 'qkv_hidden_sizes') ?? [0, 1, 2].map(() => outputs / 3);
  let start = 0;
  const blocks = sizes.map((size, index) => {
    const block = {
      name: ['query', 'key', 'value'][index],
      start: [0, start],
      shape: [inputs, size],
    };
    start += size;
    return block;
  });
  return {
    role: 'attention_packed',
    layout: ['in', 'out'],
    groups: 1,
    fanIn: inputs,
    fanOut: outputs / 3,
    blocks,
  };
}

function recurrent(wiring: Wiring, node: Node): Layer | ComputedWeight | null {
  const operands: Operand[] = [];
  for (const [slot, describe] of recurrentOperands(node)) {
    const value = node.inputs[slot];
    if (value === undefined || value === '' || wiring.isData(value)) continue;
    const view = viewOf(wiring, value);
    if (view !== null) operands.push({ value, view, ...describe(view.shape) });
    else if (slot < FIRST_STATE) return computedWeight(wiring, node, value);
  }
  if (operands.length === 0) return null;
  return { node, input: node.inputs[0], output: node.outputs[0] ?? '', operands };
}

/** The value after the `Add` of a stored vector that alone reads this value, or the value itself. */
function afterBias(wiring: Wiring, value: string): string {
  const uses = usesOf(wiring, value);
  if (uses.length !== 1 || uses[0].node.operator !== 'Add') return value;
  const { node, slot } = uses[0];
  const other = node.inputs[1 - slot];
  if (wiring.isData(other) || viewOf(wiring, other) === null) return value;
  return node.outputs[0];
}
