import type { Constant, Node } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { isFixedCode, isRepeatedVector, isUniform } from './fixed.ts';
import type { Landmarks } from './flow.ts';
import { storedIntegers } from './integers.ts';
import type { Layer } from './layer.ts';
import { isNormalisation, NORM_SLOTS } from './norms.ts';
import type { Role } from './parameter.ts';
import { breadth, COPIES, isNormalised, numbersOf, type Root } from './roots.ts';
import { endsBranch } from './scalars.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** What has to be known of a network to tell learned vectors and scalars from constants. */
export interface ScalarContext {
  /** Values that a residual sum adds as its branch. */
  readonly branches: ReadonlySet<string>;
  /** Nodes that apply a learned scalar. */
  readonly scalars: ReadonlySet<Node>;
  /** Whether the file keeps the numbers of the computation in `Constant` nodes. */
  readonly numbersInNodes: boolean;
  /** Values that a layer or a lookup has made. */
  readonly learned: ReadonlySet<string>;
}

/** A stored tensor in an input slot of a node. */
export interface Place {
  readonly node: Node;
  readonly slot: number;
  readonly root: Root;
  readonly constant: Constant;
}

/** The role of a stored tensor in a slot that is no weight of a layer. */
export function roleOf(landmarks: Landmarks, context: ScalarContext, place: Place): Role {
  const { node, slot, root, constant } = place;
  const { wiring } = landmarks;
  if (root.way === 'computed') return 'constant';
  const isSum = node.operator === 'Add' || node.operator === 'Sum';
  if (root.way === 'added' && !isSum) return 'constant';
  const norm = NORM_SLOTS[node.operator]?.[slot];
  if (norm !== undefined) return isPlainNorm(wiring, context, place) ? 'constant' : norm;
  const fused = FUSED_SLOTS[node.operator]?.[slot];
  if (fused !== undefined) return fused;
  switch (node.operator) {
    case 'PRelu':
      return 'activation_slope';
    case 'Gather':
    case 'GatherND':
    case 'GatherElements':
      return slot === 0 ? tableRole(wiring, node, constant) : 'constant';
    case 'Concat':
      return tokenRole(constant);
    case 'Add':
    case 'Sum':
      return addedRole(landmarks, context, place);
    case 'Mul':
      return multipliedRole(landmarks, context, place);
    case 'MatMul':
    case 'FusedMatMul':
    case 'Gemm':
    case 'Conv':
    case 'ConvTranspose':
      return latentRole(place);
    case 'Einsum':
      return 'unknown';
    default:
      if (slot === 0 && NORM_SLOTS[node.operator] !== undefined) return latentRole(place);
      return node.domain === '' || KNOWN.has(node.operator) ? 'constant' : 'unknown';
  }
}

/** Inputs of operators with fixed slots, other than weights of layers. */
const FUSED_SLOTS: Readonly<Record<string, Readonly<Record<number, Role>>>> = {
  Conv: { 2: 'bias' },
  FusedConv: { 2: 'bias' },
  ConvTranspose: { 2: 'bias' },
  Gemm: { 2: 'bias' },
  FusedGemm: { 2: 'bias' },
  Attention: { 2: 'bias' },
  MultiHeadAttention: { 3: 'bias' },
  BiasGelu: { 1: 'bias' },
  FastGelu: { 1: 'bias' },
  BiasAdd: { 1: 'bias' },
  BiasSplitGelu: { 1: 'bias' },
  BiasDropout: { 1: 'bias' },
  EmbedLayerNormalization: {
    2: 'embedding',
    3: 'positional_embedding',
    4: 'embedding',
    5: 'norm_scale',
    6: 'norm_shift',
  },
  LSTM: { 3: 'recurrent_bias', 5: 'initial_state', 6: 'initial_state', 7: 'recurrent_bias' },
  GRU: { 3: 'recurrent_bias', 5: 'initial_state' },
  RNN: { 3: 'recurrent_bias', 5: 'initial_state' },
};

/** Operators of other domains whose remaining inputs are known to be no parameters. */
const KNOWN = new Set([
  ...Object.keys(FUSED_SLOTS),
  'RotaryEmbedding',
  'GroupQueryAttention',
  'QuickGelu',
  'Gelu',
]);

/**
 * A normalisation without parameters: a file writes ones and zeros where the operator wants them,
 * and a group normalisation scales what its instance normalisation gives.
 */
function isPlainNorm(wiring: Wiring, context: ScalarContext, { node, constant }: Place): boolean {
  if (node.operator !== 'InstanceNormalization' || !isUniform(numbersOf(constant))) return false;
  if (context.numbersInNodes && constant.source === 'constant') return true;
  const [use, ...others] = usesOf(wiring, node.outputs[0]);
  return use?.node.operator === 'Reshape' && others.length === 0;
}

