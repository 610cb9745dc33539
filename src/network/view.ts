import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { sizeOf, stridesOf } from '../tensor/index.ts';
import { storedIntegers, type Wiring } from './wiring.ts';

/** A box of a value that shows elements of one parameter at `offset + Σ strides · index`. */
export interface Piece {
  readonly parameter: string;
  readonly at: readonly number[];
  readonly extent: readonly number[];
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A value that only rearranges stored parameters: its shape and the pieces that cover it. */
export interface View {
  readonly shape: readonly number[];
  readonly pieces: readonly Piece[];
}

/**
 * What stored tensors a value shows, through `Identity`, `Cast`, `Transpose`, `Reshape`, `Flatten`,
 * `Squeeze`, `Unsqueeze`, `Slice`, `Split`, `Gather` of one index and `Concat`; `null` if it is
 * computed in any other way.
 */
export function viewOf(wiring: Wiring, value: string): View | null {
  const constant = wiring.graph.constants.get(value);
  if (constant !== undefined) {
    const { shape } = constant;
    const at = shape.map(() => 0);
    const strides = stridesOf(shape);
    return { shape, pieces: [{ parameter: value, at, extent: shape, offset: 0, strides }] };
  }
  const node = wiring.producer.get(value);
  if (node === undefined || node.domain !== '' || wiring.isData(value)) return null;
  if (node.operator === 'Concat') return concatenated(wiring, node);
  const source = node.inputs[0] === undefined ? null : viewOf(wiring, node.inputs[0]);
  if (source === null) return null;
  switch (node.operator) {
    case 'Identity':
    case 'Cast':
      return source;
    case 'Transpose':
      return transposed(source, node);
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze': {
      const shape = shapeAfter(wiring, node, source.shape);
      return shape === null ? null : reshaped(source, shape);
    }
    case 'Slice':
      return sliced(wiring, source, node);
    case 'Split':
      return splitOff(wiring, source, node, node.outputs.indexOf(value));
    case 'Gather':
      return picked(wiring, source, node);
    default:
      return null;
  }
}

function axisOf(node: Node, fallback: number, rank: number): number {
  const axis = numberAttribute(node, 'axis', fallback);
  return axis < 0 ? axis + rank : axis;
}

function transposed(view: View, node: Node): View {
  const permutation = numbersAttribute(node, 'perm') ?? view.shape.map((_, axis) => axis).reverse();
  const permute = (list: readonly number[]): number[] => permutation.map((axis) => list[axis]);
  return {
    shape: permute(view.shape),
    pieces: view.pieces.map((piece) => ({
      ...piece,
      at: permute(piece.at),
      extent: permute(piece.extent),
      strides: permute(piece.strides),
    })),
  };
}

