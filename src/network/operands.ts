import type { Constant, Node } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import type { Landmarks } from './flow.ts';
import { NORM_SLOTS } from './norms.ts';
import type { Role } from './parameter.ts';
import { breadth, isNormalised, numbersOf } from './roots.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** What has to be known of the sums of a network to tell a layer scale from a constant. */
export interface SumContext {
  /** Values that a residual sum adds as its branch. */
  readonly branches: ReadonlySet<string>;
}

/** The role of a stored tensor in a slot of a node that is no weight of a layer. */
export function otherRole(
  landmarks: Landmarks,
  context: SumContext,
  node: Node,
  slot: number,
  constant: Constant,
): Role {
  const { wiring } = landmarks;
  const norm = NORM_SLOTS[node.operator]?.[slot];
  if (norm !== undefined) return norm;
  switch (node.operator) {
    case 'Conv':
    case 'FusedConv':
    case 'ConvTranspose':
    case 'Gemm':
    case 'FusedGemm':
    case 'Attention':
      return slot === 2 ? 'bias' : 'constant';
    case 'BiasGelu':
    case 'FastGelu':
      return slot === 1 ? 'bias' : 'constant';
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return slot >= 5 ? 'initial_state' : 'recurrent_bias';
    case 'PRelu':
      return 'activation_slope';
    case 'Gather':
    case 'GatherND':
    case 'GatherElements':
      return slot === 0 ? tableRole(wiring, node) : 'constant';
    case 'Concat':
      return sizeOf(constant.shape) > 1 ? 'token' : 'constant';
    case 'Add':
    case 'Sum':
      return addedRole(landmarks, node, slot, constant);
    case 'Mul':
      return multipliedRole(wiring, context, node, slot, constant);
    case 'MatMul':
    case 'Einsum':
      return 'unknown';
    default:
      return node.domain === '' ? 'constant' : 'unknown';
  }
}

/** A table that is indexed by data is an embedding; by stored or counted positions, a positional one. */
function tableRole(wiring: Wiring, node: Node): Role {
  const indices = node.inputs[1];
  return indices !== undefined && wiring.isData(indices) ? 'embedding' : 'positional_embedding';
}

function addedRole(landmarks: Landmarks, node: Node, slot: number, constant: Constant): Role {
  const { wiring, layerAt, layerOf } = landmarks;
  const other = node.inputs[1 - slot] ?? '';
  const maker = wiring.producer.get(other);
  const afterLayer = layerAt.has(node.outputs[0]) || (maker !== undefined && layerOf.has(maker));
  if (goesToSoftmax(wiring, node.outputs[0])) {
    return breadth(constant.shape) === 0 || isMask(constant) ? 'constant' : 'positional_embedding';
  }
  if (breadth(constant.shape) >= 2)
    return isSinusoidal(constant) ? 'constant' : 'positional_embedding';
  if (sizeOf(constant.shape) === 1 && !afterLayer) {
    return numbersOf(constant)[0] === 0 ? 'bias' : 'constant';
  }
  if (maker?.operator === 'Mul' && maker.inputs.some((input) => isNormalised(wiring, input))) {
    return 'norm_shift';
  }
  return isNormalised(wiring, other) ? 'norm_shift' : 'bias';
}

function multipliedRole(
  wiring: Wiring,
  context: SumContext,
  node: Node,
  slot: number,
  constant: Constant,
): Role {
  const other = node.inputs[1 - slot] ?? '';
  const isScalar = sizeOf(constant.shape) === 1;
  if (!isScalar && breadth(constant.shape) === 1 && isNormalised(wiring, other))
    return 'norm_scale';
  if (breadth(constant.shape) >= 2) return 'constant';
  if (endsBranch(wiring, context, node.outputs[0])) return 'layer_scale';
  return isScalar ? 'constant' : 'layer_scale';
}

/** Whether a value reaches a residual sum as its branch through nothing but rearrangement. */
function endsBranch(wiring: Wiring, context: SumContext, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < 6; steps++) {
    if (context.branches.has(current)) return true;
    const uses = usesOf(wiring, current);
    if (uses.length !== 1 || uses[0].node.outputs[0] === undefined) return false;
    const { operator } = uses[0].node;
    if (!['Transpose', 'Reshape', 'Dropout', 'Identity', 'Cast'].includes(operator)) return false;
    current = uses[0].node.outputs[0];
  }
  return false;
}

function goesToSoftmax(wiring: Wiring, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < 5; steps++) {
    const uses = usesOf(wiring, current);
    if (uses.some(({ node }) => node.operator === 'Softmax')) return true;
    const [use] = uses;
    if (uses.length !== 1 || !['Add', 'Cast', 'Reshape', 'Where'].includes(use.node.operator))
      return false;
    current = use.node.outputs[0];
  }
  return false;
}

/** A mask excludes by a very negative number. */
function isMask(constant: Constant): boolean {
  return numbersOf(constant).some((value) => !(value > -1e3));
}

/** Rows of sines and cosines in pairs all have the squared norm d/2: a fixed code, not a parameter. */
function isSinusoidal(constant: Constant): boolean {
  const width = constant.shape.at(-1) ?? 0;
  const data = numbersOf(constant);
  for (let row = 0; row < data.length; row += width) {
    let norm2 = 0;
    for (let i = row; i < row + width; i++) norm2 += data[i] * data[i];
    if (Math.abs(norm2 - width / 2) > 1e-3 * width) return false;
  }
  return width > 1;
}
