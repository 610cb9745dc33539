import { emit } from '../emit.ts';
import { reshape, transpose } from '../ops.ts';
import { ints, type Scope } from '../scope.ts';

/** Most rows that are picked, each with an index of 8 bytes that is stored. */
const mostRows = 2 ** 17;

/** A value [N, channels, …extents] and what is picked of it. */
export interface Picking {
  readonly value: string;
  readonly channels: number;
  readonly extents: readonly number[];
  /** Extents of what is picked. */
  readonly grid: readonly number[];
  /** Along each axis, how far apart. */
  readonly strides: readonly number[];
  /** Where the first lies, once for each copy; zeros are picked outside. */
  readonly starts: readonly (readonly number[])[];
}

const product = (list: readonly number[]): number =>
  list.reduce((size, extent) => size * extent, 1);

/** Whether so few rows are picked that their indices may be stored. */
export function canPick({ channels, grid, starts }: Picking): boolean {
  return starts.length * channels * product(grid) <= mostRows;
}

/** Offsets of the places of a grid in an image, -1 outside, in the order of the grid. */
function placesOf({ extents, grid, strides }: Picking, start: readonly number[]): number[] {
  let places = [0];
  for (const [axis, extent] of extents.entries()) {
    places = places.flatMap((before) =>
      Array.from({ length: grid[axis] }, (_, index) => {
        const at = start[axis] + index * strides[axis];
        return before < 0 || at < 0 || at >= extent ? -1 : before * extent + at;
      }),
    );
  }
  return places;
}

/**
 * The matrix [copies · channels, …grid · N] of what is picked. The examples lie side by side, so that onnxruntime copies
 * all of them in one piece for each place, on several threads, where a padded image is copied line by line on one.
 */
export function pickedRows(s: Scope, picking: Picking): string {
  const { value, channels, extents, starts } = picking;
  const size = product(extents);
  const rows = transpose(s, reshape(s, value, [0, channels * size]), [1, 0]);
  const copies = starts.map((start) => placesOf(picking, start));
  const own = Array.from({ length: size }, (_, place) => place);
  const isWhole = copies.length === 1 && copies[0].join() === own.join();
  if (isWhole) return reshape(s, rows, [channels, -1]);
  const none = channels * size;
  const picks = copies.flatMap((places) =>
    Array.from({ length: channels }, (_, channel) =>
      places.map((place) => (place < 0 ? none : channel * size + place)),
    ).flat(),
  );
  const withZeros = picks.includes(none) ? emit(s, 'Pad', [rows, ints(s, [0, 0, 1, 0])]) : rows;
  const picked = emit(s, 'Gather', [withZeros, ints(s, picks)], { axis: 0 });
  return reshape(s, picked, [starts.length * channels, -1]);
}
