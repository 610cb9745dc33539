import type { Block, ParameterInfo } from '../../../network/index.ts';
import { sizeOf, stridesOf } from '../../../tensor/index.ts';

/** A box of a tensor that a framework draws, and where it goes in the stored one. */
export interface Place {
  readonly sizes: readonly number[];
  readonly from: number;
  readonly fromStrides: readonly number[];
  readonly to: number;
  readonly toStrides: readonly number[];
}

/** A tensor that a framework draws by itself, in its own layout: the whole of a stored one or a part. */
export interface Piece {
  /** The part, as `ParameterInfo` names its blocks; a direction of a recurrent layer; `null` for the whole. */
  readonly name: string | null;
  readonly shape: readonly number[];
  readonly places: readonly Place[];
}

/** How frameworks that store `[...kernel, in, out]` differ from each other. */
export interface Convention {
  /** Where the kernel of a transposed convolution is `[...kernel, out, in]`. */
  readonly swapsTransposed: boolean;
  /** Where a depthwise convolution is `[...kernel, channels, multiplier]`; else it is a grouped one. */
  readonly hasDepthwise: boolean;
  /** In which order a recurrent layer packs its gates into one matrix; `null` where each is drawn by itself. */
  readonly gates: Readonly<Record<string, readonly string[]>> | null;
}

interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** The piece whose axes are those of the stored tensor from `start` on, in another order. */
function rearranged(name: string | null, axes: readonly Axis[], start: number): Piece {
  const shape = axes.map((axis) => axis.size);
  const toStrides = axes.map((axis) => axis.stride);
  const place = { sizes: shape, from: 0, fromStrides: stridesOf(shape), to: start, toStrides };
  return { name, shape, places: [place] };
}

/** `[...batch, ...kernel, in, out]`; several axes of inputs or of outputs count as one. */
function weightPiece(parameter: ParameterInfo, convention: Convention): Piece {
  const { role, shape, layout, groups } = parameter;
  const strides = stridesOf(shape);
  const axesOf = (wanted: string): Axis[] =>
    layout.flatMap((axisRole, axis) =>
      axisRole === wanted ? [{ size: shape[axis], stride: strides[axis] }] : [],
    );
  const outer = [...axesOf('batch'), ...axesOf('kernel')];
  const [inputs, outputs] = [axesOf('in'), axesOf('out')];
  if (role === 'depthwise_conv' && convention.hasDepthwise && outputs.length === 1) {
    const [{ size, stride }] = outputs;
    const multiplier = size / groups;
    const channels = { size: groups, stride: stride * multiplier };
    return rearranged(null, [...outer, channels, { size: multiplier, stride }], 0);
  }
  const swaps = role === 'transposed_conv' && convention.swapsTransposed;
  const inner = swaps ? [outputs, inputs] : [inputs, outputs];
  const piece = rearranged(null, [...outer, ...inner.flat()], 0);
  const merged = inner.map((axes) => sizeOf(axes.map((axis) => axis.size)));
  return { ...piece, shape: [...outer.map((axis) => axis.size), ...merged] };
}

/** Where a block stands in the stored tensor, its axes of inputs before those of outputs. */
function boxOf({ shape, layout }: ParameterInfo, block: Block): { axes: Axis[]; start: number } {
  const strides = stridesOf(shape);
  const start = block.start.reduce((at, index, axis) => at + index * strides[axis], 0);
  const all = block.shape.map((size, axis) => ({ size, stride: strides[axis] }));
  const axes = layout.length === 0 ? all : [all[layout.indexOf('in')], all[layout.indexOf('out')]];
  return { axes, start };
}

function blockPiece(parameter: ParameterInfo, block: Block): Piece {
  const { axes, start } = boxOf(parameter, block);
  return rearranged(block.name, axes, start);
}

/**
 * One matrix `[in, gates · hidden]` for each direction of a recurrent weight. What is stored of it may be a
 * part: it is drawn whole.
 */
function packedPieces(parameter: ParameterInfo, order: readonly string[]): Piece[] {
  const directions = Map.groupBy(parameter.blocks, (block) => block.name.split('/')[0]);
  return [...directions].map(([name, blocks]) => {
    const boxes = blocks.map((block) => ({
      ...boxOf(parameter, block),
      gate: order.indexOf(block.name.split('/')[1]),
    }));
    const [inputs, { size: hidden }] = boxes[0].axes;
    const columns = order.length * hidden;
    return {
      name,
      shape: [inputs.size, columns],
      places: boxes.map(({ axes, start, gate }) => ({
        sizes: axes.map((axis) => axis.size),
        from: gate * hidden,
        fromStrides: [columns, 1],
        to: start,
        toStrides: axes.map((axis) => axis.stride),
      })),
    };
  });
}

/** What a framework draws for one parameter, in the order of storage. */
export function piecesOf(parameter: ParameterInfo, convention: Convention): readonly Piece[] {
  const { role, operator, layout, blocks, shape } = parameter;
  if (role === 'recurrent_input' || role === 'recurrent_hidden') {
    const order = convention.gates?.[operator ?? ''];
    return order === undefined
      ? blocks.map((block) => blockPiece(parameter, block))
      : packedPieces(parameter, order);
  }
  if (role === 'recurrent_bias') return blocks.map((block) => blockPiece(parameter, block));
  if (role === 'embedding' || role === 'positional_embedding' || layout.length === 0) {
    const strides = stridesOf(shape);
    const axes = shape.map((size, axis) => ({ size, stride: strides[axis] }));
    return [rearranged(null, axes, 0)];
  }
  return [weightPiece(parameter, convention)];
}

/** Puts a piece's values to their places. */
export function place(piece: Piece, values: ArrayLike<number>, out: Float32Array): void {
  for (const { sizes, from, fromStrides, to, toStrides } of piece.places) {
    const index = sizes.map(() => 0);
    let source = from;
    let target = to;
    for (let left = sizeOf(sizes); left > 0; left--) {
      out[target] = values[source];
      for (let axis = sizes.length - 1; axis >= 0; axis--) {
        source += fromStrides[axis];
        target += toStrides[axis];
        if (++index[axis] < sizes[axis]) break;
        source -= fromStrides[axis] * sizes[axis];
        target -= toStrides[axis] * sizes[axis];
        index[axis] = 0;
      }
    }
  }
}
