import type { Node } from '../graph/index.ts';
import { isFloat, sizeOf, type AxisRole } from '../tensor/index.ts';
import type { Landmarks } from './flow.ts';
import type { Layer, Operand } from './layer.ts';
import type { ComputedWeight } from './layers.ts';
import type { Block, Role } from './parameter.ts';
import { roleOf, type ScalarContext } from './operands.ts';
import { rootsOf } from './roots.ts';
import { axesOf, boxIn, type Piece } from './box.ts';
import type { Wiring } from './wiring.ts';

/** One use of a stored tensor and what it is there. */
export interface Claim {
  readonly parameter: string;
  readonly role: Role;
  readonly node: Node;
  readonly layer: Layer | null;
  readonly layout: readonly AxisRole[];
  readonly groups: number;
  readonly fanIn: number | null;
  readonly fanOut: number | null;
  readonly blocks: readonly Block[];
  /** The part of the stored tensor that this use reads, where that is one box of it. */
  readonly box: { readonly start: readonly number[]; readonly shape: readonly number[] } | null;
  readonly problem: string | null;
}

/** What a layer says about the stored tensors behind its operands; `first` replaces the weight's own description. */
export function operandClaims(
  wiring: Wiring,
  layer: Layer,
  first: Operand = layer.operands[0],
): Claim[] {
  return [first, ...layer.operands.slice(1)].flatMap((operand) => claimsOn(wiring, layer, operand));
}

function claimsOn(wiring: Wiring, layer: Layer, operand: Operand): Claim[] {
  const byParameter = new Map<string, Piece[]>();
  for (const piece of operand.view.pieces) {
    const list = byParameter.get(piece.parameter);
    if (list === undefined) byParameter.set(piece.parameter, [piece]);
    else list.push(piece);
  }
  return [...byParameter].map(([parameter, pieces]) => {
    const shape = wiring.graph.constants.get(parameter)?.shape ?? [];
    const whole = operand.view.shape.map(() => 0);
    const claim: Claim = {
      parameter,
      role: operand.role,
      node: layer.node,
      layer,
      layout: operand.value === parameter ? operand.layout : layoutOf(operand, pieces[0], shape),
      groups: operand.groups,
      fanIn: operand.fanIn,
      fanOut: operand.fanOut,
      blocks: pieces.flatMap((piece) => blocksOf(operand, piece, shape)),
      box: pieces.length === 1 ? boxIn(pieces[0], shape, whole, operand.view.shape) : null,
      problem: null,
    };
    return claim.role === 'attention_packed' ? onePart(claim) : claim;
  });
}

const PROJECTIONS = ['attention_query', 'attention_key', 'attention_value'] as const;

/** A tensor that is packed with others along the way may hold a single projection itself. */
function onePart(claim: Claim): Claim {
  const [first, ...rest] = claim.blocks;
  const part = first?.name.split('/')[0];
  const role = PROJECTIONS.find((name) => name === `attention_${part}`);
  if (role === undefined || rest.some(({ name }) => name.split('/')[0] !== part)) return claim;
  return { ...claim, role, fanOut: first.fanOut, blocks: [] };
}

/** Roles of a parameter's own axes; an axis of extent 1 takes the role that no other axis has. */
function layoutOf(operand: Operand, piece: Piece, shape: readonly number[]): AxisRole[] {
  if (operand.layout.length === 0) return [];
  const axes = axesOf(piece, shape);
  const taken = new Set(axes.map((axis) => operand.layout[axis]));
  const free = operand.layout.filter((role) => !taken.has(role));
  return axes.map((axis) => (axis < 0 ? (free.shift() ?? 'batch') : operand.layout[axis]));
}

function blocksOf(operand: Operand, piece: Piece, shape: readonly number[]): Block[] {
  const blocks: Block[] = [];
  for (const { name, start, shape: extent, fanOut } of operand.blocks) {
    const box = boxIn(piece, shape, start, extent);
    if (box === null) continue;
    blocks.push({ name, ...box, fanIn: operand.fanIn ?? 1, fanOut: fanOut ?? operand.fanOut ?? 1 });
  }
  return blocks;
}

/**
 * The claims of a node on stored tensors that are no weight of a layer: biases, normalisation,
 * embeddings, scales, constants.
 */
export function nodeClaims(
  landmarks: Landmarks,
  context: ScalarContext,
  node: Node,
  problem: ComputedWeight | null,
): Claim[] {
  const { wiring, layerOf } = landmarks;
  const layer = layerOf.get(node) ?? null;
  const weights = new Set(layer?.operands.map((operand) => operand.value));
  const claims: Claim[] = [];
  for (const [slot, value] of node.inputs.entries()) {
    if (value === '' || weights.has(value) || wiring.isData(value)) continue;
    for (const root of rootsOf(wiring, value)) {
      const { parameter } = root;
      const constant = wiring.graph.constants.get(parameter);
      if (constant === undefined || !isFloat(constant.dtype)) continue;
      const isWeight = value === problem?.value && sizeOf(constant.shape) > 1;
      const role = isWeight
        ? 'unknown'
        : roleOf(landmarks, context, { node, slot, root, constant });
      claims.push({
        parameter,
        role,
        node,
        layer: null,
        layout: [],
        groups: 1,
        fanIn: null,
        fanOut: null,
        blocks: [],
        box: null,
        problem: role !== 'unknown' ? null : isWeight ? problem.sentence : unknownOperator(node),
      });
    }
  }
  return claims;
}

function unknownOperator(node: Node): string {
  const operator = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
  return `${node.name}: what a stored tensor means to ${operator} is not known, so its values stay`;
}
