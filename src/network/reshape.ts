import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { sizeOf, stridesOf } from '../tensor/index.ts';
import type { Piece, View } from './box.ts';
import { storedIntegers } from './integers.ts';
import type { Wiring } from './wiring.ts';

/** The shape after a `Reshape`, `Flatten`, `Squeeze` or `Unsqueeze`; `null` if it is not stored. */
export function shapeAfter(wiring: Wiring, node: Node, shape: readonly number[]): number[] | null {
  if (node.operator === 'Flatten') {
    const given = numberAttribute(node, 'axis', 1);
    const axis = given < 0 ? given + shape.length : given;
    return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
  }
  const stored = numbersAttribute(node, node.operator === 'Reshape' ? 'shape' : 'axes');
  const given = stored ?? storedIntegers(wiring, node.inputs[1]);
  if (node.operator === 'Squeeze') {
    const axes = given?.map((axis) => (axis < 0 ? axis + shape.length : axis));
    return shape.filter((extent, axis) =>
      axes === undefined ? extent !== 1 : !axes.includes(axis),
    );
  }
  if (given === null) return null;
  if (node.operator === 'Unsqueeze') {
    const rank = shape.length + given.length;
    const axes = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
    let next = 0;
    return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : shape[next++]));
  }
  const keepsZero = numberAttribute(node, 'allowzero', 0) !== 1;
  const result = given.map((extent, axis) => (extent === 0 && keepsZero ? shape[axis] : extent));
  const open = result.indexOf(-1);
  if (open >= 0) {
    const rest = result.reduce(
      (product, extent) => (extent === -1 ? product : product * extent),
      1,
    );
    result[open] = sizeOf(shape) / rest;
  }
  return sizeOf(result) === sizeOf(shape) ? [...result] : null;
}

/** Changes the shape of a view without moving elements; `null` where a copy would be needed. */
export function reshaped(view: View, shape: readonly number[]): View | null {
  const pieces: Piece[] = [];
  for (const piece of view.pieces) {
    const moved = reshapedPiece(piece, view.shape, shape);
    if (moved === null) return null;
    pieces.push(moved);
  }
  return { shape, pieces };
}

/**
 * Pairs runs of old and new axes with equal products. Within a run the old axes must be nested
 * (stride = next stride × next extent), and a piece must cover all of the run but its first axis.
 */
function reshapedPiece(piece: Piece, from: readonly number[], to: readonly number[]): Piece | null {
  const at: number[] = [];
  const extent: number[] = [];
  const strides: number[] = [];
  let oldAxis = 0;
  let newAxis = 0;
  while (oldAxis < from.length || newAxis < to.length) {
    const oldStart = oldAxis;
    const newStart = newAxis;
    let oldSize = from[oldAxis++] ?? 1;
    let newSize = to[newAxis++] ?? 1;
    while (oldSize !== newSize) {
      if (oldSize < newSize) {
        if (oldAxis >= from.length) return null;
        oldSize *= from[oldAxis++];
      } else {
        if (newAxis >= to.length) return null;
        newSize *= to[newAxis++];
      }
    }
    const run = Array.from(
      { length: Math.min(oldAxis, from.length) - oldStart },
      (_, i) => oldStart + i,
    ).filter((axis) => from[axis] !== 1);
    for (const [i, axis] of run.entries()) {
      if (i === 0) continue;
      const outer = run[i - 1];
      if (piece.extent[axis] !== from[axis]) return null;
      if (piece.strides[outer] !== piece.strides[axis] * from[axis]) return null;
    }
    const innermost = run.length === 0 ? 1 : piece.strides[run[run.length - 1]];
    const inner = run.slice(1).reduce((product, axis) => product * from[axis], 1);
    const first = run.length === 0 ? 0 : piece.at[run[0]] * inner;
    const covered = run.length === 0 ? 1 : piece.extent[run[0]] * inner;
    const split = splitRange(
      to.slice(newStart, Math.min(newAxis, to.length)),
      first,
      covered,
      innermost,
    );
    if (split === null) return null;
    at.push(...split.at);
    extent.push(...split.extent);
    strides.push(...split.strides);
  }
  return { ...piece, at, extent, strides };
}

/** Spreads the range [first, first + covered) of a flat axis over new axes, if it is a box of them. */
function splitRange(
  shape: readonly number[],
  first: number,
  covered: number,
  stride: number,
): { at: number[]; extent: number[]; strides: number[] } | null {
  const at = shape.map(() => 0);
  const extent = [...shape];
  const strides = stridesOf(shape).map((step) => step * stride);
  const axis = shape.findIndex((size) => size !== 1);
  if (axis < 0) return { at, extent, strides };
  const inner = sizeOf(shape.slice(axis + 1));
  if (first % inner !== 0 || covered % inner !== 0) return null;
  at[axis] = first / inner;
  extent[axis] = covered / inner;
  return { at, extent, strides };
}
