import { numbersAttribute, type Node } from '../graph/index.ts';
import { isFloat, type AxisRole } from '../tensor/index.ts';
import type { Landmarks } from './flow.ts';
import type { Layer, Operand } from './layer.ts';
import type { ComputedWeight } from './layers.ts';
import type { Block, Role } from './parameter.ts';
import { otherRole, type SumContext } from './operands.ts';
import { rootsOf } from './roots.ts';
import { axesOf, boxIn, type Piece } from './view.ts';
import { storedIntegers, usesOf, type Wiring } from './wiring.ts';

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
  readonly problem: string | null;
}

/** What a layer says about the stored tensors behind its operands. */
export function operandClaims(wiring: Wiring, layer: Layer): Claim[] {
  return layer.operands.flatMap((operand) => claimsOn(wiring, layer, operand));
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
    return {
      parameter,
      role: operand.role,
      node: layer.node,
      layer,
      layout: operand.value === parameter ? operand.layout : layoutOf(operand, pieces[0], shape),
      groups: operand.groups,
      fanIn: operand.fanIn,
      fanOut: operand.fanOut,
      blocks: pieces.flatMap((piece) => blocksOf(operand, piece, shape)),
      problem: null,
    };
  });
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
  for (const { name, start, shape: extent } of operand.blocks) {
    const box = boxIn(piece, shape, start, extent);
    if (box === null) continue;
    blocks.push({ name, ...box, fanIn: operand.fanIn ?? 1, fanOut: operand.fanOut ?? 1 });
  }
  return blocks;
}

/** Splits a layer's weight along its outputs into named projections. */
export function packedBlocks(
  wiring: Wiring,
  claim: Claim,
  shape: readonly number[],
  names: readonly string[],
): Block[] {
  const axis = claim.layout.indexOf('out');
  const outputs = shape[axis];
  const sizes = splitSizes(wiring, claim, outputs, names.length);
  if (sizes === null) return [];
  let at = 0;
  return names.map((name, index) => {
    const start = shape.map((_, i) => (i === axis ? at : 0));
    at += sizes[index];
    const fanIn = claim.fanIn ?? 1;
    return { name, start, shape: shape.with(axis, sizes[index]), fanIn, fanOut: sizes[index] };
  });
}

/** Sizes of a `Split` that follows the layer, or equal parts. */
function splitSizes(
  wiring: Wiring,
  claim: Claim,
  outputs: number,
  parts: number,
): readonly number[] | null {
  const split = usesOf(wiring, claim.layer?.output ?? '').find(
    ({ node }) => node.operator === 'Split' && node.outputs.length === parts,
  );
  const stored =
    split === undefined
      ? null
      : (numbersAttribute(split.node, 'split') ?? storedIntegers(wiring, split.node.inputs[1]));
  if (stored !== null && stored.reduce((sum, size) => sum + size, 0) === outputs) return stored;
  return outputs % parts === 0 ? Array.from({ length: parts }, () => outputs / parts) : null;
}

/**
 * The claims of a node on stored tensors that are no weight of a layer: biases, normalisation,
 * embeddings, scales, constants.
 */
export function nodeClaims(
  landmarks: Landmarks,
  context: SumContext,
  node: Node,
  problem: ComputedWeight | null,
): Claim[] {
  const { wiring, layerOf } = landmarks;
  const layer = layerOf.get(node) ?? null;
  const weights = new Set(layer?.operands.map((operand) => operand.value));
  const claims: Claim[] = [];
  for (const [slot, value] of node.inputs.entries()) {
    if (value === '' || weights.has(value) || wiring.isData(value)) continue;
    const { roots, isComputed } = rootsOf(wiring, value);
    for (const parameter of roots) {
      const constant = wiring.graph.constants.get(parameter);
      if (constant === undefined || !isFloat(constant.dtype)) continue;
      const isWeight = value === problem?.value;
      const role = isWeight
        ? 'unknown'
        : isComputed
          ? 'constant'
          : otherRole(landmarks, context, node, slot, constant);
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
