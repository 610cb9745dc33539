import { describe, test } from 'vitest';
import { checkOperator, int64, type OperatorCase } from '../../../test/operator-check.ts';

const named = (cases: readonly OperatorCase[]): [string, OperatorCase][] =>
  cases.map((one, index) => [
    `${one.operator} ${JSON.stringify(one.attributes ?? {})} (${index + 1})`,
    one,
  ]);

const tuples: OperatorCase[] = [
  // Batch axes: the tuples of each example point into that example alone.
  {
    operator: 'GatherND',
    operands: [[2, 3, 4], int64([1, 0, 1, 2], [2, 2, 1])],
    attributes: { batch_dims: 1 },
  },
  {
    operator: 'GatherND',
    operands: [[2, 3, 4], int64([2, -1, 0, 1], [2, 2])],
    attributes: { batch_dims: 1 },
  },
  {
    operator: 'GatherND',
    operands: [[2, 2, 3, 2], int64([0, 2, 1, 1, 0, -1, 2, 2], [2, 2, 2, 1])],
    attributes: { batch_dims: 2 },
    symbols: [[0, 0]],
  },
  {
    operator: 'GatherND',
    operands: [[3, 2], int64([0, 0, 2, 0, 0, 0], [3, 2])],
  },
];

const reductions = ['mul', 'max', 'min'];

const scattering: OperatorCase[] = reductions.flatMap((reduction): OperatorCase[] => [
  {
    operator: 'ScatterElements',
    operands: [[3, 4], int64([0, 2, 2, 2, 1, 0], [2, 3]), [2, 3]],
    attributes: { axis: 0, reduction },
  },
  {
    operator: 'ScatterElements',
    operands: [[1, 4], int64([-1, -1, 0], [1, 3]), [1, 3]],
    attributes: { axis: -1, reduction },
  },
  {
    operator: 'ScatterND',
    operands: [[3, 2, 2], int64([0, 2, 0], [3, 1]), [3, 2, 2]],
    attributes: { reduction },
  },
  {
    operator: 'ScatterND',
    operands: [[3, 2], int64([0, 1, 2, -1], [2, 2]), [2]],
    attributes: { reduction },
    symbols: [[0, 0]],
  },
]);

const largest: OperatorCase[] = [
  { operator: 'TopK', operands: [[3, 5], int64([2])], outputs: 2, looksAt: [0] },
  {
    operator: 'TopK',
    operands: [[2, 4, 3], int64([4])],
    attributes: { axis: 1, largest: 0 },
    outputs: 2,
    looksAt: [0],
    symbols: [[0, 0]],
  },
];

const diagonals: OperatorCase[] = ['ii->i', 'ii', 'iji,jk->ik', '...ii->...i', 'iii->i'].map(
  (equation): OperatorCase => ({
    operator: 'Einsum',
    operands: equation.startsWith('iji')
      ? [
          [3, 2, 3],
          [2, 4],
        ]
      : [equation.startsWith('...') ? [2, 3, 3] : equation.startsWith('iii') ? [2, 2, 2] : [3, 3]],
    attributes: { equation },
  }),
);

const einsums: OperatorCase[] = [
  ...diagonals,
  // An index of one operand only is summed, another is broadcast.
  {
    operator: 'Einsum',
    operands: [
      [1, 2, 3],
      [4, 3, 2],
    ],
    attributes: { equation: '...ik,...kj->...j' },
  },
  {
    operator: 'Einsum',
    operands: [
      [2, 1, 3],
      [2, 4, 3],
    ],
    attributes: { equation: 'b...d,b...d->b...' },
    symbols: [[0, 0]],
  },
];

const pools: OperatorCase[] = [
  {
    operator: 'MaxPool',
    operands: [[1, 2, 3, 4]],
    attributes: { kernel_shape: [2, 2], storage_order: 1 },
  },
];

describe('value and vector-Jacobian product', () => {
  test.each(named([...tuples, ...scattering, ...largest]))('picking: %s', async (_, one) => {
    await checkOperator(one);
  });

  test.each(named([...einsums, ...pools]))('repeated indices: %s', async (_, one) => {
    await checkOperator(one);
  });
});
