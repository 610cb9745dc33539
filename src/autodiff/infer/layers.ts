import {
  numberAttribute,
  numbersAttribute,
  textAttribute,
  type Dimension,
} from '../../graph/index.ts';
import { equationOf } from '../equation.ts';
import { proportional } from '../interpolation.ts';
import { broadcast, fixedShape, fromStart, partsOf, typed, type Type } from '../type.ts';
import { isCeil, places, reach, windowOf } from '../window.ts';
import { castTarget } from './elementwise.ts';
import type { Infer } from './infer.ts';

const numberOr = (extent: Dimension | undefined): number | null =>
  typeof extent === 'number' ? extent : null;

const matMul: Infer = (_, [a, b]) => {
  if (a.shape === null || b.shape === null) return [typed(a.dtype, null)];
  const batch = broadcast([a.shape.slice(0, -2), b.shape.slice(0, -2)]) ?? [];
  const rows = a.shape.length > 1 ? [a.shape.at(-2) ?? null] : [];
  const columns = b.shape.length > 1 ? [b.shape.at(-1) ?? null] : [];
  return [typed(a.dtype, [...batch, ...rows, ...columns])];
};

const gemm: Infer = (node, [a, b]) => {
  const rows = a.shape?.[numberAttribute(node, 'transA', 0) === 0 ? 0 : 1] ?? null;
  const columns = b.shape?.[numberAttribute(node, 'transB', 0) === 0 ? 1 : 0] ?? null;
  return [typed(a.dtype, [rows, columns])];
};

const einsum: Infer = (node, inputs) => {
  const equation = equationOf(
    textAttribute(node, 'equation', ''),
    inputs.map(({ shape }) => shape?.length ?? null),
  );
  if (equation === null) return [typed(inputs[0].dtype, null)];
  const extents = new Map<string, Dimension>();
  for (const [index, labels] of equation.operands.entries()) {
    for (const [axis, label] of labels.entries()) {
      const extent = inputs[index].shape?.[axis] ?? null;
      const before = extents.get(label);
      if (before === undefined || before === 1 || typeof extent === 'number') {
        if (!(extent === 1 && typeof before === 'number')) extents.set(label, extent);
      }
    }
  }
  return [
    typed(
      inputs[0].dtype,
      equation.result.map((label) => extents.get(label) ?? null),
    ),
  ];
};

/** The spatial kernel of a convolution: its attribute, or the shape of its weight. */
export function kernelOf(given: readonly number[] | null, weight: Type): readonly number[] | null {
  if (given !== null) return given;
  const numbers = weight.shape?.slice(2).filter((extent) => typeof extent === 'number');
  return numbers !== undefined && numbers.length + 2 === weight.shape?.length ? numbers : null;
}

const conv: Infer = (node, [x, w]) => {
  const kernel = kernelOf(numbersAttribute(node, 'kernel_shape'), w);
  if (kernel === null) {
    const rank = x.shape ?? w.shape;
    return [
      typed(x.dtype, rank?.map((_, axis) => (axis === 0 ? (x.shape?.[0] ?? null) : null)) ?? null),
    ];
  }
  const extents = kernel.map((_, axis) => numberOr(x.shape?.[axis + 2]));
  const window = windowOf(node, kernel, extents);
  const spatial = extents.map((extent, axis) =>
    extent === null ? null : places(window, axis, extent, false),
  );
  return [typed(x.dtype, [x.shape?.[0] ?? null, w.shape?.[0] ?? null, ...spatial])];
};

const convTranspose: Infer = (node, [x, w]) => {
  const kernel = kernelOf(numbersAttribute(node, 'kernel_shape'), w);
  const group = numberAttribute(node, 'group', 1);
  const channels = numberOr(w.shape?.[1]);
  const head = [x.shape?.[0] ?? null, channels === null ? null : channels * group];
  if (kernel === null) {
    return [
      typed(x.dtype, x.shape === null ? null : [...head, ...x.shape.slice(2).map(() => null)]),
    ];
  }
  const given = numbersAttribute(node, 'output_shape');
  const more = numbersAttribute(node, 'output_padding') ?? kernel.map(() => 0);
  const extents = kernel.map((_, axis) => numberOr(x.shape?.[axis + 2]));
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const window = windowOf(
    { ...node, attributes: { ...node.attributes, auto_pad: 'NOTSET' } },
    kernel,
    extents,
  );
  const spatial = extents.map((extent, axis) => {
    if (given !== null) return given[axis];
    if (extent === null) return null;
    if (auto.startsWith('SAME')) return extent * window.strides[axis];
    const [before, after] = window.pads[axis] ?? [0, 0];
    return (extent - 1) * window.strides[axis] + more[axis] + reach(window, axis) - before - after;
  });
  return [typed(x.dtype, [...head, ...spatial])];
};

