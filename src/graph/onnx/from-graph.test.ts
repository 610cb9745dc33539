import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { AttributeProto_AttributeType as Type } from 'onnx-buf';
import { expect, test } from 'vitest';
import { builder } from '../builder.ts';
import type { Graph } from '../graph.ts';
import { decodeModel } from './decode.ts';
import { encodeModel } from './encode.ts';
import { modelOf } from './from-graph.ts';
import { computedValues, withOutputs } from './outputs.ts';

/** `y = 2 relu(x W) + 1`, W of 2 × 2. */
function small(): Graph {
  const { input, parameter, constant, node, output, build } = builder('small');
  const x = input('x', 'float32', ['batch', 2]);
  const w = parameter('w', [2, 2]);
  const two = constant('two', { dtype: 'float32', shape: [], data: Float32Array.of(2) });
  const product = node('product', 'Gemm', [x, w], { alpha: 1, transB: 0 });
  const doubled = node('doubled', 'Mul', [node('relu', 'Relu', [product]), two]);
  const one = { dtype: 'float32', shape: [1], data: Float32Array.of(1) } as const;
  const plusOne = node('plus', 'Add', [doubled, node('one', 'Constant', [], { value: one })]);
  output('y', plusOne, 'float32', ['batch', 2]);
  return build();
}

const identity = {
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.of(1, 0, 0, 1),
} as const;

test('the model of a built graph runs in onnxruntime with the values given to it', async () => {
  const bytes = encodeModel(modelOf(small()), new Map([['w', identity]]));
  const session = await InferenceSession.create(bytes);
  const { y } = await session.run({ x: new OrtTensor('float32', [3, -1], [1, 2]) });
  expect([...(y.data as Float32Array)]).toEqual([7, 1]);
});

test('a built graph is the same after it was written and read, but for its Constant nodes', () => {
  const graph = small();
  const { graph: read } = decodeModel(encodeModel(modelOf(graph)), { name: 'x.onnx' });
  const { constants, ...rest } = read;
  const { constants: before, ...expected } = graph;
  expect(rest).toEqual({
    ...expected,
    nodes: expected.nodes.filter(({ operator }) => operator !== 'Constant'),
  });
  expect([...constants.keys()]).toEqual([...before.keys(), 'one_output']);
  for (const [name, { read: tensor }] of before) {
    expect(constants.get(name)?.read()).toEqual(tensor());
  }
});

test('whole numbers are written as floats where the operators have floats under that name', () => {
  const { input, node, output, build } = builder('attributes');
  const x = input('x', 'float32', [1]);
  const attributes = {
    alpha: 1,
    axis: 1,
    other: 0.5,
    scales: [1, 2],
    pads: [0, 1],
    none: [],
    direction: 'forward',
    activations: ['Tanh'],
  };
  output('y', node('all', 'Mystery', [x], attributes), 'float32', [1]);
  const [all] = modelOf(build()).proto.graph.node;
  expect(Object.fromEntries(all.attribute.map(({ name, type }) => [name, Type[type]]))).toEqual({
    alpha: 'FLOAT',
    axis: 'INT',
    other: 'FLOAT',
    scales: 'FLOATS',
    pads: 'INTS',
    none: 'INTS',
    direction: 'STRING',
    activations: 'STRINGS',
  });
});

test('a run returns the values that are declared as outputs, in their order', async () => {
  const model = modelOf(small());
  const names = [...computedValues(model)].filter((name) => name !== 'one_output');
  const more = withOutputs(model, names);
  expect(more.graph.outputs.map(({ name }) => name)).toEqual(['y', ...names.slice(0, -1)]);
  const session = await InferenceSession.create(encodeModel(more, new Map([['w', identity]])));
  expect(session.outputNames).toEqual(['y', ...names.slice(0, -1)]);
  const results = await session.run({ x: new OrtTensor('float32', [3, -1], [1, 2]) });
  expect([...(results['product_output'].data as Float32Array)]).toEqual([3, -1]);
  expect([...(results['relu_output'].data as Float32Array)]).toEqual([3, 0]);
  expect(() => withOutputs(model, ['x'])).toThrow(
    'withOutputs: an output must be a value that the graph computes, got "x"',
  );
});
