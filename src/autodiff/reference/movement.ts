import { numberAttribute, numbersAttribute, textAttribute } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { castTarget } from '../infer/index.ts';
import {
  commonShape,
  expanded,
  filled,
  permuted,
  positive,
  rowStrides,
  walk,
  type Numbers,
} from './array.ts';
import { kernel, type Kernel } from './kernel.ts';

const reshaped = (x: Numbers, shape: readonly number[]): Numbers => ({ ...x, shape });

const reshape = kernel(([x, target], node) => {
  const keeps = numberAttribute(node, 'allowzero', 0) !== 0;
  const shape = Array.from(target.data, (extent, axis) =>
    extent === 0 && !keeps ? x.shape[axis] : extent,
  );
  const open = shape.indexOf(-1);
  if (open >= 0) shape[open] = x.data.length / sizeOf(shape.filter((extent) => extent !== -1));
  return reshaped(x, shape);
});

const transpose = kernel(([x], node) => {
  const perm = numbersAttribute(node, 'perm') ?? x.shape.map((_, axis) => axis).reverse();
  return permuted(x, perm);
});

const flatten = kernel(([x], node) => {
  const axis = positive(numberAttribute(node, 'axis', 1), x.shape.length);
  return reshaped(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
});

const squeeze: Kernel = (_, [x, axes]) => {
  if (x === undefined) return [];
  const gone =
    axes === undefined
      ? x.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []))
      : Array.from(axes.data, (axis) => positive(axis, x.shape.length));
  return [
    reshaped(
      x,
      x.shape.filter((__, axis) => !gone.includes(axis)),
    ),
  ];
};

