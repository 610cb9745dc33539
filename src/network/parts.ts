import type { Node } from '../graph/index.ts';
import { sizeOf, stridesOf } from '../tensor/index.ts';
import type { Claim } from './claims.ts';
import type { Layer, Operand } from './layer.ts';
import type { LayerPart, LayerParts, Role } from './parameter.ts';
import { breadth } from './roots.ts';
import { viewOf } from './view.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** The layers and the embeddings of a graph with all that they have stored, in the order of the nodes. */
export function layerParts(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  attention: ReadonlyMap<Layer, Operand>,
  claims: readonly Claim[],
): LayerParts[] {
  const tables = new Map<Node, Claim>();
  for (const claim of claims) if (TABLES.has(claim.role)) tables.set(claim.node, claim);
  return wiring.graph.nodes.flatMap((node): LayerParts[] => {
    const layer = layerOf.get(node);
    if (layer !== undefined) return [partsOf(wiring, layer, attention.get(layer))];
    const table = tables.get(node);
    return table === undefined ? [] : [tableOf(wiring, table)];
  });
}

const TABLES: ReadonlySet<Role> = new Set(['embedding', 'positional_embedding']);

function tableOf({ graph }: Wiring, { node, role, parameter }: Claim): LayerParts {
  const constant = graph.constants.get(parameter);
  const shape = constant?.shape ?? [];
  const at = shape.map(() => 0);
  const pieces = [{ parameter, at, extent: shape, offset: 0, strides: stridesOf(shape) }];
  const slot = node.inputs.indexOf(parameter);
  const read = constant === undefined || role !== 'embedding' ? {} : { read: constant.read };
  const part: LayerPart = { role, slot, layout: [], shape, pieces, ...read };
  return { node: node.name, operator: node.operator, groups: 1, parts: [part] };
}

function partsOf(wiring: Wiring, layer: Layer, first: Operand = layer.operands[0]): LayerParts {
  const { node } = layer;
  const operands = [first, ...layer.operands.slice(1)];
  const parts = operands.map(({ value, view, role, layout }): LayerPart => {
    const { shape, pieces } = view;
    return { role, slot: node.inputs.indexOf(value), layout, shape, pieces };
  });
  const bias = biasOf(wiring, layer);
  if (bias !== null) parts.push(bias);
  return { node: node.name, operator: node.operator, groups: first.groups, parts };
}

/** The stored vector that the node itself or the addition behind it adds to the outputs. */
function biasOf(wiring: Wiring, { node, output, operands }: Layer): LayerPart | null {
  const [weight] = operands;
  if (weight.role.startsWith('recurrent')) return null;
  const slot = node.operator === 'MatMul' || node.operator === 'Einsum' ? -1 : 2;
  const own = node.inputs[slot];
  if (own !== undefined && own !== '') return vectorAt(wiring, weight, own, slot);
  if (output === node.outputs[0]) return null;
  const added = usesOf(wiring, node.outputs[0]).find((use) => use.node.operator === 'Add');
  return added === undefined
    ? null
    : vectorAt(wiring, weight, added.node.inputs[1 - added.slot], -1);
}

function vectorAt(wiring: Wiring, weight: Operand, value: string, slot: number): LayerPart | null {
  const view = wiring.isData(value) ? null : viewOf(wiring, value);
  if (view === null || breadth(view.shape) > 1) return null;
  const transposed = weight.role === 'transposed_conv' ? weight.groups : 1;
  const outputs = weight.view.shape.reduce(
    (all, extent, axis) => (weight.layout[axis] === 'out' ? all * extent : all),
    transposed,
  );
  if (sizeOf(view.shape) !== outputs) return null;
  return { role: 'bias', slot, layout: [], shape: view.shape, pieces: view.pieces };
}
