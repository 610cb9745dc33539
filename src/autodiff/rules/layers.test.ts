import { describe, test } from 'vitest';
import {
  between,
  checkOperator,
  float32,
  int64,
  positive,
  type OperatorCase,
} from '../../../test/operator-check.ts';

const named = (cases: readonly OperatorCase[]): [string, OperatorCase][] =>
  cases.map((one) => [
    `${one.operator} ${JSON.stringify(one.attributes ?? {})} of ${JSON.stringify(
      one.operands.map((operand) =>
        operand !== null && 'drawn' in operand ? operand.drawn : operand,
      ),
      (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
    )}`,
    one,
  ]);

const products: OperatorCase[] = [
  {
    operator: 'MatMul',
    operands: [
      [3, 4],
      [4, 2],
    ],
  },
  {
    operator: 'MatMul',
    operands: [
      [2, 5, 3, 4],
      [4, 2],
    ],
  },
  {
    operator: 'MatMul',
    operands: [
      [2, 3, 4],
      [2, 4, 2],
    ],
  },
  {
    operator: 'MatMul',
    operands: [
      [2, 1, 3, 4],
      [5, 4, 2],
    ],
  },
  {
    operator: 'MatMul',
    operands: [
      [3, 4],
      [5, 4, 2],
    ],
  },
  { operator: 'MatMul', operands: [[4], [4]] },
  { operator: 'MatMul', operands: [[4], [3, 4, 2]] },
  { operator: 'MatMul', operands: [[2, 3, 4], [4]] },
  {
    operator: 'MatMul',
    operands: [
      [3, 1, 4],
      [4, 2],
    ],
    symbols: [[0, 0]],
  },
  { operator: 'Gemm', operands: [[3, 4], [4, 2], [2]] },
  {
    operator: 'Gemm',
    operands: [
      [1, 4],
      [4, 2],
    ],
  },
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB): OperatorCase => ({
      operator: 'Gemm',
      operands: [transA ? [4, 3] : [3, 4], transB ? [2, 4] : [4, 2], [3, 1]],
      attributes: { transA, transB, alpha: 0.5, beta: 2 },
    })),
  ),
  {
    operator: 'Einsum',
    operands: [
      [2, 3],
      [3, 4],
    ],
    attributes: { equation: 'ij,jk->ik' },
  },
  {
    operator: 'Einsum',
    operands: [
      [2, 3],
      [3, 4],
    ],
    attributes: { equation: 'ij,jk' },
  },
  {
    operator: 'Einsum',
    operands: [
      [2, 3, 2, 4],
      [2, 5, 2, 4],
    ],
    attributes: { equation: 'bqhd,bkhd->bhqk' },
  },
  {
    operator: 'Einsum',
    operands: [
      [1, 2, 3],
      [4, 3, 2],
    ],
    attributes: { equation: '...ij,...jk->...ik' },
  },
  { operator: 'Einsum', operands: [[2, 3, 4]], attributes: { equation: 'ijk->ik' } },
  { operator: 'Einsum', operands: [[3], [4]], attributes: { equation: 'i,j->ij' } },
];

const conv = (
  x: number[],
  w: number[],
  attributes: NonNullable<OperatorCase['attributes']> = {},
  hasBias = true,
): OperatorCase => ({
  operator: 'Conv',
  operands: [x, w, ...(hasBias ? [[w[0]]] : [])],
  attributes,
});

