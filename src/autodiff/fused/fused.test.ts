import { describe, expect, test } from 'vitest';
import {
  checkComposed,
  float32,
  graphOfCase,
  int64,
  type Operand,
  type OperatorCase,
} from '../../../test/operator-check.ts';
import { vjp } from '../index.ts';

const domain = 'com.microsoft';

const named = (cases: readonly OperatorCase[]): [string, OperatorCase][] =>
  cases.map((one, index) => [
    `${one.operator} ${JSON.stringify(one.attributes ?? {})} (${index + 1})`,
    one,
  ]);

const int32 = (values: readonly number[], shape: readonly number[]): Operand => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(values),
});

const bools = (values: readonly number[], shape: readonly number[]): Operand => ({
  dtype: 'bool',
  shape,
  data: Uint8Array.from(values),
});

const activations: OperatorCase[] = [
  { operator: 'BiasGelu', operands: [[2, 3], [3]], domain },
  { operator: 'FastGelu', operands: [[2, 3]], domain },
  { operator: 'FastGelu', operands: [[2, 3], [3]], domain },
  { operator: 'QuickGelu', operands: [[2, 3]], domain },
  { operator: 'QuickGelu', operands: [[4]], attributes: { alpha: 1 }, domain },
];

const x24: Operand = [2, 3, 4];

const products: OperatorCase[] = [
  {
    operator: 'FusedMatMul',
    operands: [x24, [2, 3, 4]],
    attributes: { transB: 1, alpha: 0.5 },
    domain,
  },
  {
    operator: 'FusedMatMul',
    operands: [
      [4, 3],
      [4, 2],
    ],
    attributes: { transA: 1 },
    domain,
  },
  {
    operator: 'FusedMatMul',
    operands: [
      [3, 2, 4],
      [2, 4, 3],
    ],
    attributes: { transBatchA: 1 },
    domain,
  },
  {
    operator: 'FusedMatMul',
    operands: [
      [3, 2, 4],
      [5, 2, 4],
    ],
    attributes: { transBatchA: 1, transBatchB: 1, transB: 1 },
    domain,
  },
  {
    operator: 'FusedConv',
    operands: [[1, 2, 4, 4], [3, 2, 3, 3], [3]],
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], activation: 'Tanh' },
    domain,
  },
  {
    operator: 'FusedConv',
    operands: [[1, 2, 4, 4], [2, 2, 3, 3], [2], [1, 2, 2, 2]],
    attributes: {
      kernel_shape: [3, 3],
      activation: 'LeakyRelu',
      activation_params: [0.25],
    },
    domain,
  },
  {
    operator: 'FusedGemm',
    operands: [[2, 3], [4, 3], [4]],
    attributes: { transB: 1, activation: 'LeakyRelu', activation_alpha: 0.125 },
    domain,
  },
];

const normalizations: OperatorCase[] = [
  { operator: 'SkipLayerNormalization', operands: [x24, x24, [4], [4]], domain },
  {
    operator: 'SkipLayerNormalization',
    operands: [x24, x24, [4], null, [4]],
    attributes: { epsilon: 0.1 },
    domain,
  },
  { operator: 'SkipSimplifiedLayerNormalization', operands: [x24, x24, [4]], domain },
  {
    operator: 'SimplifiedLayerNormalization',
    operands: [x24, [4]],
    attributes: { axis: -1, epsilon: 0.01 },
  },
  {
    operator: 'EmbedLayerNormalization',
    operands: [
      int32([0, 2, 1, 2], [2, 2]),
      int32([0, 1, 1, 1], [2, 2]),
      [3, 4],
      [2, 4],
      [2, 4],
      [4],
      [4],
    ],
    outputs: 2,
    looksAt: [0],
    domain,
  },
];

const losses: OperatorCase[] = ['mean', 'sum', 'none'].flatMap((reduction): OperatorCase[] => [
  {
    operator: 'SoftmaxCrossEntropyLoss',
    operands: [[3, 4], int64([0, 3, 1])],
    attributes: { reduction },
    outputs: 2,
  },
  {
    operator: 'SoftmaxCrossEntropyLoss',
    operands: [[2, 3, 2], int64([0, -1, 2, 1], [2, 2]), float32([0.5, 1, 2])],
    attributes: { reduction, ignore_index: -1 },
  },
  {
    operator: 'NegativeLogLikelihoodLoss',
    operands: [[2, 3], int64([2, 0]), [3]],
    attributes: { reduction },
  },
]);

