import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  GraphProtoSchema,
  ModelProtoSchema,
  type ModelProto,
  TensorProto_DataType as DataType,
} from 'onnx-buf';
import { expect, test } from 'vitest';
import type { Graph } from '../graph.ts';
import { decodeModel } from './decode.ts';

type GraphInit = MessageInitShape<typeof GraphProtoSchema>;
type ModelInit = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;

function file(graph: GraphInit, more: ModelInit = {}): Uint8Array {
  const opsetImport = [{ domain: '', version: 21n }];
  const init: ModelInit = { irVersion: 10n, opsetImport, ...more, graph };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, init));
}

function graphOf(graph: GraphInit, more: ModelInit = {}): Graph {
  return decodeModel(file(graph, more), { name: 'x.onnx' }).graph;
}

const bytes = (values: ArrayLike<number>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Float32Array.from(values).buffer);

const relu = { opType: 'Relu', input: ['x'], output: ['y'] };
const ends = { input: [{ name: 'x' }], output: [{ name: 'y' }] };
const names = (graph: Graph): string[] => graph.nodes.map(({ name }) => name);

test('every dtype is read from its typed field as ONNX lays down, and from raw_data', () => {
  const initializer = [
    { name: 'float32', dataType: DataType.FLOAT, dims: [2n], floatData: [1.5, -0] },
    { name: 'float64', dataType: DataType.DOUBLE, dims: [1n], doubleData: [0.1] },
    { name: 'float16', dataType: DataType.FLOAT16, dims: [2n], int32Data: [0x3c00, 0xc100] },
    { name: 'bfloat16', dataType: DataType.BFLOAT16, dims: [1n], int32Data: [0xbf80] },
    { name: 'int8', dataType: DataType.INT8, dims: [2n], int32Data: [-128, 127] },
    { name: 'int16', dataType: DataType.INT16, dims: [1n], int32Data: [-32768] },
    { name: 'int32', dataType: DataType.INT32, dims: [], int32Data: [-5] },
    { name: 'int64', dataType: DataType.INT64, dims: [1n, 1n], int64Data: [-(2n ** 63n)] },
    { name: 'uint8', dataType: DataType.UINT8, dims: [1n], int32Data: [255] },
    { name: 'uint16', dataType: DataType.UINT16, dims: [1n], int32Data: [65535] },
    { name: 'uint32', dataType: DataType.UINT32, dims: [1n], uint64Data: [2n ** 32n - 1n] },
    { name: 'uint64', dataType: DataType.UINT64, dims: [1n], uint64Data: [2n ** 64n - 1n] },
    { name: 'bool', dataType: DataType.BOOL, dims: [3n], int32Data: [0, 1, 7] },
    { name: 'empty', dataType: DataType.FLOAT, dims: [0n, 3n] },
    { name: 'raw', dataType: DataType.FLOAT, dims: [1n], rawData: bytes([2.5]) },
  ];
  const { constants } = graphOf({ ...ends, node: [relu], initializer });
  const read = [...constants].map(([name, constant]) => {
    const { dtype, shape, data } = constant.read();
    expect([dtype, shape]).toEqual([constant.dtype, constant.shape]);
    return [name, shape, Array.from<number | bigint>(data)];
  });
  expect(read).toEqual([
    ['float32', [2], [1.5, -0]],
    ['float64', [1], [0.1]],
    ['float16', [2], [0x3c00, 0xc100]],
    ['bfloat16', [1], [0xbf80]],
    ['int8', [2], [-128, 127]],
    ['int16', [1], [-32768]],
    ['int32', [], [-5]],
    ['int64', [1, 1], [-(2n ** 63n)]],
    ['uint8', [1], [255]],
    ['uint16', [1], [65535]],
    ['uint32', [1], [4294967295]],
    ['uint64', [1], [2n ** 64n - 1n]],
    ['bool', [3], [0, 1, 1]],
    ['empty', [0, 3], []],
    ['raw', [1], [2.5]],
  ]);
});