const convolutions: OperatorCase[] = [
  conv([2, 3, 5, 4], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
  conv([1, 2, 7, 6], [3, 2, 3, 2], { strides: [2, 3] }, false),
  conv([2, 2, 6, 6], [2, 2, 2, 2], { strides: [2, 2], pads: [1, 0, 0, 1] }),
  conv([1, 1, 8, 8], [2, 1, 3, 3], { dilations: [2, 2], pads: [1, 2, 2, 1] }),
  conv([2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  conv([2, 4, 5, 5], [4, 1, 3, 3], { group: 4, strides: [2, 2] }),
  conv([2, 2, 5, 5], [4, 1, 3, 3], { group: 2 }),
  conv([2, 4, 9, 9], [6, 2, 5, 5], { group: 2, strides: [2, 2], pads: [2, 2, 2, 2] }),
  conv([2, 2, 9, 9], [3, 2, 4, 4], { strides: [3, 2], pads: [1, 1, 1, 1] }),
  conv([1, 2, 7, 7], [2, 2, 3, 3], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  conv([1, 2, 6, 6], [2, 2, 3, 3], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  conv([1, 2, 6, 6], [2, 2, 3, 3], { auto_pad: 'VALID' }),
  conv([2, 3, 9], [4, 3, 3], { strides: [2], pads: [1, 1] }),
  conv([1, 2, 4, 3, 5], [2, 2, 2, 3, 2], { pads: [1, 1, 1, 0, 1, 0] }),
  conv([3, 2, 1, 1], [2, 2, 1, 1]),
  // Few channels, many on one side, many on both; a large kernel, and one that leaves the data behind.
  conv([2, 1, 6, 5], [4, 1, 3, 3], { pads: [1, 0, 2, 1] }),
  conv([1, 33, 4, 3], [2, 33, 3, 3], { pads: [1, 1, 1, 1] }),
  conv([1, 33, 3, 4], [129, 33, 2, 2], {}, false),
  conv([1, 40, 5, 5], [3, 40, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  conv([1, 3, 7, 6], [2, 3, 5, 4], { pads: [2, 2, 2, 1] }),
  conv([1, 2, 2, 2], [2, 2, 5, 5], { pads: [2, 2, 2, 2] }),
  {
    ...conv([2, 3, 4, 5], [2, 3, 3, 3], { pads: [1, 1, 1, 1] }),
    symbols: [[0, 0]],
  },
  {
    ...conv([2, 3, 6, 5], [2, 3, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    symbols: [[0, 0]],
  },
  {
    ...conv([2, 3, 6, 5], [2, 3, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    symbols: [
      [0, 2],
      [0, 3],
    ],
  },
];

const transposed = (
  x: number[],
  w: number[],
  attributes: NonNullable<OperatorCase['attributes']> = {},
): OperatorCase => ({
  operator: 'ConvTranspose',
  operands: [x, w, [w[1] * Number(attributes.group ?? 1)]],
  attributes,
});

const transposedConvolutions: OperatorCase[] = [
  transposed([2, 3, 4, 4], [3, 2, 3, 3]),
  transposed([1, 2, 3, 4], [2, 2, 3, 3], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    output_padding: [1, 1],
  }),
  transposed([2, 4, 3, 3], [4, 1, 2, 2], { group: 2, strides: [2, 2] }),
  transposed([1, 2, 3, 3], [2, 2, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  transposed([1, 2, 5], [2, 3, 3], { dilations: [2], strides: [2] }),
  transposed([1, 2, 3, 3], [2, 1, 3, 3], { strides: [2, 2], output_shape: [6, 6] }),
  transposed([1, 2, 3, 3], [2, 1, 3, 3], { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
];

const pool = (
  operator: string,
  x: number[],
  attributes: NonNullable<OperatorCase['attributes']>,
): OperatorCase => ({ operator, operands: [x], attributes });

const poolings: OperatorCase[] = [
  ...['MaxPool', 'AveragePool'].flatMap((operator) => [
    pool(operator, [2, 3, 6, 5], { kernel_shape: [2, 2], strides: [2, 2] }),
    pool(operator, [1, 2, 7, 7], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    pool(operator, [1, 2, 6, 7], { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
    pool(operator, [1, 2, 7, 7], { kernel_shape: [3, 3], strides: [3, 3], auto_pad: 'SAME_UPPER' }),
    pool(operator, [1, 2, 9], { kernel_shape: [3], strides: [2] }),
    pool(operator, [1, 1, 4, 4, 4], { kernel_shape: [2, 2, 2], strides: [2, 1, 2] }),
    pool(operator, [1, 2, 7, 7], { kernel_shape: [2, 2], dilations: [2, 2] }),
    {
      ...pool(operator, [2, 3, 6, 5], {
        kernel_shape: [2, 2],
        strides: [2, 2],
        pads: [0, 1, 0, 1],
      }),
      symbols: [
        [0, 0],
        [0, 2],
        [0, 3],
      ] as const,
    },
  ]),
  pool('AveragePool', [1, 2, 7, 7], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  { operator: 'GlobalAveragePool', operands: [[2, 3, 4, 5]] },
  {
    operator: 'GlobalAveragePool',
    operands: [[2, 3, 4, 5]],
    symbols: [
      [0, 0],
      [0, 2],
    ],
  },
  { operator: 'GlobalMaxPool', operands: [[2, 3, 4, 5]] },
  { operator: 'LpPool', operands: [[1, 2, 5, 5]], attributes: { kernel_shape: [2, 2], p: 2 } },
  { operator: 'GlobalLpPool', operands: [[2, 2, 3, 3]] },
];

const reductions: OperatorCase[] = 'Sum Mean Max Min Prod L1 L2 SumSquare LogSumExp LogSum'
  .split(' ')
  .flatMap((name) => {
    const operator = `Reduce${name}`;
    const x = positive([2, 3, 4]);
    return [
      { operator, operands: [x, int64([1])] },
      { operator, operands: [x, int64([0, -1])], attributes: { keepdims: 0 } },
      { operator, operands: [x] },
      { operator, operands: [x], attributes: { keepdims: 0 } },
      { operator, operands: [x], attributes: { noop_with_empty_axes: 1 } },
      { operator, operands: [x, int64([1])], symbols: [[0, 1] as const] },
    ];
  });

const channels = (count: number) => [between(0.5, 2, [count]), [count]];

const normalizations: OperatorCase[] = [
  { operator: 'BatchNormalization', operands: [[3, 2, 4, 2], ...channels(2), [2], positive([2])] },
  { operator: 'BatchNormalization', operands: [[3, 2], ...channels(2), [2], positive([2])] },
  {
    operator: 'BatchNormalization',
    operands: [[3, 2, 4], ...channels(2), [2], positive([2])],
    attributes: { training_mode: 1, momentum: 0.7 },
    outputs: 3,
  },
  { operator: 'LayerNormalization', operands: [[2, 3, 5], [5], [5]] },
  { operator: 'LayerNormalization', operands: [[2, 3, 5], [5]], attributes: { epsilon: 0.1 } },
  {
    operator: 'LayerNormalization',
    operands: [
      [2, 3, 5],
      [3, 5],
      [3, 5],
    ],
    attributes: { axis: 1 },
  },
  { operator: 'LayerNormalization', operands: [[2, 4], [4], [4]], outputs: 3 },
  { operator: 'InstanceNormalization', operands: [[2, 3, 4, 2], ...channels(3)] },
  {
    operator: 'GroupNormalization',
    operands: [[2, 4, 3, 2], ...channels(4)],
    attributes: { num_groups: 2 },
  },
  { operator: 'RMSNormalization', operands: [[2, 3, 5], [5]], opset: 23 },
  {
    operator: 'LRN',
    operands: [[2, 5, 2, 3]],
    attributes: { size: 3, alpha: 0.5, beta: 0.6, bias: 2 },
  },
  {
    operator: 'LRN',
    operands: [[1, 6, 2]],
    attributes: { size: 4, alpha: 0.5 },
    notInEngine: 'even sizes',
  },
  { operator: 'MeanVarianceNormalization', operands: [[2, 3, 2, 2]] },
  { operator: 'LpNormalization', operands: [[2, 3, 4]], attributes: { axis: 1 } },
  { operator: 'LpNormalization', operands: [[2, 3, 4]], attributes: { p: 1 } },
];

const resize = (
  x: number[],
  scales: number[],
  attributes: NonNullable<OperatorCase['attributes']>,
): OperatorCase => ({ operator: 'Resize', operands: [x, null, float32(scales)], attributes });

const resizings: OperatorCase[] = [
  resize([1, 2, 3, 4], [1, 1, 2, 2], { mode: 'nearest' }),
  resize([1, 2, 3, 4], [1, 1, 2, 3], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  }),
  resize([1, 2, 6, 4], [1, 1, 0.5, 2], { mode: 'linear' }),
  resize([1, 2, 3, 4], [1, 1, 2, 1.5], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  }),
  resize([1, 2, 4, 4], [1, 1, 2, 2], { mode: 'cubic' }),
  {
    operator: 'Resize',
    operands: [[1, 2, 3, 4], null, null, int64([1, 2, 7, 5])],
    attributes: { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
  },
  {
    operator: 'Resize',
    operands: [[2, 2, 3, 4], null, null, int64([5, 8])],
    attributes: { mode: 'nearest', axes: [2, 3], nearest_mode: 'round_prefer_ceil' },
    symbols: [[0, 0]],
  },
];

describe('the vector-Jacobian product is that of differences, in onnxruntime too, and again', () => {
  test.each(named(products))('%s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(convolutions))('%s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(transposedConvolutions))('%s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(poolings))('%s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(reductions))('%s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(normalizations))('%s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(resizings))('%s', async (_, one) => {
    await checkOperator(one);
  });
});
