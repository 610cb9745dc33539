import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { sizeOf, stridesOf } from '../tensor/index.ts';
import { storedIntegers } from './integers.ts';
import type { Piece, View } from './box.ts';
import { reshaped, shapeAfter } from './reshape.ts';
import type { Wiring } from './wiring.ts';

/** Nodes between a weight and what is stored, and boxes that a weight is put together from. */
const DEEPEST = 128;
const MOST_PIECES = 65_536;

/**
 * What stored tensors a value shows, through `Identity`, `Cast`, `Transpose`, `Reshape`, `Flatten`,
 * `Squeeze`, `Unsqueeze`, `Slice`, `Split`, `Gather` of one index and `Concat`; `null` if it is
 * computed in any other way.
 */
export function viewOf(wiring: Wiring, value: string, depth: number = DEEPEST): View | null {
  const constant = wiring.graph.constants.get(value);
  if (constant !== undefined) {
    const { shape } = constant;
    const at = shape.map(() => 0);
    const strides = stridesOf(shape);
    return { shape, pieces: [{ parameter: value, at, extent: shape, offset: 0, strides }] };
  }
  const node = wiring.producer.get(value);
  if (depth === 0 || node === undefined || node.domain !== '' || wiring.isData(value)) return null;
  if (node.operator === 'Concat') return concatenated(wiring, node, depth - 1);
  const source = node.inputs[0] === undefined ? null : viewOf(wiring, node.inputs[0], depth - 1);
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

function concatenated(wiring: Wiring, node: Node, depth: number): View | null {
  const parts: View[] = [];
  for (const input of node.inputs) {
    const part = viewOf(wiring, input, depth);
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
    if (pieces.length > MOST_PIECES) return null;
  }
  return { shape: parts[0].shape.with(axis, end), pieces };
}