test('data that do not start at a multiple of their element size are read, from a Buffer too', () => {
  const whole = file({
    ...ends,
    node: [relu],
    initializer: [1, 2, 3].map((value) => ({
      name: 'w'.repeat(value),
      dataType: DataType.FLOAT,
      dims: [2n],
      rawData: bytes([value, -value]),
    })),
  });
  for (let shift = 0; shift < 4; shift++) {
    const moved = Buffer.alloc(whole.length + shift);
    moved.set(whole, shift);
    const { constants } = decodeModel(moved.subarray(shift), { name: 'x.onnx' }).graph;
    const read = [...constants.values()].map((constant) => constant.read().data);
    expect(read).toEqual([1, 2, 3].map((value) => Float32Array.of(value, -value)));
  }
});

test('a tensor of a type that a Tensor cannot have is no constant and does not stop the rest', () => {
  const { constants, values, inputs } = graphOf({
    ...ends,
    node: [relu, { opType: 'Cast', input: ['q'], output: ['r'] }],
    initializer: [
      { name: 'q', dataType: DataType.FLOAT8E4M3FN, dims: [2n], rawData: new Uint8Array(2) },
      { name: 's', dataType: DataType.STRING, dims: [1n], stringData: [new Uint8Array(3)] },
    ],
    sparseInitializer: [{ dims: [4n], values: { name: 'sparse', dataType: DataType.FLOAT } }],
  });
  expect([...constants]).toEqual([]);
  expect(inputs.map(({ name }) => name)).toEqual(['x']);
  expect([...values.values()]).toEqual([
    { name: 'q', dtype: null, shape: [2] },
    { name: 's', dtype: null, shape: [1] },
    { name: 'sparse', dtype: null, shape: [4] },
  ]);
});

test('Constant nodes of numbers are constants, other Constant nodes stay nodes', () => {
  const t = { dataType: DataType.FLOAT, dims: [2n], rawData: bytes([1, 2]) };
  const constant = (output: string, attribute: object): object => ({
    opType: 'Constant',
    output: [output],
    attribute: [attribute],
  });
  const graph = graphOf({
    ...ends,
    node: [
      constant('a', { name: 'value', type: Type.TENSOR, t }),
      constant('b', { name: 'value_float', type: Type.FLOAT, f: 0.5 }),
      constant('c', { name: 'value_floats', type: Type.FLOATS, floats: [1, 2, 3] }),
      constant('d', { name: 'value_int', type: Type.INT, i: 7n }),
      constant('e', { name: 'value_ints', type: Type.INTS, ints: [1n, -1n] }),
      constant('f', { name: 'value_string', type: Type.STRING, s: new Uint8Array(1) }),
      constant('g', { name: 'sparse_value', type: Type.SPARSE_TENSOR, sparseTensor: {} }),
      relu,
    ],
  });
  const read = [...graph.constants.values()].map(({ name, dtype, shape, source, read: tensor }) => [
    name,
    dtype,
    shape,
    source,
    Array.from<number | bigint>(tensor().data),
  ]);
  expect(read).toEqual([
    ['a', 'float32', [2], 'constant', [1, 2]],
    ['b', 'float32', [], 'constant', [0.5]],
    ['c', 'float32', [3], 'constant', [1, 2, 3]],
    ['d', 'int64', [], 'constant', [7n]],
    ['e', 'int64', [2], 'constant', [1n, -1n]],
  ]);
  expect(names(graph)).toEqual(['Constant_5', 'Constant_6', 'Relu_7']);
});

