import { describe, expect, test } from 'vitest';
import { builder, encodeModel, modelOf } from '../../graph/index.ts';
import { openSession } from '../../runtime/index.ts';
import { gradient } from '../index.ts';
import { checkOperator, float32, int64, type OperatorCase } from '../../../test/operator-check.ts';

const named = (cases: readonly OperatorCase[]): [string, OperatorCase][] =>
  cases.map((one, index) => [`${one.operator}, case ${index + 1}`, one]);

const cases: OperatorCase[] = [
  { operator: 'Reshape', operands: [[2, 3, 4], int64([4, -1])] },
  { operator: 'Reshape', operands: [[2, 3, 4], int64([0, 12])], symbols: [[0, 0]] },
  {
    operator: 'Reshape',
    operands: [[2, 3, 4], int64([2, -1])],
    symbols: [
      [0, 1],
      [0, 2],
    ],
  },
  { operator: 'Flatten', operands: [[2, 3, 4]] },
  { operator: 'Flatten', operands: [[2, 3, 4]], attributes: { axis: -1 }, symbols: [[0, 0]] },
  { operator: 'Squeeze', operands: [[2, 1, 4, 1], int64([1, -1])] },
  { operator: 'Squeeze', operands: [[2, 1, 4, 1]] },
  { operator: 'Unsqueeze', operands: [[2, 4], int64([0, -1])] },
  { operator: 'Transpose', operands: [[2, 3, 4]], attributes: { perm: [2, 0, 1] } },
  { operator: 'Transpose', operands: [[2, 3, 4]] },
  {
    operator: 'Concat',
    operands: [
      [2, 3],
      [2, 1],
      [2, 4],
    ],
    attributes: { axis: 1 },
  },
  {
    operator: 'Concat',
    operands: [
      [2, 3],
      [1, 3],
    ],
    attributes: { axis: -2 },
  },
  {
    operator: 'Concat',
    operands: [
      [2, 3],
      [2, 2],
    ],
    attributes: { axis: -1 },
    symbols: [[0, 1]],
  },
  { operator: 'Slice', operands: [[5, 6], int64([1]), int64([4]), int64([0])] },
  { operator: 'Slice', operands: [[5, 6], int64([-3, 0]), int64([2 ** 40, -1])] },
  {
    operator: 'Slice',
    operands: [[5, 6], int64([4, 0]), int64([-99, 6]), int64([0, 1]), int64([-2, 3])],
  },
  { operator: 'Slice', operands: [[5, 6], int64([1]), int64([-1]), int64([0])], symbols: [[0, 0]] },
  {
    operator: 'Slice',
    operands: [[2, 3, 5, 6], int64([0, 0]), int64([99, 99]), int64([2, 3]), int64([2, 3])],
    symbols: [[0, 0]],
  },
  {
    operator: 'Slice',
    operands: [[2, 3, 9], int64([-8, 1]), int64([7, 3]), int64([-1, 1]), int64([3, 1])],
  },
  { operator: 'Split', operands: [[2, 7], int64([3, 4])], attributes: { axis: 1 }, outputs: 2 },
  {
    operator: 'Split',
    operands: [[6, 2]],
    attributes: { axis: 0, num_outputs: 3 },
    outputs: 3,
    looksAt: [0, 2],
  },
  { operator: 'Pad', operands: [[3, 4], int64([1, 0, 2, 1])] },
  { operator: 'Pad', operands: [[3, 4], int64([1, -1, 0, 2]), []] },
  { operator: 'Pad', operands: [[3, 4], int64([1, 2]), null, int64([1])], symbols: [[0, 0]] },
  { operator: 'Pad', operands: [[3, 4], int64([1, 2, 1, 0])], attributes: { mode: 'reflect' } },
  { operator: 'Pad', operands: [[3, 4], int64([1, 2, 1, 0])], attributes: { mode: 'edge' } },
  { operator: 'Pad', operands: [[3, 4], int64([1, 2, 1, 0])], attributes: { mode: 'wrap' } },
  { operator: 'Expand', operands: [[3, 1], int64([2, 1, 4])] },
  {
    operator: 'Expand',
    operands: [[3, 1], int64([2, 1, 4])],
    symbols: [
      [0, 0],
      [0, 1],
    ],
  },
  { operator: 'Tile', operands: [[2, 3], int64([3, 2])] },
  { operator: 'DepthToSpace', operands: [[1, 8, 2, 3]], attributes: { blocksize: 2 } },
  { operator: 'DepthToSpace', operands: [[2, 4, 2, 3]], attributes: { blocksize: 2, mode: 'CRD' } },
  { operator: 'SpaceToDepth', operands: [[1, 2, 4, 6]], attributes: { blocksize: 2 } },
  { operator: 'Trilu', operands: [[2, 4, 4], int64([1], [])], attributes: { upper: 0 } },
  { operator: 'Trilu', operands: [[3, 4]] },
  { operator: 'CumSum', operands: [[3, 4], int64([1], [])], attributes: { exclusive: 1 } },
  { operator: 'CumSum', operands: [[3, 4], int64([0], [])], attributes: { reverse: 1 } },
  { operator: 'Gather', operands: [[5, 3], int64([0, 4, 0, -2], [2, 2])] },
  { operator: 'Gather', operands: [[2, 5, 3], int64([3, 3, 1])], attributes: { axis: 1 } },
  { operator: 'Gather', operands: [[2, 5, 3], int64([1], [])], attributes: { axis: -1 } },
  { operator: 'Gather', operands: [[5], int64([1], [])] },
  {
    operator: 'Gather',
    operands: [[2, 5, 3], int64([0, 2])],
    attributes: { axis: 2 },
    symbols: [[0, 0]],
  },
  {
    operator: 'GatherElements',
    operands: [[3, 4], int64([0, 3, 1, 1, 2, -1], [3, 2])],
    attributes: { axis: 1 },
  },
  { operator: 'GatherND', operands: [[3, 4, 2], int64([0, 1, 2, 3, 0, 1], [3, 2])] },
  {
    operator: 'ScatterND',
    operands: [[4, 2], int64([1, 3, 1], [3, 1]), [3, 2]],
    attributes: { reduction: 'add' },
  },
  { operator: 'ScatterND', operands: [[4, 2], int64([1, 3], [2, 1]), [2, 2]] },
  {
    operator: 'ScatterElements',
    operands: [[4, 2], int64([1, 3], [1, 2]), [1, 2]],
    attributes: { axis: 0 },
  },
  {
    operator: 'ScatterElements',
    operands: [[4], int64([1, 3, 1]), [3]],
    attributes: { reduction: 'add' },
  },
  { operator: 'Dropout', operands: [[2, 3], float32([0.5], [])] },
  {
    operator: 'Dropout',
    operands: [[2, 3], float32([0.5], []), { dtype: 'bool', shape: [], data: Uint8Array.of(0) }],
  },
  { operator: 'CastLike', operands: [[2, 3], float32([1])] },
];

describe('the vector-Jacobian product is that of differences, in onnxruntime too, and again', () => {
  test.each(named(cases))('%s', async (_, one) => {
    await checkOperator(one);
    expect(one.operands.length).toBeGreaterThan(0);
  });
});

// onnxruntime 1.30 loses updates when a ScatterND adds on several threads to places that occur repeatedly.
test('rows that are gathered thousands of times are all added up, on several threads', async () => {
  const count = 20_000;
  const b = builder('rows');
  b.input('ids', 'int64', [count]);
  const rows = b.constant(
    'rows',
    float32(
      Array.from({ length: 192 }, () => 1),
      [3, 64],
    ),
  );
  b.output('y', b.node('gather', 'Gather', [rows, 'ids']), 'float32', [count, 64]);
  const derivative = gradient(b.build(), { loss: 'sum' });
  const session = await openSession(encodeModel(modelOf(derivative)), { threads: 4 });
  const ids = int64(Array.from({ length: count }, (_, index) => index % 3));
  for (let run = 0; run < 20; run++) {
    const { data } = (await session.run({ ids }))['grad(rows)'];
    expect(new Set(Array.from(data, Number))).toEqual(new Set([6667, 6666]));
  }
  await session.close();
});
