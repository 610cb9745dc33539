import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { productTransposed, transposed } from '../../numeric/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { isCeil, places, reach, windowOf, type Window } from '../window.ts';
import { filled, rowStrides, type Numbers } from './array.ts';
import type { Kernel } from './kernel.ts';

/** For every place of a window and every element of its kernel, the element of the data, or -1. */
function table(window: Window, extents: readonly number[], made: readonly number[]): Int32Array {
  const strides = rowStrides(extents);
  const size = sizeOf(window.kernel);
  const kernelStrides = rowStrides(window.kernel);
  const madeStrides = rowStrides(made);
  const result = new Int32Array(sizeOf(made) * size);
  for (let place = 0; place < sizeOf(made); place++) {
    for (let at = 0; at < size; at++) {
      let source = 0;
      for (const [axis, extent] of extents.entries()) {
        const row = Math.floor(place / madeStrides[axis]) % made[axis];
        const offset = Math.floor(at / kernelStrides[axis]) % window.kernel[axis];
        const position =
          row * window.strides[axis] +
          offset * window.dilations[axis] -
          (window.pads[axis]?.[0] ?? 0);
        if (position < 0 || position >= extent) {
          source = -1;
          break;
        }
        source += position * strides[axis];
      }
      result[place * size + at] = source;
    }
  }
  return result;
}

const conv: Kernel = (node, [x, w, b]) => {
  if (x === undefined || w === undefined) return [];
  const [n, channels, ...extents] = x.shape;
  const [m, each, ...kernel] = w.shape;
  const window = windowOf(node, kernel, extents);
  const spatial = extents.map((extent, axis) => places(window, axis, extent, false));
  const from = table(window, extents, spatial);
  const [size, points, volume] = [sizeOf(kernel), sizeOf(spatial), sizeOf(extents)];
  const group = numberAttribute(node, 'group', 1);
  const result = filled(x.dtype, [n, m, ...spatial]);
  const rows = m / group;
  const width = each * size;
  // One row for each place: what its window sees of the channels of a group.
  const seen = new Float64Array(points * width);
  for (let example = 0; example < n; example++) {
    for (let part = 0; part < group; part++) {
      for (let c = 0; c < each; c++) {
        const start = (example * channels + part * each + c) * volume;
        for (let point = 0; point < points; point++) {
          const to = point * width + c * size;
          for (let at = 0; at < size; at++) {
            const source = from[point * size + at];
            seen[to + at] = source < 0 ? 0 : x.data[start + source];
          }
        }
      }
      const weights = w.data.subarray(part * rows * width, (part + 1) * rows * width);
      const made = productTransposed(weights, seen, rows, points, width);
      result.data.set(made, (example * m + part * rows) * points);
    }
  }
  if (b !== undefined) addChannels(result, b, points);
  return [result];
};

function addChannels(result: Numbers, bias: Numbers, points: number): void {
  const channels = bias.data.length;
  for (let index = 0; index < result.data.length; index++) {
    result.data[index] += bias.data[Math.floor(index / points) % channels];
  }
}

const convTranspose: Kernel = (node, [x, w, b]) => {
  if (x === undefined || w === undefined) return [];
  const [n, channels, ...extents] = x.shape;
  const [, each, ...kernel] = w.shape;
  const group = numberAttribute(node, 'group', 1);
  const more = numbersAttribute(node, 'output_padding') ?? kernel.map(() => 0);
  const given = numbersAttribute(node, 'output_shape');
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const plain = windowOf(
    { ...node, attributes: { ...node.attributes, auto_pad: 'NOTSET' } },
    kernel,
    extents,
  );
  const spans = extents.map(
    (extent, axis) => (extent - 1) * plain.strides[axis] + more[axis] + reach(plain, axis),
  );
  const pads = extents.map((extent, axis): readonly [number, number] => {
    if (auto === 'VALID') return [0, 0];
    const isFree = given !== null || auto.startsWith('SAME');
    if (!isFree) return plain.pads[axis] ?? [0, 0];
    const whole = given?.[axis] ?? extent * plain.strides[axis];
    const half = Math.floor((spans[axis] - whole) / 2);
    const rest = spans[axis] - whole - half;
    return auto === 'SAME_UPPER' ? [half, rest] : [rest, half];
  });
  const made = spans.map((span, axis) => span - pads[axis][0] - pads[axis][1]);
  const from = table({ ...plain, pads }, made, extents);
  const [size, points, volume] = [sizeOf(kernel), sizeOf(extents), sizeOf(made)];
  const result = filled(x.dtype, [n, each * group, ...made]);
  const rows = channels / group;
  const width = each * size;
  for (let part = 0; part < group; part++) {
    const own = w.data.subarray(part * rows * width, (part + 1) * rows * width);
    const weights = transposed(own, rows, width);
    for (let example = 0; example < n; example++) {
      const start = (example * channels + part * rows) * points;
      const given = transposed(x.data.subarray(start, start + rows * points), rows, points);
      // One row for each place: what it adds to its window in the channels of the group.
      const added = productTransposed(given, weights, points, width, rows);
      for (let c = 0; c < each; c++) {
        const to = (example * each * group + part * each + c) * volume;
        for (let point = 0; point < points; point++) {
          for (let at = 0; at < size; at++) {
            const target = from[point * size + at];
            if (target >= 0) result.data[to + target] += added[point * width + c * size + at];
          }
        }
      }
    }
  }
  if (b !== undefined) addChannels(result, b, volume);
  return [result];
};