test('a ConstantOfShape node of a stored shape is a constant, of a computed shape a node', () => {
  const value = { name: 'value', type: Type.TENSOR };
  const graph = graphOf({
    ...ends,
    node: [
      { opType: 'ConstantOfShape', input: ['s'], output: ['w'] },
      {
        opType: 'ConstantOfShape',
        input: ['s'],
        output: ['v'],
        attribute: [{ ...value, t: { dataType: DataType.INT32, dims: [1n], int32Data: [9] } }],
      },
      { opType: 'Shape', input: ['x'], output: ['r'] },
      { opType: 'ConstantOfShape', input: ['r'], output: ['z'] },
      relu,
    ],
    initializer: [{ name: 's', dataType: DataType.INT64, dims: [2n], int64Data: [2n, 3n] }],
  });
  expect(graph.constants.get('w')).toMatchObject({ shape: [2, 3], source: 'constantOfShape' });
  expect(graph.constants.get('w')?.read().data).toEqual(new Float32Array(6));
  expect(graph.constants.get('v')?.read().data).toEqual(new Int32Array(6).fill(9));
  expect(names(graph)).toEqual(['Shape_2', 'ConstantOfShape_3', 'Relu_4']);
});

test('stored tensors that the first file formats list among the inputs are no inputs', () => {
  const dim = [{ value: { case: 'dimParam' as const, value: 'n' } }, {}];
  const elemType = DataType.FLOAT16;
  const type = { value: { case: 'tensorType' as const, value: { elemType, shape: { dim } } } };
  const graph = graphOf(
    {
      input: [{ name: 'w' }, { name: 'x', type }],
      output: [{ name: 'y' }],
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
      initializer: [{ name: 'w', dataType: DataType.FLOAT, dims: [1n], rawData: bytes([1]) }],
    },
    { irVersion: 3n },
  );
  expect(graph.inputs).toEqual([{ name: 'x', dtype: 'float16', shape: ['n', null] }]);
  expect(graph.outputs).toEqual([{ name: 'y', dtype: null, shape: null }]);
});

test('attributes become plain data; integers beyond 2^53 become the nearest number', () => {
  const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
  const attribute = [
    { name: 'f', type: Type.FLOAT, f: 0.25 },
    { name: 'i', type: Type.INT, i: 2n ** 63n - 1n },
    { name: 's', type: Type.STRING, s: utf8('größe') },
    { name: 'floats', type: Type.FLOATS, floats: [1, 2] },
    { name: 'ints', type: Type.INTS, ints: [-1n, 2n] },
    { name: 'none', type: Type.INTS },
    { name: 'strings', type: Type.STRINGS, strings: [utf8('a'), utf8('')] },
    { name: 'untyped', i: 3n },
    { name: '__proto__', type: Type.INT, i: 4n },
    { name: 'type', type: Type.TYPE_PROTO },
    {
      name: 't',
      type: Type.TENSOR,
      t: { dataType: DataType.FLOAT, dims: [1n], floatData: [8] },
    },
  ];
  const graph = graphOf({ ...ends, node: [{ ...relu, attribute }] });
  expect(Object.entries(graph.nodes[0].attributes)).toEqual([
    ['f', 0.25],
    ['i', 2 ** 63],
    ['s', 'größe'],
    ['floats', [1, 2]],
    ['ints', [-1, 2]],
    ['none', []],
    ['strings', ['a', '']],
    ['untyped', 3],
    ['__proto__', 4],
    ['t', { dtype: 'float32', shape: [1], data: Float32Array.of(8) }],
  ]);
});

test('nodes that stand before what they need are sorted, nodes in order keep their order', () => {
  const node = (name: string, input: string[]): object => ({
    name,
    opType: 'Sum',
    input,
    output: [`${name}.out`],
  });
  const sorted = graphOf({
    input: [{ name: 'x' }],
    output: [{ name: 'c.out' }],
    node: [node('c', ['b.out', 'x']), node('d', ['x']), node('b', ['a.out']), node('a', ['x'])],
  });
  expect(names(sorted)).toEqual(['a', 'b', 'c', 'd']);
  const kept = graphOf({
    input: [{ name: 'x' }],
    output: [{ name: 'd.out' }],
    node: [node('a', ['x']), node('b', ['x']), node('c', ['a.out']), node('d', ['b.out', ''])],
  });
  expect(names(kept)).toEqual(['a', 'b', 'c', 'd']);
  expect(kept.nodes[3].inputs).toEqual(['b.out', '']);
});

