import { expect, test } from 'vitest';
import { builder, type Graph } from '../graph/index.ts';
import { withOpenBatch } from './open-batch.ts';

/** x [2,3,2] reshaped to `shape`, times w [6,4]. */
function reshaped(shape: readonly number[], outputs: readonly number[]): Graph {
  const b = builder('reshaped');
  const x = b.input('x', 'float32', [2, 3, 2]);
  const to = b.constant('to', {
    dtype: 'int64',
    shape: [shape.length],
    data: BigInt64Array.from(shape, BigInt),
  });
  const flat = b.node('flat', 'Reshape', [x, to]);
  const w = b.parameter('w', [6, 4]);
  b.output('y', b.node('product', 'MatMul', [flat, w]), 'float32', outputs);
  return b.build();
}

test('a number of examples that only the declarations fix is left open', () => {
  const { inputs, outputs } = withOpenBatch(reshaped([-1, 6], [2, 4]));
  expect(inputs.map(({ shape }) => shape)).toEqual([['batch', 3, 2]]);
  expect(outputs.map(({ shape }) => shape)).toEqual([['batch', 4]]);
});

test('a number of examples that a node depends on stays', () => {
  const graph = reshaped([2, 6], [2, 4]);
  expect(withOpenBatch(graph)).toBe(graph);
});