/** A table that is indexed by data is an embedding; by stored or counted positions, a positional one. */
function tableRole(wiring: Wiring, node: Node, constant: Constant): Role {
  const indices = node.inputs[1];
  if (indices !== undefined && wiring.isData(indices)) return 'embedding';
  return isFixedCode(constant) ? 'constant' : 'positional_embedding';
}

function tokenRole(constant: Constant): Role {
  return sizeOf(constant.shape) > 1 && !isFixedCode(constant) ? 'token' : 'constant';
}

/** What a network treats as a signal although it is stored: rows that it learns, or a fixed grid. */
function latentRole({ constant }: Place): Role {
  const isFixed = isUniform(numbersOf(constant)) || isFixedCode(constant);
  if (breadth(constant.shape) === 0 || isFixed) return 'constant';
  return breadth(constant.shape) === 1 ? 'token' : 'positional_embedding';
}

function isLookup(wiring: Wiring, { lookup }: Root): boolean {
  return lookup !== null && storedIntegers(wiring, lookup.inputs[1])?.length !== 1;
}

function addedRole(landmarks: Landmarks, context: ScalarContext, place: Place): Role {
  const { wiring } = landmarks;
  const { node, slot, root, constant } = place;
  const other = node.inputs[1 - slot] ?? '';
  const wide = breadth(constant.shape);
  const layer = layerBefore(landmarks, node, other);
  if (layer !== null && fitsOutputs(layer, constant) && !isStray(context, constant)) return 'bias';
  if (context.scalars.has(node) && wide === 0) return 'bias';
  if (wide === 0) return 'constant';
  if (isFixedCode(constant)) return 'constant';
  if (goesToSoftmax(wiring, node.outputs[0])) {
    return isUniform(numbersOf(constant)) ? 'constant' : 'positional_embedding';
  }
  if (isLookup(wiring, root)) return 'positional_embedding';
  if (wide >= 2) return isRepeatedVector(constant) ? 'bias' : 'positional_embedding';
  const maker = wiring.producer.get(other);
  if (maker?.operator === 'Mul' && maker.inputs.some((input) => isNormalised(wiring, input))) {
    return 'norm_shift';
  }
  if (isNormalised(wiring, other)) return 'norm_shift';
  return context.learned.has(other) || layer !== null ? 'bias' : 'constant';
}

/** A number without a shape is no bias of a layer with one output. */
function isStray(context: ScalarContext, constant: Constant): boolean {
  return constant.shape.length === 0 && !(context.numbersInNodes && constant.source !== 'constant');
}

function layerBefore(
  { wiring, layerAt, layerOf }: Landmarks,
  node: Node,
  other: string,
): Layer | null {
  const maker = wiring.producer.get(other);
  return (
    layerAt.get(node.outputs[0]) ?? (maker === undefined ? null : (layerOf.get(maker) ?? null))
  );
}

/** Whether a tensor has one element per output of a layer (of each of its maps, where it has several). */
function fitsOutputs(layer: Layer, constant: Constant): boolean {
  const [{ layout, view }] = layer.operands;
  const extent = (...roles: string[]): number =>
    view.shape.reduce((all, size, axis) => (roles.includes(layout[axis]) ? all * size : all), 1);
  const size = sizeOf(constant.shape);
  return breadth(constant.shape) <= 1 || size === extent('out') || size === extent('out', 'batch');
}

function multipliedRole(landmarks: Landmarks, context: ScalarContext, place: Place): Role {
  const { wiring } = landmarks;
  const { node, slot, constant } = place;
  const other = node.inputs[1 - slot] ?? '';
  const wide = breadth(constant.shape);
  if (wide === 0) return context.scalars.has(node) ? 'layer_scale' : 'constant';
  if (wide >= 2) return 'constant';
  if (isNormalised(wiring, other) || scalesCentred(wiring, node, other)) return 'norm_scale';
  if (endsBranch(wiring, context.branches, node.outputs[0])) return 'layer_scale';
  return context.learned.has(other) ? 'layer_scale' : 'constant';
}

/** The scale of a normalisation that is applied before the division: `γ (x − μ) / σ`. */
function scalesCentred(wiring: Wiring, node: Node, other: string): boolean {
  const [use, ...others] = usesOf(wiring, node.outputs[0]);
  return (
    wiring.producer.get(other)?.operator === 'Sub' &&
    others.length === 0 &&
    use?.slot === 0 &&
    isNormalisation(wiring, use.node)
  );
}

function goesToSoftmax(wiring: Wiring, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < 6; steps++) {
    const uses = usesOf(wiring, current);
    if (uses.some(({ node }) => node.operator === 'Softmax')) return true;
    const [use] = uses;
    const passes = (operator: string): boolean =>
      COPIES.has(operator) || operator === 'Add' || operator === 'Where';
    if (uses.length !== 1 || !passes(use.node.operator)) return false;
    current = use.node.outputs[0];
  }
  return false;
}
