import { numberAttribute, numbersAttribute, type Dimension } from '../../graph/index.ts';
import { broadcast, extentOf, fromStart, partsOf, typed, type Type } from '../type.ts';
import type { Infer } from './infer.ts';

/** The extents that a shape tensor gives, as many unknown ones as it is long where it is not known. */
export function byTarget(target: Type): readonly Dimension[] | null {
  const parts = partsOf(target);
  if (parts !== null) return parts;
  const rank = target.shape?.[0];
  return typeof rank === 'number' ? Array.from({ length: rank }, () => null) : null;
}

const reshape: Infer = (node, [x, target]) => {
  const value = partsOf(target);
  if (value === null) return [typed(x.dtype, byTarget(target))];
  const keepsZero = numberAttribute(node, 'allowzero', 0) !== 0;
  const shape = value.map((extent, axis): Dimension => {
    if (extent === 0 && !keepsZero) return x.shape?.[axis] ?? null;
    return extent;
  });
  const open = shape.indexOf(-1);
  if (open < 0) return [typed(x.dtype, withRest(shape, x.shape))];
  const others = shape.filter((_, axis) => axis !== open);
  const copied = new Set(value.flatMap((extent, axis) => (extent === 0 ? [axis] : [])));
  const isOne = (axis: number): boolean => copied.has(axis);
  const given = extentOf(others.filter((_, index) => !isOne(index < open ? index : index + 1)));
  const rest = x.shape === null ? null : x.shape.filter((_, axis) => !isOne(axis));
  const size = rest === null ? null : extentOf(rest);
  const symbols = rest?.filter((extent) => typeof extent !== 'number') ?? [];
  const known = extentOf(rest?.filter((extent) => typeof extent === 'number') ?? []);
  let found: Dimension = null;
  if (size !== null && given !== null) found = given === 0 ? 0 : size / given;
  else if (symbols.length === 1 && given !== null && known === given) [found] = symbols;
  return [
    typed(
      x.dtype,
      shape.map((extent, axis) => (axis === open ? found : extent)),
    ),
  ];
};

/** A single extent that is not known follows from the number of elements where that is. */
function withRest(
  shape: readonly Dimension[],
  from: readonly Dimension[] | null,
): readonly Dimension[] {
  const size = from === null ? null : extentOf(from);
  const others = shape.filter((extent) => typeof extent === 'number');
  const given = extentOf(others);
  if (size === null || !given || others.length !== shape.length - 1) return shape;
  return shape.map((extent) => (typeof extent === 'number' ? extent : size / given));
}

const transpose: Infer = (node, [x]) => {
  if (x.shape === null) return [typed(x.dtype, null)];
  const { shape } = x;
  const perm = numbersAttribute(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
  return [
    typed(
      x.dtype,
      perm.map((axis) => shape[axis]),
    ),
  ];
};

const flatten: Infer = (node, [x]) => {
  if (x.shape === null) return [typed(x.dtype, [null, null])];
  const [axis] = fromStart([numberAttribute(node, 'axis', 1)], x.shape.length);
  const join = (extents: readonly Dimension[]): Dimension =>
    extents.length === 1 ? extents[0] : extentOf(extents);
  return [typed(x.dtype, [join(x.shape.slice(0, axis)), join(x.shape.slice(axis))])];
};

const squeeze: Infer = (_, [x, axes]) => {
  if (x.shape === null) return [typed(x.dtype, null)];
  const { shape } = x;
  if (axes === undefined || axes.dtype === null) {
    const isKnown = shape.every((extent) => typeof extent === 'number');
    return [typed(x.dtype, isKnown ? shape.filter((extent) => extent !== 1) : null)];
  }
  if (axes.value === null) return [typed(x.dtype, null)];
  const gone = new Set(fromStart(axes.value, shape.length));
  const kept = shape.filter((__, axis) => !gone.has(axis));
  return [typed(x.dtype, kept)];
};

const unsqueeze: Infer = (_, [x, axes]) => {
  if (x.shape === null || axes.value === null) return [typed(x.dtype, null)];
  const rank = x.shape.length + axes.value.length;
  const made = new Set(fromStart(axes.value, rank));
  const rest = x.shape.values();
  return [
    typed(
      x.dtype,
      Array.from({ length: rank }, (__, axis) =>
        made.has(axis) ? 1 : (rest.next().value ?? null),
      ),
    ),
  ];
};

const concat: Infer = (node, inputs) => {
  const [{ dtype, shape }] = inputs;
  if (shape === null) return [typed(dtype, null)];
  const [axis] = fromStart([numberAttribute(node, 'axis', 0)], shape.length);
  const along = extentOf(inputs.map((input) => input.shape?.[axis] ?? null));
  const sum =
    along === null ? null : inputs.reduce((total, input) => total + Number(input.shape?.[axis]), 0);
  return [
    typed(
      dtype,
      shape.map((extent, at) => (at === axis ? sum : extent)),
    ),
  ];
};

/** How many elements a slice takes of `extent`. */
export function sliceLength(extent: number, start: number, end: number, step: number): number {
  const clamp = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at < 0 ? at + extent : at, low), high);
  const from = step > 0 ? clamp(start, 0, extent) : clamp(start, 0, extent - 1);
  const to = step > 0 ? clamp(end, 0, extent) : clamp(end, -1, extent - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}

