import { numberAttribute, textAttribute } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { filled, numbersOf, positive, rowStrides, type Numbers } from './array.ts';
import { kernel, type Kernel } from './kernel.ts';

const gather = kernel(([x, indices], node) => {
  const axis = positive(numberAttribute(node, 'axis', 0), x.shape.length);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const count = indices.data.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return filled(x.dtype, shape, (index) => {
    const column = index % inner;
    const at = Math.floor(index / inner) % count;
    const row = Math.floor(index / inner / count);
    const from = positive(indices.data[at], x.shape[axis]);
    return x.data[(row * x.shape[axis] + from) * inner + column];
  });
});

/** Where each index points in `shape`, whose other axes are those of the index itself. */
function elementPlaces(indices: Numbers, shape: readonly number[], axis: number): number[] {
  const own = rowStrides(indices.shape);
  const strides = rowStrides(shape);
  return Array.from(indices.data, (given, index) => {
    let place = 0;
    for (const [at, stride] of strides.entries()) {
      const coordinate = Math.floor(index / own[at]) % indices.shape[at];
      place += stride * (at === axis ? positive(given, shape[axis]) : coordinate);
    }
    return place;
  });
}

/** Where each index tuple points in `shape` behind its batch axes, and how many elements lie there. */
function tuplePlaces(indices: Numbers, shape: readonly number[], batch = 0): [number[], number] {
  const depth = indices.shape.at(-1) ?? 1;
  const strides = rowStrides(shape);
  const count = sizeOf(indices.shape.slice(0, -1));
  const each = count / sizeOf(shape.slice(0, batch));
  const block = sizeOf(shape.slice(batch));
  const places = Array.from({ length: count }, (_, row) => {
    let place = Math.floor(row / each) * block;
    for (let at = 0; at < depth; at++) {
      const given = indices.data[row * depth + at];
      place += strides[batch + at] * positive(given, shape[batch + at]);
    }
    return place;
  });
  return [places, sizeOf(shape.slice(batch + depth))];
}

const reductions: Readonly<Record<string, (before: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (before, update) => before + update,
  mul: (before, update) => before * update,
  max: Math.max,
  min: Math.min,
};

const scatterElements = kernel(([x, indices, updates], node) => {
  const reduce = reductions[textAttribute(node, 'reduction', 'none')];
  const axis = positive(numberAttribute(node, 'axis', 0), x.shape.length);
  const result = { ...x, data: x.data.slice() };
  for (const [index, place] of elementPlaces(indices, x.shape, axis).entries()) {
    result.data[place] = reduce(result.data[place], updates.data[index]);
  }
  return result;
});

const scatterNd = kernel(([x, indices, updates], node) => {
  const reduce = reductions[textAttribute(node, 'reduction', 'none')];
  const result = { ...x, data: x.data.slice() };
  const [places, size] = tuplePlaces(indices, x.shape);
  for (const [row, place] of places.entries()) {
    for (let at = 0; at < size; at++) {
      result.data[place + at] = reduce(result.data[place + at], updates.data[row * size + at]);
    }
  }
  return result;
});

const topK = kernel(([x, count], node) => {
  const axis = positive(numberAttribute(node, 'axis', -1), x.shape.length);
  const isLargest = numberAttribute(node, 'largest', 1) !== 0;
  const [k] = count.data;
  const extent = x.shape[axis];
  const stride = rowStrides(x.shape)[axis];
  const shape = x.shape.map((own, at) => (at === axis ? k : own));
  const values = filled(x.dtype, shape);
  const indices = filled('int64', shape);
  for (let line = 0; line < x.data.length / extent; line++) {
    const [outer, inner] = [Math.floor(line / stride), line % stride];
    const at = (index: number): number => x.data[(outer * extent + index) * stride + inner];
    const order = Array.from({ length: extent }, (_, index) => index).sort((a, b) =>
      isLargest ? at(b) - at(a) : at(a) - at(b),
    );
    for (let rank = 0; rank < k; rank++) {
      const place = (outer * k + rank) * stride + inner;
      values.data[place] = at(order[rank]);
      indices.data[place] = order[rank];
    }
  }
  return [values, indices];
});

const nonZero = kernel(([x]) => {
  const found = [...x.data.keys()].filter((index) => x.data[index] !== 0);
  const strides = rowStrides(x.shape);
  const shape = [x.shape.length, found.length];
  return filled('int64', shape, (index) => {
    const axis = Math.floor(index / found.length);
    return Math.floor(found[index % found.length] / strides[axis]) % x.shape[axis];
  });
});

const shapeOf = kernel(([x], node) => {
  const rank = x.shape.length;
  const bound = (at: number): number => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  const part = x.shape.slice(
    bound(numberAttribute(node, 'start', 0)),
    bound(numberAttribute(node, 'end', rank)),
  );
  return filled('int64', [part.length], (index) => part[index]);
});

const constantOfShape = kernel(([target], node) => {
  const { value } = node.attributes;
  const fill = typeof value === 'object' && 'dtype' in value ? numbersOf(value) : null;
  return filled(fill?.dtype ?? 'float32', [...target.data], () => fill?.data[0] ?? 0);
});

const cumSum = kernel(([x, at], node) => {
  const axis = positive(at.data[0], x.shape.length);
  const stride = rowStrides(x.shape)[axis];
  const extent = x.shape[axis];
  const isReverse = numberAttribute(node, 'reverse', 0) !== 0;
  const leavesOut = numberAttribute(node, 'exclusive', 0) !== 0;
  return filled(x.dtype, x.shape, (index) => {
    const own = Math.floor(index / stride) % extent;
    const start = index - own * stride;
    let sum = 0;
    for (let other = 0; other < extent; other++) {
      const isBefore = isReverse ? other > own : other < own;
      if (isBefore || (other === own && !leavesOut)) sum += x.data[start + other * stride];
    }
    return sum;
  });
});

/** Operators that pick elements and make indices, on float64. */
export const indexing: Readonly<Record<string, Kernel>> = {
  Gather: gather,
  GatherElements: kernel(([x, indices], node) => {
    const axis = positive(numberAttribute(node, 'axis', 0), x.shape.length);
    const places = elementPlaces(indices, x.shape, axis);
    return filled(x.dtype, indices.shape, (index) => x.data[places[index]]);
  }),
  GatherND: kernel(([x, indices], node) => {
    const batch = numberAttribute(node, 'batch_dims', 0);
    const [places, size] = tuplePlaces(indices, x.shape, batch);
    const depth = indices.shape.at(-1) ?? 1;
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)];
    return filled(
      x.dtype,
      shape,
      (index) => x.data[places[Math.floor(index / size)] + (index % size)],
    );
  }),
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  NonZero: nonZero,
  Shape: shapeOf,
  Size: kernel(([x]) => filled('int64', [], () => x.data.length)),
  Range: kernel(([start, limit, delta]) => {
    const [from, to, by] = [start.data[0], limit.data[0], delta.data[0]];
    return filled(start.dtype, [Math.max(0, Math.ceil((to - from) / by))], (at) => from + at * by);
  }),
  ConstantOfShape: constantOfShape,
  CumSum: cumSum,
  TopK: topK,
};