const blocks: OperatorCase[] = [
  { operator: 'Col2Im', operands: [[1, 4, 9], int64([4, 4]), int64([2, 2])] },
  {
    operator: 'Col2Im',
    operands: [[2, 12, 4], int64([5, 6]), int64([3, 2])],
    attributes: { strides: [2, 3], dilations: [1, 2], pads: [0, 1, 0, 0] },
    symbols: [[0, 0]],
  },
];

const samplings: OperatorCase[] = ['zeros', 'border'].flatMap((padding_mode) =>
  [0, 1].flatMap((align_corners): OperatorCase[] => [
    {
      operator: 'GridSample',
      operands: [
        [2, 2, 3, 4],
        [2, 3, 2, 2],
      ],
      attributes: { padding_mode, align_corners },
    },
    {
      operator: 'GridSample',
      operands: [[1, 2, 3, 4], float32([-0.7, 0.3, 0.9, -0.4, 1.4, 0.2], [1, 3, 1, 2])],
      attributes: { mode: 'nearest', padding_mode, align_corners },
    },
  ]),
);

const attentions: OperatorCase[] = [
  {
    operator: 'Attention',
    operands: [x24, [4, 12], [12]],
    attributes: { num_heads: 2 },
    domain,
  },
  {
    operator: 'Attention',
    operands: [x24, [4, 12], [12], int32([1, 1, 0, 1, 1, 1], [2, 3])],
    attributes: { num_heads: 2, unidirectional: 1, scale: 0.5 },
    domain,
  },
  {
    operator: 'MultiHeadAttention',
    operands: [[1, 3, 4], [1, 2, 4], [1, 2, 4], [12]],
    attributes: { num_heads: 2 },
    domain,
  },
  {
    operator: 'MultiHeadAttention',
    operands: [x24, x24, x24, null, int32([1, 1, 0, 1, 1, 1], [2, 3]), [1, 2, 3, 3]],
    attributes: { num_heads: 2 },
    domain,
  },
  {
    operator: 'Attention',
    operands: [
      [1, 2, 3, 4],
      [1, 2, 5, 4],
      [1, 2, 5, 3],
    ],
    opset: 23,
  },
  {
    operator: 'Attention',
    operands: [x24, x24, [2, 3, 6]],
    attributes: { q_num_heads: 2, kv_num_heads: 2, is_causal: 1, scale: 0.3 },
    opset: 23,
    symbols: [[0, 0]],
  },
  {
    operator: 'Attention',
    operands: [
      [1, 4, 3, 2],
      [1, 2, 3, 2],
      [1, 2, 3, 2],
      bools([1, 0, 0, 1, 1, 0, 1, 1, 1], [3, 3]),
    ],
    opset: 23,
  },
  {
    operator: 'Attention',
    operands: [
      [1, 2, 2, 2],
      [1, 2, 2, 2],
      [1, 2, 2, 2],
      [1, 1, 2, 3],
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ],
    outputs: 3,
    opset: 23,
  },
];

describe('composed operators are what onnxruntime computes, and differentiated in their parts', () => {
  test.each(named([...activations, ...products, ...normalizations]))('%s', async (_, one) => {
    await checkComposed(one);
  });

  test.each(named([...losses, ...blocks, ...samplings, ...attentions]))('%s', async (_, one) => {
    await checkComposed(one);
  });
});

test('a form of theirs that is not known is named', () => {
  const { graph } = graphOfCase({
    operator: 'FusedConv',
    operands: [
      [1, 1, 3, 3],
      [1, 1, 3, 3],
    ],
    attributes: { activation: 'Swirl' },
    domain,
  });
  expect(() => vjp(graph)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: node "node" (com.microsoft.FusedConv): must have a derivative rule, got an operator without one]`,
  );
});
