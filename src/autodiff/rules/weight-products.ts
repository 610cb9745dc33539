import { emit } from '../emit.ts';
import { reshape, slice, transpose } from '../ops.ts';
import { ints, type Scope } from '../scope.ts';
import { reach, type PaddedWindow } from '../window.ts';
import { canPick, pickedRows } from './gathered-rows.ts';
import { extentAt } from './spread.ts';

/** Fewer channels than this of `ȳ`, or of `x`, are put side by side for several places: one product of more rows. */
const fewRows = 128;
const fewColumns = 32;

/** Copies of `x` for all places of a kernel that has so few channels. */
const mostCopies = 27;

/** Kernels with a stride of at most so many places. */
const mostPlaces = 9;

/** One side of the products: a value [channels, N, …places of ȳ] for each place along some axes of the kernel. */
interface Side {
  readonly channels: number;
  readonly values: readonly string[];
}

/** What the products are made of; the extents of all spatial axes are known. */
interface Parts {
  readonly s: Scope;
  readonly x: string;
  readonly g: string;
  readonly window: PaddedWindow;
  readonly extents: readonly number[];
  readonly made: readonly number[];
}

/**
 * The cotangent of the weight of a convolution without groups, of shape [m, c, …kernel], as products
 * `Ȳ Xᵀ` of matrices whose columns are the examples and places together, one for each place of the kernel. Without
 * strides a place (h, w) is reached from both sides, by a shift of `x` along h and of `ȳ` along w, so that
 * few copies are made. `null` where extents are not known or the kernel has too many places for that.
 */
export function byProducts(
  s: Scope,
  x: string,
  g: string,
  window: PaddedWindow,
  shape: readonly number[],
): string | null {
  const extents = knownExtents(s, x, window.kernel.length);
  const made = knownExtents(s, g, window.kernel.length);
  if (extents === null || made === null) return null;
  const [m, c] = shape;
  const order = [1, 0, ...window.kernel.map((_, axis) => axis + 2)];
  const picked = byPicking({ s, x, g, window, extents, made }, m, c);
  if (picked !== null) return reshape(s, picked, shape);
  const parts = { s, x: transpose(s, x, order), g: transpose(s, g, order), window, extents, made };
  const sides = sidesOf(parts, m, c);
  if (sides === null) return null;
  const [ofX, ofG] = sides;
  const left = joined(s, ofG, fewRows);
  const right = joined(s, ofX, fewColumns);
  const products = right.flatMap((b) =>
    left.map((a) => emit(s, 'Gemm', [rows(s, a), rows(s, b)], { transB: 1 })),
  );
  const all = products.length === 1 ? products[0] : emit(s, 'Concat', products, { axis: 0 });
  const [placesX, placesG] = [ofX.values.length, ofG.values.length];
  const isApart = right.length === placesX;
  const apart = isApart ? [placesX, placesG, m, c] : [placesG, m, placesX, c];
  const turned = transpose(s, reshape(s, all, apart), isApart ? [2, 3, 0, 1] : [1, 3, 2, 0]);
  return reshape(s, turned, shape);
}

/**
 * The same as one product of rows that are picked, [m, c, …kernel] but for its shape; `null` where there is one place, where
 * there are too many, or rows are.
 */
function byPicking(parts: Parts, m: number, c: number): string | null {
  const { s, x, g, window, extents, made } = parts;
  const { kernel, strides, dilations, pads } = window;
  const places = kernel.reduce((product, extent) => product * extent, 1);
  const last = kernel.length - 1;
  const along = kernel[last];
  const before = places / along;
  const isPlain = strides.every((stride) => stride === 1) && canShift(parts);
  const isApart = isPlain && (places > mostCopies || c * places > c * before + m * along);
  if (places === 1 || (isApart ? before + along > mostPlaces : places > mostCopies)) return null;
  const axes = isApart ? last : kernel.length;
  const ofX = {
    value: x,
    channels: c,
    extents,
    grid: made.map((extent, axis) => (axis < axes ? extent : extents[axis])),
    strides,
    starts: offsetsOf(kernel.slice(0, axes)).map((offsets) =>
      kernel.map((_, axis) => (axis < axes ? offsets[axis] * dilations[axis] - pads[axis][0] : 0)),
    ),
  };
  const ofG = {
    value: g,
    channels: m,
    extents: made,
    grid: ofX.grid,
    strides: kernel.map(() => 1),
    starts: isApart
      ? Array.from({ length: along }, (_, at) =>
          kernel.map((__, axis) => (axis < last ? 0 : pads[last][0] - at * dilations[last])),
        )
      : [kernel.map(() => 0)],
  };
  if (!canPick(ofX) || !canPick(ofG)) return null;
  const products = emit(s, 'Gemm', [pickedRows(s, ofG), pickedRows(s, ofX)], { transB: 1 });
  const apart = reshape(s, products, [m, ofG.starts.length, c * ofX.starts.length]);
  return transpose(s, apart, [0, 2, 1]);
}

