import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import { expect, test } from 'vitest';
import type { Tensor } from '../../tensor/index.ts';
import { builder } from '../builder.ts';
import type { Constant, Node } from '../graph.ts';
import { decodeModel } from './decode.ts';
import { editModel, type ModelEdit } from './edit.ts';
import { encodeModel } from './encode.ts';
import { modelOf } from './from-graph.ts';
import type { Model } from './model.ts';

const vector = (...values: number[]): Tensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

const constant = (name: string, tensor: Tensor): Constant => ({
  name,
  dtype: tensor.dtype,
  shape: tensor.shape,
  source: 'initializer',
  read: () => tensor,
});

const NONE: ModelEdit = {
  added: new Map(),
  inputs: new Map(),
  constants: new Map(),
  shapes: new Map(),
};

/** `y = (x + a) · b` with values that are declared. */
function model(): Model {
  const b = builder('two');
  b.input('x', 'float32', [3]);
  const sum = b.node('sum', 'Add', ['x', b.constant('a', vector(1, 2, 3))]);
  b.output('y', b.node('product', 'Mul', [sum, b.constant('b', vector(4, 5, 6))]), 'float32', [3]);
  const graph = b.build();
  const info = { name: sum, dtype: 'float32', shape: [3] } as const;
  return modelOf({ ...graph, values: new Map([[sum, info]]) });
}

const reread = (edited: Model): Model => decodeModel(encodeModel(edited), { name: 'written' });

test('no change is the same file', () => {
  expect(encodeModel(editModel(model(), NONE))).toEqual(encodeModel(model()));
});

test('nodes stand behind what they read, and who reads them reads them', () => {
  const negative: Node = {
    name: 'negative',
    operator: 'Neg',
    domain: '',
    inputs: ['sum_output'],
    outputs: ['minus'],
    attributes: {},
  };
  const edited = editModel(model(), {
    ...NONE,
    added: new Map([['sum_output', [negative]]]),
    inputs: new Map([['product_output', ['minus', 'b']]]),
  });
  for (const { graph } of [edited, reread(edited)]) {
    expect(graph.nodes.map(({ name, inputs }) => `${name} ${inputs.join()}`)).toEqual([
      'sum x,a',
      'negative sum_output',
      'product minus,b',
      'y_identity product_output',
    ]);
  }
});

test('tensors are replaced or added with the shape they have, and declarations follow', () => {
  const edited = editModel(model(), {
    ...NONE,
    inputs: new Map([['product_output', ['sum_output', 'c']]]),
    constants: new Map([
      ['a', constant('a', vector(7))],
      ['c', constant('c', vector(8, 9))],
    ]),
    shapes: new Map([['sum_output', ['n']]]),
  });
  for (const { graph } of [edited, reread(edited)]) {
    expect([...graph.constants.keys()]).toEqual(['a', 'b', 'c']);
    expect(graph.constants.get('a')?.read()).toEqual(vector(7));
    expect(graph.constants.get('c')?.read()).toEqual(vector(8, 9));
    expect(graph.constants.get('b')?.read()).toEqual(vector(4, 5, 6));
    expect(graph.values.get('sum_output')?.shape).toEqual(['n']);
  }
});

test('a tensor that a node made becomes an initializer, and its stored shape goes', () => {
  const proto = fromBinary(ModelProtoSchema, encodeModel(model()));
  const { graph } = proto;
  if (graph === undefined) throw new Error('the model must have a graph');
  proto.irVersion = 3n;
  const [, b] = graph.initializer;
  graph.initializer = graph.initializer.filter((tensor) => tensor !== b);
  const shape = modelOf({
    ...model().graph,
    constants: new Map([
      ['s', constant('s', { dtype: 'int64', shape: [1], data: BigInt64Array.of(3n) })],
    ]),
  });
  graph.initializer.push(...fromBinary(ModelProtoSchema, encodeModel(shape)).graph!.initializer);
  for (const { name } of graph.initializer)
    graph.input.push(create(ValueInfoProtoSchema, { name }));
  graph.node.unshift(
    create(NodeProtoSchema, { opType: 'ConstantOfShape', input: ['s'], output: ['b'] }),
  );
  const before = decodeModel(toBinary(ModelProtoSchema, proto), { name: 'old' });
  expect(before.graph.constants.get('b')?.source).toBe('constantOfShape');
  const edited = editModel(before, {
    ...NONE,
    constants: new Map([['b', constant('b', vector(2))]]),
  });
  for (const after of [edited, reread(edited)]) {
    expect([...after.graph.constants.keys()]).toEqual(['a', 'b']);
    expect(after.graph.constants.get('b')?.read()).toEqual(vector(2));
    expect(after.proto.graph.input.map(({ name }) => name)).toEqual(['x', 'a', 'b']);
  }
});

test('a value that no node of the graph itself makes cannot be changed', () => {
  expect(() =>
    editModel(model(), { ...NONE, inputs: new Map([['call/inner', ['x']]]) }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: editModel: a node to be changed must stand in the graph itself, not in a function, got the one that makes "call/inner"]`,
  );
});
