import { expect, test } from 'vitest';
import { builder } from './index.ts';

test('a built graph has its nodes in the order of their making and its output under its own name', () => {
  const b = builder('net');
  const x = b.input('input', 'float32', ['batch', 3]);
  const weight = b.parameter('weight', [2, 3]);
  const y = b.node('fc', 'Gemm', [x, weight], { transB: 1 });
  expect(y).toBe('fc_output');
  b.output('output', y, 'float32', ['batch', 2]);
  const graph = b.build();
  expect(graph.nodes.map(({ operator, inputs, outputs }) => [operator, inputs, outputs])).toEqual([
    ['Gemm', ['input', 'weight'], ['fc_output']],
    ['Identity', ['fc_output'], ['output']],
  ]);
  expect(graph.outputs).toEqual([{ name: 'output', dtype: 'float32', shape: ['batch', 2] }]);
});

test('the outputs of a node are numbered where there are several', () => {
  const b = builder('net');
  const x = b.input('input', 'float32', ['batch', 6]);
  expect(b.node('split', 'Split', [x], { axis: 1, num_outputs: 3 }, 3)).toBe('split_output_0');
  expect(b.build().nodes[0].outputs).toEqual([
    'split_output_0',
    'split_output_1',
    'split_output_2',
  ]);
});

test('parameters are 0 unless another number is given', () => {
  const b = builder('net');
  b.parameter('weight', [2, 2]);
  b.parameter('scale', [3], 1);
  const { constants } = b.build();
  expect(constants.get('weight')?.read().data).toEqual(new Float32Array(4));
  expect(constants.get('scale')?.read().data).toEqual(Float32Array.of(1, 1, 1));
});

test('a name that is taken is refused', () => {
  const b = builder('net');
  b.parameter('weight', [1]);
  expect(() =>
    b.constant('weight', { dtype: 'bool', shape: [], data: new Uint8Array(1) }),
  ).toThrowErrorMatchingInlineSnapshot(`[RangeError: net: names must be unique, got weight twice]`);
});
