import { emit } from '../emit.ts';
import { reshape, transpose } from '../ops.ts';
import { ints, longInts, type Scope } from '../scope.ts';

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

/** Whether all is picked once as it lies. */
function isWhole({ extents, grid, strides, starts }: Picking): boolean {
  return (
    starts.length === 1 &&
    starts[0].every((start) => start === 0) &&
    strides.every((stride) => stride === 1) &&
    grid.every((extent, axis) => extent === extents[axis])
  );
}

/** The rows of all copies; the one behind the last is that of the zeros. */
function picksOf(picking: Picking): readonly number[] {
  const { channels, extents, starts } = picking;
  const size = product(extents);
  const picks: number[] = [];
  const copies = starts.map((start) => placesOf(picking, start));
  for (let channel = 0; channel < channels; channel++) {
    for (const places of copies) {
      for (const place of places) {
        picks.push(place < 0 ? channels * size : channel * size + place);
      }
    }
  }
  return picks;
}

/**
 * The matrix [channels · copies, …grid · N] of what is picked. The examples lie side by side, so that onnxruntime copies
 * all of them in one piece for each place, on several threads, where a padded image is copied line by line on one.
 */
export function pickedRows(s: Scope, picking: Picking): string {
  const { value, channels, extents, starts } = picking;
  const size = product(extents);
  const rows = transpose(s, reshape(s, value, [0, channels * size]), [1, 0]);
  if (isWhole(picking)) return reshape(s, rows, [channels, -1]);
  const withZeros = emit(s, 'Pad', [rows, ints(s, [0, 0, 1, 0])]);
  const { grid, strides } = picking;
  const what = `rows ${JSON.stringify([channels, extents, grid, strides, starts])}`;
  const picks = longInts(s, what, () => picksOf(picking));
  const picked = emit(s, 'Gather', [withZeros, picks], { axis: 0 });
  return reshape(s, picked, [starts.length * channels, -1]);
}
