import type { Node } from '../graph/index.ts';
import type { Claim } from './claims.ts';
import type { Landmarks } from './flow.ts';
import type { Layer } from './layer.ts';
import { NORM_SLOTS } from './norms.ts';
import type { BranchEnd } from './parameter.ts';
import { summands, type Residual } from './residual.ts';
import { rootsOf } from './roots.ts';
import { dataInputs } from './wiring.ts';

/** Nodes between a sum and the last layers of its branch. */
const FAR = 64;

/**
 * Which stored tensors stand last on a residual branch: the weights of its last layers (several
 * where it adds up or puts together parallel paths), and a scale that closes it.
 */
export function branchEnds(
  landmarks: Landmarks,
  residuals: readonly Residual[],
  claims: readonly Claim[],
): Map<string, BranchEnd> {
  const ends = new Map<string, BranchEnd>();
  const scales = new Map<Node, Claim>();
  for (const claim of claims) {
    if (claim.role === 'norm_scale' || claim.role === 'layer_scale') scales.set(claim.node, claim);
  }
  const count = residuals.length;
  const add = (parameter: string, index: number, closedBy: BranchEnd['closedBy']): void => {
    const known = ends.get(parameter);
    const times = (known?.times ?? 0) + (known?.index === index ? 0 : 1);
    ends.set(parameter, { index, count, times, closedBy });
  };
  for (const [index, { branch }] of residuals.entries()) {
    const closing = closingScale(landmarks, scales, branch);
    const role = closing?.role;
    const closedBy = role === 'norm_scale' || role === 'layer_scale' ? role : null;
    if (closing !== undefined) add(closing.parameter, index, null);
    for (const layer of lastLayers(landmarks, branch)) {
      for (const { parameter } of rootsOf(landmarks.wiring, layer.operands[0].value)) {
        add(parameter, index, closedBy);
      }
    }
  }
  return ends;
}

const layerFor = ({ wiring, layerAt, layerOf }: Landmarks, value: string): Layer | undefined => {
  const node = wiring.producer.get(value);
  return layerAt.get(value) ?? (node === undefined ? undefined : layerOf.get(node));
};

/** The scale through which all of a branch goes, nearest to the sum. */
function closingScale(
  landmarks: Landmarks,
  scales: ReadonlyMap<Node, Claim>,
  branch: string,
): Claim | undefined {
  const { wiring } = landmarks;
  let current = branch;
  for (let steps = 0; steps < FAR; steps++) {
    const node = wiring.producer.get(current);
    if (node === undefined || layerFor(landmarks, current) !== undefined) return undefined;
    const closing = scales.get(node);
    if (closing !== undefined) return closing;
    const inputs = carriers(landmarks, node);
    if (inputs.length !== 1) return undefined;
    [current] = inputs;
  }
  return undefined;
}

/** The layers that a branch ends with. */
function lastLayers(landmarks: Landmarks, branch: string): Layer[] {
  const layers = new Set<Layer>();
  const seen = new Set<string>();
  const open = [branch];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value) || seen.size > FAR) continue;
    seen.add(value);
    const layer = layerFor(landmarks, value);
    const node = landmarks.wiring.producer.get(value);
    if (layer !== undefined) layers.add(layer);
    else if (node !== undefined) open.push(...carriers(landmarks, node));
  }
  return [...layers];
}

/**
 * The inputs of a node that carry the branch on. A gate only weighs what another input carries, an
 * activation in several operators has one source, attention carries its values.
 */
function carriers(landmarks: Landmarks, node: Node): string[] {
  const { wiring, sites } = landmarks;
  const site = sites.get(node.outputs[0]);
  if (site !== undefined) return [site.source];
  if (NORM_SLOTS[node.operator] !== undefined && summands(node).length === 0) {
    return node.inputs.slice(0, 1);
  }
  const inputs = dataInputs(wiring, node);
  if (inputs.length < 2) return inputs;
  if (node.operator === 'Mul' || node.operator === 'Div') {
    const carrying = inputs.filter((input) => !isGate(landmarks, input));
    return carrying.slice(0, 1);
  }
  if (node.operator === 'MatMul') return inputs.slice(1);
  if (node.operator === 'Add' || node.operator === 'Sum' || node.operator === 'Concat') {
    return inputs;
  }
  return inputs.slice(0, 1);
}

const GATES = new Set(['sigmoid', 'hard_sigmoid']);

/** Steps between the activation of a gate and its product. */
const NEAR = 4;

/** Whether a value only weighs what it is multiplied with: a sigmoid or a softmax made it. */
export function isGate({ wiring, sites }: Landmarks, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < NEAR; steps++) {
    const name = sites.get(current)?.name;
    if (name !== undefined) return GATES.has(name.split(':')[0]);
    const node = wiring.producer.get(current);
    if (node === undefined) return false;
    if (node.operator === 'Softmax') return true;
    const inputs = dataInputs(wiring, node);
    if (inputs.length !== 1 || node.operator === 'ReduceMean') return false;
    [current] = inputs;
  }
  return false;
}
