import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import {
  add,
  castLike,
  extents,
  indicator,
  mul,
  plus,
  rankOf,
  slice,
  squeeze,
  sub,
  times,
  unsqueeze,
} from '../ops.ts';
import { ints, scalar, type Scope } from '../scope.ts';
import type { Expansion } from './expansion.ts';

/** Places along one axis of an image, and its extent, as floats. */
interface Along {
  readonly at: string;
  readonly extent: string;
}

/** The places `[N, rows, columns]` that a grid of numbers in [-1, 1] points at along an axis. */
function placesAlong(s: Scope, node: Node, axis: number, coordinate: number): Along {
  const [x, grid] = node.inputs;
  const extent = castLike(s, squeeze(s, extents(s, x, axis, axis + 1), [0]), grid);
  const given = plus(s, squeeze(s, slice(s, grid, 3, coordinate, coordinate + 1), [3]), 1);
  const isCorner = numberAttribute(node, 'align_corners', 0) !== 0;
  const own = isCorner
    ? mul(s, given, times(s, 0.5, plus(s, extent, -1)))
    : times(s, 0.5, plus(s, mul(s, given, extent), -1));
  return { at: own, extent };
}

function clipped(s: Scope, { at, extent }: Along): string {
  return emit(s, 'Min', [emit(s, 'Max', [at, scalar(s, 0, at)]), plus(s, extent, -1)]);
}

/** 1 where a place lies in the image, else 0. */
function inside(s: Scope, { at, extent }: Along): string {
  const isBehind = emit(s, 'GreaterOrEqual', [at, scalar(s, 0, at)]);
  return indicator(s, emit(s, 'And', [isBehind, emit(s, 'Less', [at, extent])]), at);
}

/** The neighbours along an axis, each with its share. */
function neighbours(s: Scope, along: Along, isNearest: boolean) {
  const { at, extent } = along;
  if (isNearest) return [{ place: { at: emit(s, 'Round', [at]), extent }, share: null }];
  const low = emit(s, 'Floor', [at]);
  const share = sub(s, at, low);
  return [
    { place: { at: low, extent }, share: sub(s, scalar(s, 1, share), share) },
    { place: { at: plus(s, low, 1), extent }, share },
  ];
}

/** An image `[N, C, H, W]` at the places of a grid `[N, rows, columns, 2]`, interpolated linearly or not at all. */
const gridSample: Expansion = (s, node) => {
  const [x, grid] = node.inputs;
  const mode = textAttribute(node, 'mode', 'linear');
  const padding = textAttribute(node, 'padding_mode', 'zeros');
  const isKnown = /^(?:bi)?linear$|^nearest$/.test(mode) && /^(?:zeros|border)$/.test(padding);
  if (!isKnown || rankOf(s, x) !== 4 || rankOf(s, grid) !== 4) return null;
  const along = (axis: number, coordinate: number): Along => {
    const own = placesAlong(s, node, axis, coordinate);
    return padding === 'border' ? { at: clipped(s, own), extent: own.extent } : own;
  };
  const [across, down] = [along(3, 0), along(2, 1)];
  const concat = (parts: readonly string[]): string => emit(s, 'Concat', parts, { axis: 0 });
  const flat = emit(s, 'Reshape', [x, ints(s, [0, 0, -1])]);
  const line = (value: string): string =>
    unsqueeze(s, emit(s, 'Reshape', [value, ints(s, [0, -1])]), [1]);
  const isNearest = mode === 'nearest';
  const terms = neighbours(s, down, isNearest).flatMap((row) =>
    neighbours(s, across, isNearest).map((column) => {
      const [y, z] = [clipped(s, row.place), clipped(s, column.place)];
      const index = add(s, mul(s, y, across.extent), z);
      const at = line(emit(s, 'Cast', [index], { to: 7 }));
      const all = concat([extents(s, x, 0, 2), extents(s, at, 2)]);
      const picked = emit(s, 'GatherElements', [flat, emit(s, 'Expand', [at, all])], { axis: 2 });
      const shares = [row.share, column.share, inside(s, row.place), inside(s, column.place)];
      const share = shares.filter((value) => value !== null).reduce((a, b) => mul(s, a, b));
      return mul(s, picked, castLike(s, line(share), x));
    }),
  );
  const target = concat([extents(s, x, 0, 2), extents(s, grid, 1, 3)]);
  return [emit(s, 'Reshape', [terms.reduce((a, b) => add(s, a, b)), target])];
};

/** Operators that read an image between its elements. */
export const sampling: Readonly<Record<string, Expansion>> = { GridSample: gridSample };
