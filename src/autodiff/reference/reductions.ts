import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { interpolation, proportional } from '../interpolation.ts';
import { filled, permuted, positive, type Numbers } from './array.ts';
import { map, zip } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { matMul } from './products.ts';

/** `f` of the elements along some axes, which stay with extent 1. */
export function reduced(
  x: Numbers,
  axes: readonly number[],
  f: (values: Float64Array) => number,
): Numbers {
  const gone = axes.map((axis) => positive(axis, x.shape.length));
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const turned = permuted(x, [...kept, ...gone]);
  const size = sizeOf(gone.map((axis) => x.shape[axis]));
  const shape = x.shape.map((extent, axis) => (gone.includes(axis) ? 1 : extent));
  return filled(x.dtype, shape, (index) =>
    f(turned.data.subarray(index * size, (index + 1) * size)),
  );
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** The mean of some values. */
export function mean(values: Float64Array): number {
  return sum(values) / values.length;
}

const largest = (values: Float64Array): number =>
  values.reduce((a, b) => Math.max(a, b), -Infinity);

function logSumExp(values: Float64Array): number {
  const top = largest(values);
  return top + Math.log(sum(values.map((value) => Math.exp(value - top))));
}

function reduction(f: (values: Float64Array) => number): Kernel {
  return (node, [x, axes]) => {
    if (x === undefined) return [];
    const isAll = axes === undefined || axes.data.length === 0;
    if (isAll && numberAttribute(node, 'noop_with_empty_axes', 0) !== 0) {
      return [map(x, (value) => f(Float64Array.of(value)))];
    }
    const list = isAll ? x.shape.map((_, axis) => axis) : [...axes.data];
    const result = reduced(x, list, f);
    if (numberAttribute(node, 'keepdims', 1) !== 0) return [result];
    const gone = new Set(list.map((axis) => positive(axis, x.shape.length)));
    return [{ ...result, shape: result.shape.filter((_, axis) => !gone.has(axis)) }];
  };
}

function softmax(x: Numbers, node: Node): Numbers {
  const total = reduced(x, [numberAttribute(node, 'axis', -1)], logSumExp);
  return zip(x, total, (value, top) => value - top);
}

const resize: Kernel = (node, [x, roi, scales, sizes]) => {
  if (x === undefined) return [];
  const rank = x.shape.length;
  const axes = (numbersAttribute(node, 'axes') ?? x.shape.map((_, axis) => axis)).map((axis) =>
    positive(axis, rank),
  );
  const by = scales?.data.length === 0 ? undefined : scales;
  const policy = textAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  const own = axes.map((axis) => x.shape[axis]);
  const kept =
    policy === 'stretch' || sizes === undefined ? null : proportional(policy, own, [...sizes.data]);
  const transform = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const isCropped = transform === 'tf_crop_and_resize';
  let result = x;
  /** 1 inside of the region that is cropped. */
  let inside = map(x, () => 1);
  for (const [index, axis] of axes.entries()) {
    const from = x.shape[axis];
    const target = kept?.extents[index] ?? sizes?.data[index];
    const to = target ?? Math.floor(from * (by?.data[index] ?? 1));
    if (!isCropped && to === from && (by === undefined || by.data[index] === 1)) continue;
    const scale = by?.data[index] ?? kept?.scale ?? to / from;
    const region =
      roi === undefined || !isCropped
        ? undefined
        : { start: roi.data[index], end: roi.data[index + axes.length] };
    const matrix = interpolation(node, from, to, scale, region);
    const perm = x.shape.map((_, at) => at);
    [perm[axis], perm[rank - 1]] = [rank - 1, axis];
    const columns = permuted({ dtype: x.dtype, shape: [to, from], data: matrix }, [1, 0]);
    const along = (value: Numbers): Numbers =>
      permuted(matMul(permuted(value, perm), columns), perm);
    result = along(result);
    if (isCropped) inside = along(inside);
  }
  const outside = numberAttribute(node, 'extrapolation_value', 0);
  return [isCropped ? zip(result, inside, (value, is) => value + (1 - is) * outside) : result];
};

/** Reductions and what is made of them, in float64. */
export const reductions: Readonly<Record<string, Kernel>> = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(largest),
  ReduceMin: reduction((values) => values.reduce((a, b) => Math.min(a, b), Infinity)),
  ReduceProd: reduction((values) => values.reduce((a, b) => a * b, 1)),
  ReduceL1: reduction((values) => sum(values.map(Math.abs))),
  ReduceL2: reduction((values) => Math.sqrt(sum(values.map((value) => value * value)))),
  ReduceLogSum: reduction((values) => Math.log(sum(values))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceSumSquare: reduction((values) => sum(values.map((value) => value * value))),
  Softmax: (node, [x]) => (x === undefined ? [] : [map(softmax(x, node), Math.exp)]),
  LogSoftmax: (node, [x]) => (x === undefined ? [] : [softmax(x, node)]),
  Resize: resize,
};