const pool: Infer = (node, [x]) => {
  const kernel = numbersAttribute(node, 'kernel_shape') ?? [];
  const extents = kernel.map((_, axis) => numberOr(x.shape?.[axis + 2]));
  const window = windowOf(node, kernel, extents);
  const spatial = extents.map((extent, axis) =>
    extent === null ? null : places(window, axis, extent, isCeil(node)),
  );
  const shape = [x.shape?.[0] ?? null, x.shape?.[1] ?? null, ...spatial];
  return node.outputs.map((_, index) => typed(index === 0 ? x.dtype : 'int64', shape));
};

const globalPool: Infer = (_, [x]) => [
  typed(x.dtype, x.shape?.map((extent, axis) => (axis < 2 ? extent : 1)) ?? null),
];

const reduce: Infer = (node, [x, axes]) => {
  const { shape } = x;
  const keeps = numberAttribute(node, 'keepdims', 1) !== 0;
  const isGiven = axes !== undefined && (axes.dtype !== null || axes.value !== null);
  const isNothing = axes?.value?.length === 0 || axes?.shape?.[0] === 0;
  if ((!isGiven || isNothing) && numberAttribute(node, 'noop_with_empty_axes', 0) !== 0) {
    return [typed(x.dtype, shape)];
  }
  if (!isGiven || isNothing) {
    return [typed(x.dtype, keeps ? (shape?.map(() => 1) ?? null) : [])];
  }
  if (shape === null) return [typed(x.dtype, null)];
  if (axes.value === null) return [typed(x.dtype, keeps ? shape.map(() => null) : null)];
  const gone = new Set(fromStart(axes.value, shape.length));
  return [
    typed(
      x.dtype,
      keeps
        ? shape.map((extent, axis) => (gone.has(axis) ? 1 : extent))
        : shape.filter((_, axis) => !gone.has(axis)),
    ),
  ];
};

const batchNorm: Infer = (node, [x, , , mean, variance]) =>
  node.outputs.map((_, index) =>
    index === 0
      ? typed(x.dtype, x.shape)
      : typed(mean.dtype, (index === 1 ? mean : variance).shape),
  );

const layerNorm: Infer = (node, [x]) => {
  const { shape } = x;
  const axis = numberAttribute(node, 'axis', -1);
  const reduced = shape?.map((extent, at) =>
    at < (axis < 0 ? axis + shape.length : axis) ? extent : 1,
  );
  // Mean and deviation are kept in float32 unless the node says otherwise.
  const stash = { ...node, attributes: { to: numberAttribute(node, 'stash_type', 1) } };
  return node.outputs.map((_, index) =>
    index === 0 ? typed(x.dtype, shape) : typed(castTarget(stash), reduced ?? null),
  );
};

const resize: Infer = (node, [x, , scales, sizes]) => {
  const { shape } = x;
  if (shape === null) return [typed(x.dtype, null)];
  const axes = fromStart(
    numbersAttribute(node, 'axes') ?? shape.map((_, axis) => axis),
    shape.length,
  );
  const given = scales?.value?.length === axes.length ? scales.value : null;
  const wanted = sizes === undefined ? null : partsOf(sizes);
  const targets = wanted?.length === axes.length ? wanted : null;
  const policy = textAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  const fixed = policy === 'stretch' ? null : fixedShape(axes.map((axis) => shape[axis]));
  const wantedSizes = targets === null ? null : fixedShape(targets);
  const kept =
    fixed === null || wantedSizes === null ? null : proportional(policy, fixed, wantedSizes);
  return [
    typed(
      x.dtype,
      shape.map((extent, axis) => {
        const index = axes.indexOf(axis);
        if (index < 0) return extent;
        if (targets !== null && policy === 'stretch') return targets[index];
        if (targets !== null) return kept?.extents[index] ?? null;
        if (given?.[index] === 1) return extent;
        if (typeof extent !== 'number' || given === null) return null;
        return Math.floor(extent * given[index]);
      }),
    ),
  ];
};

const recurrent: Infer = (node, [x, w, r]) => {
  const isBatchFirst = numberAttribute(node, 'layout', 0) !== 0;
  const [steps, batch] = isBatchFirst ? [x.shape?.[1], x.shape?.[0]] : [x.shape?.[0], x.shape?.[1]];
  const directions = w.shape?.[0] ?? null;
  const hidden = r.shape?.[2] ?? null;
  const [b, t] = [batch ?? null, steps ?? null];
  const whole = isBatchFirst ? [b, t, directions, hidden] : [t, directions, b, hidden];
  const last = isBatchFirst ? [b, directions, hidden] : [directions, b, hidden];
  return node.outputs.map((_, index) => typed(x.dtype, index === 0 ? whole : last));
};

const reductions = 'Sum Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare'
  .split(' ')
  .map((name) => `Reduce${name}`);

/** Operators of layers: products, convolutions, poolings, reductions, normalisations, recurrent layers. */
export const layers: Readonly<Record<string, Infer>> = {
  MatMul: matMul,
  Gemm: gemm,
  Einsum: einsum,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  ...Object.fromEntries(reductions.map((name) => [name, reduce])),
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  Resize: resize,
  RNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
};