const slice: Infer = (_, [x, starts, ends, axes, steps]) => {
  if (x.shape === null) return [typed(x.dtype, null)];
  const { shape } = x;
  const from = starts.value;
  const to = ends.value;
  const isAll = axes === undefined || (axes.dtype === null && axes.value === null);
  const at = isAll ? shape.map((__, axis) => axis) : axes.value;
  if (from === null || to === null || at === null) {
    return [typed(x.dtype, at === null || isAll ? shape.map(() => null) : without(shape, at))];
  }
  const by = steps?.value ?? from.map(() => 1);
  const cut = new Map(fromStart(at, shape.length).map((axis, index) => [axis, index]));
  return [
    typed(
      x.dtype,
      shape.map((extent, axis) => {
        const index = cut.get(axis);
        if (index === undefined || index >= from.length) return extent;
        return typeof extent === 'number'
          ? sliceLength(extent, from[index], to[index], by[index])
          : null;
      }),
    ),
  ];
};

function without(shape: readonly Dimension[], axes: readonly number[]): Dimension[] {
  const gone = new Set(fromStart(axes, shape.length));
  return shape.map((extent, axis) => (gone.has(axis) ? null : extent));
}

const split: Infer = (node, [x, sizes]) => {
  const { shape } = x;
  const count = node.outputs.length;
  if (shape === null) return node.outputs.map(() => typed(x.dtype, null));
  const [axis] = fromStart([numberAttribute(node, 'axis', 0)], shape.length);
  const extent = shape[axis];
  const equal = typeof extent === 'number' ? Math.ceil(extent / count) : null;
  return node.outputs.map((_, index) => {
    let size = sizes?.value?.[index] ?? null;
    if (sizes === undefined || sizes.dtype === null) {
      const isLast = index === count - 1;
      size = equal === null ? null : isLast ? Number(extent) - equal * (count - 1) : equal;
    }
    return typed(
      x.dtype,
      shape.map((other, at) => (at === axis ? size : other)),
    );
  });
};

const pad: Infer = (_, [x, pads, , axes]) => {
  const { shape } = x;
  if (shape === null) return [typed(x.dtype, null)];
  const at = axes === undefined || axes.dtype === null ? shape.map((__, axis) => axis) : axes.value;
  const by = pads.value;
  if (by === null || at === null)
    return [
      typed(
        x.dtype,
        shape.map(() => null),
      ),
    ];
  const order = fromStart(at, shape.length);
  return [
    typed(
      x.dtype,
      shape.map((extent, axis) => {
        const index = order.indexOf(axis);
        if (index < 0) return extent;
        const more = by[index] + by[index + order.length];
        return more === 0 ? extent : typeof extent === 'number' ? extent + more : null;
      }),
    ),
  ];
};

const expand: Infer = (_, [x, target]) => [typed(x.dtype, broadcast([x.shape, byTarget(target)]))];

const tile: Infer = (_, [x, repeats]) => [
  typed(
    x.dtype,
    x.shape?.map((extent, axis) => {
      const times = repeats.value?.[axis] ?? null;
      if (times === 1) return extent;
      return typeof extent === 'number' && times !== null ? extent * times : null;
    }) ?? null,
  ),
];

const depthToSpace: Infer = (node, [x]) => {
  const block = numberAttribute(node, 'blocksize', 1);
  const times = node.operator === 'DepthToSpace' ? block : 1 / block;
  return [
    typed(
      x.dtype,
      x.shape?.map((extent, axis) => {
        if (axis === 0 || typeof extent !== 'number') return axis === 0 ? extent : null;
        return axis === 1 ? extent / (times * times) : extent * times;
      }) ?? null,
    ),
  ];
};

/** Operators that move elements without computing with them. */
export const movement: Readonly<Record<string, Infer>> = {
  Reshape: reshape,
  Transpose: transpose,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: depthToSpace,
};