const unsqueeze = kernel(([x, axes]) => {
  const rank = x.shape.length + axes.data.length;
  const made = new Set(Array.from(axes.data, (axis) => positive(axis, rank)));
  const rest = [...x.shape];
  return reshaped(
    x,
    Array.from({ length: rank }, (_, axis) => (made.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
});

/** Arrays one after the other along an axis. */
export function concatenated(parts: readonly Numbers[], axis: number): Numbers {
  const [{ dtype, shape }] = parts;
  const at = positive(axis, shape.length);
  const along = parts.reduce((sum, part) => sum + part.shape[at], 0);
  const result = filled(
    dtype,
    shape.map((extent, index) => (index === at ? along : extent)),
  );
  const inner = sizeOf(shape.slice(at + 1));
  const outer = sizeOf(shape.slice(0, at));
  let start = 0;
  for (const { shape: own, data } of parts) {
    const run = own[at] * inner;
    for (let row = 0; row < outer; row++) {
      result.data.set(data.subarray(row * run, (row + 1) * run), row * along * inner + start);
    }
    start += run;
  }
  return result;
}

/** Part of an array: `start`, `step` and extent along every axis. */
function part(
  x: Numbers,
  starts: readonly number[],
  steps: readonly number[],
  shape: readonly number[],
): Numbers {
  const strides = rowStrides(x.shape);
  const result = filled(x.dtype, shape);
  const origin = strides.reduce((sum, stride, axis) => sum + stride * starts[axis], 0);
  walk(
    shape,
    strides.map((stride, axis) => stride * steps[axis]),
    origin,
    (place, source) => {
      result.data[place] = x.data[source];
    },
  );
  return result;
}

/** Elements `from … to - 1` along an axis. */
export function cut(x: Numbers, axis: number, from: number, to: number): Numbers {
  const starts = x.shape.map((_, at) => (at === axis ? from : 0));
  const shape = x.shape.map((extent, at) => (at === axis ? to - from : extent));
  return part(
    x,
    starts,
    x.shape.map(() => 1),
    shape,
  );
}

const slice: Kernel = (_, [x, starts, ends, axes, steps]) => {
  if (x === undefined || starts === undefined || ends === undefined) return [];
  const from = x.shape.map(() => 0);
  const by = x.shape.map(() => 1);
  const shape = [...x.shape];
  for (const [index, start] of starts.data.entries()) {
    const axis = positive(axes?.data[index] ?? index, x.shape.length);
    const extent = x.shape[axis];
    const step = steps?.data[index] ?? 1;
    const bound = (at: number): number => {
      const place = at < 0 ? at + extent : at;
      return step > 0
        ? Math.min(Math.max(place, 0), extent)
        : Math.min(Math.max(place, -1), extent - 1);
    };
    from[axis] = bound(start);
    by[axis] = step;
    shape[axis] = Math.max(0, Math.ceil((bound(ends.data[index]) - from[axis]) / step));
  }
  return [part(x, from, by, shape)];
};

const split: Kernel = (node, [x, sizes]) => {
  if (x === undefined) return [];
  const axis = positive(numberAttribute(node, 'axis', 0), x.shape.length);
  const count = node.outputs.length;
  const equal = Math.ceil(x.shape[axis] / count);
  let at = 0;
  return node.outputs.map((_, index) => {
    const size = sizes?.data[index] ?? Math.min(equal, x.shape[axis] - at);
    at += size;
    return cut(x, axis, at - size, at);
  });
};

/** Where along an axis of `extent` a padded place takes its value; -1 for the fill. */
function padSource(mode: string, at: number, extent: number): number {
  if (at >= 0 && at < extent) return at;
  if (mode === 'edge') return at < 0 ? 0 : extent - 1;
  if (mode === 'wrap') return ((at % extent) + extent) % extent;
  if (mode !== 'reflect') return -1;
  const period = 2 * (extent - 1);
  const place = ((at % period) + period) % period;
  return place < extent ? place : period - place;
}

const pad: Kernel = (node, [x, pads, fill, axes]) => {
  if (x === undefined || pads === undefined) return [];
  const mode = textAttribute(node, 'mode', 'constant');
  const list = axes === undefined ? x.shape.map((_, axis) => axis) : [...axes.data];
  const before = x.shape.map(() => 0);
  const shape = [...x.shape];
  for (const [index, given] of list.entries()) {
    const axis = positive(given, x.shape.length);
    before[axis] = pads.data[index];
    shape[axis] += pads.data[index] + pads.data[index + list.length];
  }
  const strides = rowStrides(x.shape);
  const own = rowStrides(shape);
  return [
    filled(x.dtype, shape, (place) => {
      let source = 0;
      for (const [axis, extent] of x.shape.entries()) {
        const at = (Math.floor(place / own[axis]) % shape[axis]) - before[axis];
        const from = padSource(mode, at, extent);
        if (from < 0) return fill?.data[0] ?? 0;
        source += from * strides[axis];
      }
      return x.data[source];
    }),
  ];
};

const tile = kernel(([x, repeats]) => {
  const shape = x.shape.map((extent, axis) => extent * repeats.data[axis]);
  const own = rowStrides(shape);
  const strides = rowStrides(x.shape);
  return filled(x.dtype, shape, (place) => {
    let source = 0;
    for (const [axis, extent] of x.shape.entries()) {
      source += ((Math.floor(place / own[axis]) % shape[axis]) % extent) * strides[axis];
    }
    return x.data[source];
  });
});

const depthToSpace = kernel(([x], node) => {
  const [n, c, h, w] = x.shape;
  const b = numberAttribute(node, 'blocksize', 1);
  const isCrd = textAttribute(node, 'mode', 'DCR') === 'CRD';
  const each = c / (b * b);
  const split6 = reshaped(x, isCrd ? [n, each, b, b, h, w] : [n, b, b, each, h, w]);
  const turned = permuted(split6, isCrd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return reshaped(turned, [n, each, h * b, w * b]);
});

const spaceToDepth = kernel(([x], node) => {
  const [n, c, h, w] = x.shape;
  const b = numberAttribute(node, 'blocksize', 1);
  const split6 = reshaped(x, [n, c, h / b, b, w / b, b]);
  return reshaped(permuted(split6, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b]);
});

const trilu: Kernel = (node, [x, k]) => {
  if (x === undefined) return [];
  const [rows, columns] = x.shape.slice(-2);
  const isUpper = numberAttribute(node, 'upper', 1) !== 0;
  const shift = k?.data[0] ?? 0;
  return [
    filled(x.dtype, x.shape, (index) => {
      const column = index % columns;
      const row = Math.floor(index / columns) % rows;
      return (isUpper ? column >= row + shift : column <= row + shift) ? x.data[index] : 0;
    }),
  ];
};

const cast = (x: Numbers, dtype: Numbers['dtype']): Numbers => {
  if (dtype === 'bool') return filled(dtype, x.shape, (index) => Number(x.data[index] !== 0));
  if (/float/.test(dtype)) return { ...x, dtype };
  return filled(dtype, x.shape, (index) => Math.trunc(x.data[index]));
};

/** Operators that move elements, on float64. */
export const movement: Readonly<Record<string, Kernel>> = {
  Reshape: reshape,
  Transpose: transpose,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: (node, inputs) => [
    concatenated(
      inputs.filter((input) => input !== undefined),
      numberAttribute(node, 'axis', 0),
    ),
  ],
  Slice: slice,
  Split: split,
  Pad: pad,
  Expand: kernel(([x, target]) => expanded(x, commonShape([x.shape, [...target.data]]))),
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: trilu,
  Cast: kernel(([x], node) => cast(x, castTarget(node) ?? x.dtype)),
  CastLike: kernel(([x, like]) => cast(x, like.dtype)),
};
