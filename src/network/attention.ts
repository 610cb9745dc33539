import type { Node } from '../graph/index.ts';
import type { Layer } from './layer.ts';
import type { Role } from './parameter.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** Operators between a projection and the products of attention. */
const NEUTRAL = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'Reshape',
  'Transpose',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'Expand',
  'Concat',
  'Mul',
  'Div',
  'Add',
  'Sub',
  'Neg',
  'Where',
  'Clip',
  'LayerNormalization',
  'RMSNormalization',
  'RotaryEmbedding',
  'Tile',
  'LpNormalization',
]);

/** What attention makes of the layers around it: projections by part, and the output projections. */
export type AttentionRoles = ReadonlyMap<Layer, Role>;

/**
 * Finds `softmax(q kᵀ) v` by its `Softmax` between two products of data (or a fused operator) and
 * follows q, k and v back, and the result forward, to the layers that project them. A layer that
 * gives more than one of the three is packed.
 */
export function attentionRoles(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  layerAt: ReadonlyMap<string, Layer>,
): AttentionRoles {
  const parts = new Map<Layer, Set<Role>>();
  const note = (value: string | undefined, role: Role): void => {
    const layer = value === undefined ? null : projectionOf(wiring, layerOf, layerAt, value);
    if (layer === null) return;
    const roles = parts.get(layer);
    if (roles === undefined) parts.set(layer, new Set([role]));
    else roles.add(role);
  };
  const roles = new Map<Layer, Role>();
  for (const node of wiring.graph.nodes) {
    const core = coreAt(wiring, node);
    if (core === null) continue;
    note(core.query, 'attention_query');
    note(core.key, 'attention_key');
    note(core.value, 'attention_value');
    const output = outputProjection(wiring, layerOf, core.result);
    if (output !== null) roles.set(output, 'attention_output');
  }
  for (const [layer, names] of parts) {
    const [only] = names;
    roles.set(layer, names.size === 1 ? only : 'attention_packed');
  }
  return roles;
}

interface Core {
  readonly query: string | undefined;
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly result: string;
}

function isDataProduct(wiring: Wiring, node: Node): boolean {
  return (
    (node.operator === 'MatMul' || node.operator === 'Einsum' || node.operator === 'FusedMatMul') &&
    node.inputs.every((input) => wiring.isData(input))
  );
}

function coreAt(wiring: Wiring, node: Node): Core | null {
  if (
    node.operator === 'MultiHeadAttention' ||
    (node.operator === 'Attention' && node.domain === '')
  ) {
    const [query, key, value] = node.inputs;
    return { query, key, value, result: node.outputs[0] };
  }
  if (node.operator !== 'Softmax') return null;
  const product = productAfter(wiring, node.outputs[0]);
  const scores = scoresBefore(wiring, node.inputs[0]);
  if (product === null || scores === null) return null;
  const value = product.node.inputs[1 - product.slot];
  return { query: scores.inputs[0], key: scores.inputs[1], value, result: product.node.outputs[0] };
}

/** The product of data that reads the softmax, after masking, casts and dropout. */
function productAfter(wiring: Wiring, value: string): { node: Node; slot: number } | null {
  let current = value;
  for (let steps = 0; steps < 8; steps++) {
    const [use] = usesOf(wiring, current);
    if (use === undefined) return null;
    if (isDataProduct(wiring, use.node)) return use;
    if (!NEUTRAL.has(use.node.operator)) return null;
    current = use.node.outputs[0];
  }
  return null;
}

/** The product of queries and keys behind the softmax's input, before scaling and masking. */
function scoresBefore(wiring: Wiring, value: string): Node | null {
  let frontier = [value];
  for (let steps = 0; steps < 10 && frontier.length > 0; steps++) {
    const next: string[] = [];
    for (const name of frontier) {
      const node = wiring.producer.get(name);
      if (node === undefined) continue;
      if (isDataProduct(wiring, node)) return node;
      if (NEUTRAL.has(node.operator)) {
        next.push(...node.inputs.filter((input) => wiring.isData(input)));
      }
    }
    frontier = next;
  }
  return null;
}

function projectionOf(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  layerAt: ReadonlyMap<string, Layer>,
  value: string,
): Layer | null {
  let frontier = [value];
  for (let steps = 0; steps < 24 && frontier.length > 0; steps++) {
    const next: string[] = [];
    for (const name of frontier) {
      const node = wiring.producer.get(name);
      const layer = layerAt.get(name) ?? (node === undefined ? undefined : layerOf.get(node));
      if (layer !== undefined) return isProjection(layer) ? layer : null;
      if (node !== undefined && NEUTRAL.has(node.operator)) {
        next.push(...node.inputs.filter((input) => wiring.isData(input)));
      }
    }
    frontier = [...new Set(next)];
  }
  return null;
}

function outputProjection(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  value: string,
): Layer | null {
  let frontier = [value];
  for (let steps = 0; steps < 12 && frontier.length > 0; steps++) {
    const next: string[] = [];
    for (const name of frontier) {
      for (const { node } of usesOf(wiring, name)) {
        const layer = layerOf.get(node);
        if (layer !== undefined) return isProjection(layer) ? layer : null;
        if (NEUTRAL.has(node.operator)) next.push(node.outputs[0]);
      }
    }
    frontier = next;
  }
  return null;
}

/** Attention projects by dense maps and by 1×1 convolutions. */
function isProjection(layer: Layer): boolean {
  const role = layer.operands[0].role;
  return role === 'dense' || role === 'conv';
}