test('nodes of one name get names of their own', () => {
  const nodes = ['a', 'a', 'a_2', 'a'].map((name, index) => ({
    name,
    opType: 'Relu',
    input: ['x'],
    output: [`y${index}`],
  }));
  expect(names(graphOf({ input: [{ name: 'x' }], node: nodes }))).toEqual([
    'a',
    'a_2',
    'a_2_2',
    'a_3',
  ]);
});

test('names inside a subgraph start with the path to it, and names from around it stay', () => {
  const branch = {
    name: 'then',
    node: [
      {
        opType: 'Constant',
        output: ['k'],
        attribute: [{ name: 'value_float', type: Type.FLOAT, f: 2 }],
      },
      { opType: 'Mul', input: ['x', 'w'], output: ['m'] },
      { opType: 'Add', input: ['m', 'k'], output: ['x2'] },
    ],
    initializer: [{ name: 'w', dataType: DataType.FLOAT, dims: [1n], floatData: [3] }],
    output: [{ name: 'x2' }],
  };
  const graph = graphOf({
    input: [{ name: 'c' }, { name: 'x' }],
    output: [{ name: 'y' }],
    initializer: [{ name: 'w', dataType: DataType.FLOAT, dims: [1n], floatData: [1] }],
    node: [
      {
        name: 'if',
        opType: 'If',
        input: ['c'],
        output: ['y'],
        attribute: [{ name: 'then_branch', type: Type.GRAPH, g: branch }],
      },
    ],
  });
  const inside = graph.nodes[0].attributes['then_branch'];
  expect(inside).toMatchObject({
    outputs: [{ name: 'if/then_branch/x2' }],
    nodes: [
      { name: 'if/then_branch/Mul_1', inputs: ['x', 'if/then_branch/w'] },
      { inputs: ['if/then_branch/m', 'if/then_branch/k'], outputs: ['if/then_branch/x2'] },
    ],
  });
  expect([...graph.constants.keys()]).toEqual(['w']);
});

test('calls of functions are unfolded, and what a function stores has one name for all calls', () => {
  const functions = [
    {
      domain: 'own',
      name: 'dense',
      input: ['x', 'b'],
      output: ['y', 'w'],
      attribute: ['slope'],
      opsetImport: [{ domain: '', version: 21n }],
      node: [
        {
          opType: 'Constant',
          output: ['w'],
          attribute: [
            {
              name: 'value',
              type: Type.TENSOR,
              t: { dataType: DataType.FLOAT, dims: [1n], floatData: [5] },
            },
          ],
        },
        { opType: 'Gemm', input: ['x', 'w', 'b'], output: ['h'] },
        {
          opType: 'LeakyRelu',
          input: ['h'],
          output: ['y'],
          attribute: [{ name: 'alpha', type: Type.FLOAT, refAttrName: 'slope' }],
        },
      ],
    },
  ];
  const call = (name: string, x: string, output: string[], slope: number): object => ({
    name,
    opType: 'dense',
    domain: 'own',
    input: [x],
    output,
    attribute: [{ name: 'slope', type: Type.FLOAT, f: slope }],
  });
  const graph = graphOf(
    { ...ends, node: [call('one', 'x', ['h', 'w1'], 0.5), call('two', 'h', ['y'], 0.25)] },
    { functions },
  );
  expect(graph.nodes).toMatchObject([
    { name: 'one/Gemm_1', inputs: ['x', 'dense/w', ''], outputs: ['one/h'] },
    { operator: 'LeakyRelu', inputs: ['one/h'], outputs: ['h'], attributes: { alpha: 0.5 } },
    { operator: 'Identity', inputs: ['dense/w'], outputs: ['w1'] },
    { name: 'two/Gemm_1', inputs: ['h', 'dense/w', ''], outputs: ['two/h'] },
    { operator: 'LeakyRelu', inputs: ['two/h'], outputs: ['y'], attributes: { alpha: 0.25 } },
  ]);
  expect([...graph.constants.keys()]).toEqual(['dense/w']);
});