function shapeAfter(wiring: Wiring, node: Node, shape: readonly number[]): number[] | null {
  if (node.operator === 'Flatten') {
    const axis = axisOf(node, 1, shape.length);
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

/** Changes the shape without moving elements; `null` where a copy would be needed. */
function reshaped(view: View, shape: readonly number[]): View | null {
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

/** Keeps the elements `start, start + step, …` below `end` of one axis. */
function cut(view: View, axis: number, start: number, end: number, step: number): View | null {
  if (step <= 0) return null;
  const shape = [...view.shape];
  shape[axis] = Math.max(0, Math.ceil((end - start) / step));
  const pieces: Piece[] = [];
  for (const piece of view.pieces) {
    const low = Math.max(0, Math.ceil((piece.at[axis] - start) / step));
    const last = piece.at[axis] + piece.extent[axis] - 1;
    const high = Math.min(shape[axis] - 1, Math.floor((last - start) / step));
    if (high < low) continue;
    const at = piece.at.with(axis, low);
    const extent = piece.extent.with(axis, high - low + 1);
    const skipped = start + low * step - piece.at[axis];
    pieces.push({
      ...piece,
      at,
      extent,
      offset: piece.offset + skipped * piece.strides[axis],
      strides: piece.strides.with(axis, piece.strides[axis] * step),
    });
  }
  return { shape, pieces };
}

function sliced(wiring: Wiring, source: View, node: Node): View | null {
  const starts = numbersAttribute(node, 'starts') ?? storedIntegers(wiring, node.inputs[1]);
  const ends = numbersAttribute(node, 'ends') ?? storedIntegers(wiring, node.inputs[2]);
  if (starts === null || ends === null) return null;
  const axes =
    numbersAttribute(node, 'axes') ??
    storedIntegers(wiring, node.inputs[3]) ??
    starts.map((_, index) => index);
  const steps = storedIntegers(wiring, node.inputs[4]) ?? starts.map(() => 1);
  let view: View | null = source;
  for (const [index, given] of axes.entries()) {
    if (view === null) return null;
    const axis = given < 0 ? given + view.shape.length : given;
    const size = view.shape[axis];
    const clamp = (position: number): number =>
      Math.min(size, Math.max(0, position < 0 ? position + size : position));
    view = cut(view, axis, clamp(starts[index]), clamp(ends[index]), steps[index]);
  }
  return view;
}

function splitOff(wiring: Wiring, source: View, node: Node, index: number): View | null {
  const axis = axisOf(node, 0, source.shape.length);
  const share = Math.ceil(source.shape[axis] / node.outputs.length);
  const sizes =
    numbersAttribute(node, 'split') ??
    storedIntegers(wiring, node.inputs[1]) ??
    node.outputs.map((_, i) => Math.min(share, source.shape[axis] - i * share));
  const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  return cut(source, axis, start, start + sizes[index], 1);
}

function picked(wiring: Wiring, source: View, node: Node): View | null {
  const indices = wiring.graph.constants.get(node.inputs[1] ?? '');
  if (indices === undefined || sizeOf(indices.shape) !== 1) return null;
  const axis = axisOf(node, 0, source.shape.length);
  const index = storedIntegers(wiring, node.inputs[1])?.[0];
  if (index === undefined) return null;
  const start = index < 0 ? index + source.shape[axis] : index;
  const row = cut(source, axis, start, start + 1, 1);
  if (row === null || indices.shape.length === 1) return row;
  return reshaped(row, row.shape.toSpliced(axis, 1));
}

function concatenated(wiring: Wiring, node: Node): View | null {
  const parts: View[] = [];
  for (const input of node.inputs) {
    const part = viewOf(wiring, input);
    if (part === null) return null;
    parts.push(part);
  }
  if (parts.length === 0) return null;
  const axis = axisOf(node, 0, parts[0].shape.length);
  let end = 0;
  const pieces: Piece[] = [];
  for (const part of parts) {
    for (const piece of part.pieces) {
      pieces.push({ ...piece, at: piece.at.with(axis, piece.at[axis] + end) });
    }
    end += part.shape[axis];
  }
  return { shape: parts[0].shape.with(axis, end), pieces };
}

/** For each axis of a parameter of this shape, the axis of the viewed value that runs along it, or -1. */
export function axesOf(piece: Piece, shape: readonly number[]): number[] {
  const own = stridesOf(shape);
  return own.map((stride, axis) => {
    if (shape[axis] === 1) return -1;
    return piece.strides.findIndex(
      (step, i) =>
        piece.extent[i] > 1 &&
        stride >= step &&
        stride < step * piece.extent[i] &&
        stride % step === 0,
    );
  });
}

/** The box of the parameter that a box of the viewed value shows, if the two meet. */
export function boxIn(
  piece: Piece,
  shape: readonly number[],
  start: readonly number[],
  extent: readonly number[],
): { start: number[]; shape: number[] } | null {
  let offset = piece.offset;
  const size = shape.map(() => 1);
  const own = stridesOf(shape);
  for (const [axis, step] of piece.strides.entries()) {
    const low = Math.max(start[axis], piece.at[axis]);
    const high = Math.min(start[axis] + extent[axis], piece.at[axis] + piece.extent[axis]);
    if (high <= low) return null;
    offset += (low - piece.at[axis]) * step;
    let left = high - low;
    for (let target = own.length - 1; target >= 0 && left > 1; target--) {
      if (own[target] < step || shape[target] === 1) continue;
      const room = Math.min(left, shape[target]);
      if (size[target] === 1) {
        size[target] = room;
        left = Math.ceil(left / shape[target]);
      }
    }
  }
  const first = own.map((stride) => {
    const index = Math.floor(offset / stride);
    offset -= index * stride;
    return index;
  });
  return { start: first, shape: size };
}