/** What a pooling makes of the elements of a window; `room` counts those and the padding. */
type Pick = (values: readonly number[], sources: readonly number[], room: number) => number;

/** How many elements, padding among them, every place of a window covers. */
function roomOf(window: Window, extents: readonly number[], made: readonly number[]): Int32Array {
  const padded = table(
    { ...window, pads: extents.map(() => [0, 0] as const) },
    extents.map((extent, axis) => {
      const [before, after] = window.pads[axis] ?? [0, 0];
      return extent + before + after;
    }),
    made,
  );
  const size = sizeOf(window.kernel);
  const room = new Int32Array(sizeOf(made));
  for (const [index, source] of padded.entries()) {
    if (source >= 0) room[Math.floor(index / size)]++;
  }
  return room;
}

/** A pooling by what it makes of the elements of each window. */
function pooled(x: Numbers, node: Node, pick: Pick): Numbers {
  const [n, c, ...extents] = x.shape;
  const kernel = numbersAttribute(node, 'kernel_shape') ?? [];
  const window = windowOf(node, kernel, extents);
  const made = extents.map((extent, axis) => places(window, axis, extent, isCeil(node)));
  const from = table(window, extents, made);
  const room = roomOf(window, extents, made);
  const [size, points, volume] = [sizeOf(kernel), sizeOf(made), sizeOf(extents)];
  const values: number[] = [];
  const sources: number[] = [];
  return filled(x.dtype, [n, c, ...made], (index) => {
    const start = Math.floor(index / points) * volume;
    const point = index % points;
    values.length = 0;
    sources.length = 0;
    for (let at = point * size; at < (point + 1) * size; at++) {
      if (from[at] < 0) continue;
      sources.push(from[at] + start);
      values.push(x.data[from[at] + start]);
    }
    return pick(values, sources, room[point]);
  });
}

function firstLargest(values: readonly number[]): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}

const maxPool: Kernel = (node, [x]) => {
  if (x === undefined) return [];
  const y = pooled(x, node, (values) => values[firstLargest(values)] ?? -Infinity);
  if (node.outputs.length === 1) return [y];
  const at = pooled(x, node, (values, sources) => sources[firstLargest(values)]);
  if (numberAttribute(node, 'storage_order', 0) === 0) return [y, { ...at, dtype: 'int64' }];
  return [y, { ...at, dtype: 'int64', data: at.data.map((place) => columnMajor(place, x.shape)) }];
};

/** A place in row-major order in the order in which the first spatial axis runs fastest. */
function columnMajor(place: number, [, , ...extents]: readonly number[]): number {
  const volume = sizeOf(extents);
  const strides = rowStrides(extents);
  let [column, step] = [Math.floor(place / volume) * volume, 1];
  for (const [axis, extent] of extents.entries()) {
    column += (Math.floor((place % volume) / strides[axis]) % extent) * step;
    step *= extent;
  }
  return column;
}

const averagePool: Kernel = (node, [x]) => {
  if (x === undefined) return [];
  const includesPads = numberAttribute(node, 'count_include_pad', 0) !== 0;
  return [
    pooled(
      x,
      node,
      (values, _, room) =>
        values.reduce((sum, value) => sum + value, 0) / (includesPads ? room : values.length),
    ),
  ];
};

const lpPool: Kernel = (node, [x]) => {
  if (x === undefined) return [];
  const p = numberAttribute(node, 'p', 2);
  const sum = (values: readonly number[]): number =>
    values.reduce((total, value) => total + Math.abs(value) ** p, 0) ** (1 / p);
  return [pooled(x, node, sum)];
};

function global(pick: (values: Float64Array, node: Node) => number): Kernel {
  return (node, [x]) => {
    if (x === undefined) return [];
    const [n, c, ...extents] = x.shape;
    const size = sizeOf(extents);
    return [
      filled(x.dtype, [n, c, ...extents.map(() => 1)], (index) =>
        pick(x.data.subarray(index * size, (index + 1) * size), node),
      ),
    ];
  };
}

/** Convolutions and poolings, in float64. */
export const windows: Readonly<Record<string, Kernel>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: global(
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  ),
  GlobalMaxPool: global((values) =>
    values.reduce((most, value) => Math.max(most, value), -Infinity),
  ),
  GlobalLpPool: global((values, node) => {
    const p = numberAttribute(node, 'p', 2);
    return values.reduce((sum, value) => sum + Math.abs(value) ** p, 0) ** (1 / p);
  }),
};