function knownExtents(s: Scope, value: string, rank: number): readonly number[] | null {
  const extents: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const extent = extentAt(s, value, axis + 2);
    if (extent === null) return null;
    extents.push(extent);
  }
  return extents;
}

/** A matrix whose rows are the channels. */
function rows(s: Scope, value: string): string {
  return reshape(s, value, [0, -1]);
}

/** The values of a side as one where it has few channels. */
function joined(s: Scope, { channels, values }: Side, few: number): readonly string[] {
  if (values.length === 1 || channels >= few) return values;
  return [emit(s, 'Concat', values, { axis: 0 })];
}

function sidesOf(parts: Parts, m: number, c: number): readonly [Side, Side] | null {
  const { window, g } = parts;
  const { kernel, strides } = window;
  const places = kernel.reduce((product, extent) => product * extent, 1);
  const plain = { channels: m, values: [g] };
  if (strides.some((stride) => stride !== 1)) {
    return places > mostPlaces ? null : [{ channels: c, values: sliced(parts) }, plain];
  }
  if (!canShift(parts)) return null;
  const last = kernel.length - 1;
  const along = kernel[last];
  const before = places / along;
  if (places <= mostCopies && c * places <= c * before + m * along) {
    return [{ channels: c, values: shifts(parts, kernel.length) }, plain];
  }
  if (before + along > mostPlaces) return null;
  return [
    { channels: c, values: shifts(parts, last) },
    { channels: m, values: shiftsBack(parts) },
  ];
}

/** Whether no shift leaves an axis empty, and `ȳ` has all places that there are. */
function canShift({ window, extents, made }: Parts): boolean {
  return window.pads.every(([before, after], axis) => {
    const most = Math.max(before, after, reach(window, axis) - 1);
    const count = extents[axis] + before + after - reach(window, axis) + 1;
    return made[axis] === count && extents[axis] > most && count > most;
  });
}

function offsetsOf(kernel: readonly number[]): number[][] {
  let offsets: number[][] = [[]];
  for (const extent of kernel) {
    offsets = offsets.flatMap((head) => Array.from({ length: extent }, (_, at) => [...head, at]));
  }
  return offsets;
}

function padded(s: Scope, value: string, pads: readonly (readonly [number, number])[]): string {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return value;
  const list = [0, 0, ...pads.map(([before]) => before), 0, 0, ...pads.map(([, after]) => after)];
  return emit(s, 'Pad', [value, ints(s, list)]);
}

/** `x[…, i + k·d - p]` for each k along the first axes; the others stay as they are. */
function shifts({ s, x, window }: Parts, axes: number): string[] {
  const { kernel, dilations, pads } = window;
  return offsetsOf(kernel.slice(0, axes)).map((offsets) =>
    padded(
      s,
      x,
      kernel.map((extent, axis) => {
        if (axis >= axes) return [0, 0];
        const [before, after] = pads[axis];
        const step = dilations[axis];
        return [before - offsets[axis] * step, after - (extent - 1 - offsets[axis]) * step];
      }),
    ),
  );
}

/** `ȳ[…, j - k·d + p]` for each k along the last axis, as long as `x` is there. */
function shiftsBack({ s, g, window }: Parts): string[] {
  const { kernel, dilations, pads } = window;
  const last = kernel.length - 1;
  const [before, after] = pads[last];
  return Array.from({ length: kernel[last] }, (_, at) =>
    padded(
      s,
      g,
      kernel.map((extent, axis) => {
        if (axis < last) return [0, 0];
        const step = dilations[last];
        return [at * step - before, (extent - 1 - at) * step - after];
      }),
    ),
  );
}

/** `x[…, i·s + k·d - p]` for each k, one axis after the other. */
function sliced({ s, x, window, made }: Parts): string[] {
  const { kernel, strides, dilations, pads } = window;
  let values = [padded(s, x, pads)];
  for (const [axis, extent] of kernel.entries()) {
    values = values.flatMap((value) =>
      Array.from({ length: extent }, (_, at) => {
        const start = at * dilations[axis];
        const end = start + (made[axis] - 1) * strides[axis] + 1;
        return slice(s, value, axis + 2, start, end, strides[axis]);
      }),
    );
  }
  return values;
}
