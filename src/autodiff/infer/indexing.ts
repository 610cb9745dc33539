import { numberAttribute, type Dimension } from '../../graph/index.ts';
import { fixedShape, fromStart, typed, withParts } from '../type.ts';
import type { Infer } from './infer.ts';
import { byTarget } from './movement.ts';

const gather: Infer = (node, [x, indices]) => {
  if (x.shape === null || indices.shape === null) return [typed(x.dtype, null)];
  const [axis] = fromStart([numberAttribute(node, 'axis', 0)], x.shape.length);
  return [
    typed(x.dtype, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]),
  ];
};

const gatherElements: Infer = (_, [x, indices]) => [typed(x.dtype, indices.shape)];

const gatherNd: Infer = (node, [x, indices]) => {
  const last = indices.shape?.at(-1) ?? null;
  if (x.shape === null || indices.shape === null || typeof last !== 'number') {
    return [typed(x.dtype, null)];
  }
  const batch = numberAttribute(node, 'batch_dims', 0);
  return [typed(x.dtype, [...indices.shape.slice(0, -1), ...x.shape.slice(batch + last)])];
};

const shapeOf: Infer = (node, [x]) => {
  if (x.shape === null) return [typed('int64', [null])];
  const rank = x.shape.length;
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  const part = x.shape.slice(
    clamp(numberAttribute(node, 'start', 0)),
    clamp(numberAttribute(node, 'end', rank)),
  );
  return [withParts(typed('int64', [part.length]), part)];
};

const size: Infer = (_, [x]) => {
  const fixed = fixedShape(x.shape);
  const count = fixed?.reduce((product, extent) => product * extent, 1);
  return [{ dtype: 'int64', shape: [], value: count === undefined ? null : [count] }];
};

const range: Infer = (_, [start, limit, delta]) => {
  const [from, to, by] = [start.value?.[0], limit.value?.[0], delta.value?.[0]];
  const isKnown = from !== undefined && to !== undefined && by !== undefined;
  const extent: Dimension = isKnown ? Math.max(0, Math.ceil((to - from) / by)) : null;
  return [typed(start.dtype, [extent])];
};

const constantOfShape: Infer = (node, [target]) => {
  const { value } = node.attributes;
  const isTensor = typeof value === 'object' && 'dtype' in value;
  return [typed(isTensor ? value.dtype : 'float32', byTarget(target))];
};

const argument: Infer = (node, [x]) => {
  const { shape } = x;
  if (shape === null) return [typed('int64', null)];
  const [axis] = fromStart([numberAttribute(node, 'axis', 0)], shape.length);
  const keeps = numberAttribute(node, 'keepdims', 1) !== 0;
  const reduced = shape.map((extent, at) => (at === axis ? 1 : extent));
  return [typed('int64', keeps ? reduced : reduced.filter((_, at) => at !== axis))];
};

const nonZero: Infer = (_, [x]) => [typed('int64', [x.shape?.length ?? null, null])];

const oneHot: Infer = (node, [indices, depth, values]) => {
  const { shape } = indices;
  if (shape === null) return [typed(values.dtype, null)];
  const [axis] = fromStart([numberAttribute(node, 'axis', -1)], shape.length + 1);
  const extent = depth.value?.[0] ?? null;
  return [typed(values.dtype, [...shape.slice(0, axis), extent, ...shape.slice(axis)])];
};

const topK: Infer = (node, [x, k]) => {
  const { shape } = x;
  const [axis] = fromStart([numberAttribute(node, 'axis', -1)], shape?.length ?? 0);
  const count = k.value?.[0] ?? null;
  const picked = shape?.map((extent, at) => (at === axis ? count : extent)) ?? null;
  return [typed(x.dtype, picked), typed('int64', picked)];
};

/** Operators that pick elements, and those that make indices and shapes. */
export const indexing: Readonly<Record<string, Infer>> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Shape: shapeOf,
  Size: size,
  Range: range,
  ConstantOfShape: constantOfShape,
  ArgMax: argument,
  ArgMin: argument,
  NonZero: nonZero,
  OneHot: oneHot,
  TopK: topK,
};
