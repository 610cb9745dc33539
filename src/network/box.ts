import { stridesOf } from '../tensor/index.ts';

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
