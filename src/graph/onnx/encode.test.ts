import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import {
  AttributeProto_AttributeType as Type,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as DataType,
  type ModelProto,
} from 'onnx-buf';
import { expect, test } from 'vitest';
import type { LazyTensor, Tensor } from '../../tensor/index.ts';
import { decodeModel } from './decode.ts';
import { encodeModel, encodePieces } from './encode.ts';
import { encodeApart } from './externalize.ts';
import type { ExternalReader } from './external.ts';
import { withOutputs } from './outputs.ts';
import { joined } from './pieces.ts';

type ModelInit = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;

const dataLocation = TensorProto_DataLocation.EXTERNAL;
const opsetImport = [{ domain: '', version: 21n }];

function file(init: ModelInit): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 10n, opsetImport, ...init }),
  );
}

const floats = (...values: number[]): Tensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

const rawFloats = (...values: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Float32Array.from(values).buffer);

const w = { name: 'w', dataType: DataType.FLOAT, dims: [2n] };
const add = { name: 'sum', opType: 'Add', input: ['x', 'w'], output: ['y'] };
const ends = { input: [{ name: 'x' }], output: [{ name: 'y' }] };

/** A model with something in every corner that a rewrite could lose. */
function curious(): Uint8Array {
  const init: ModelInit = {
    producerName: 'someone',
    docString: 'größe',
    metadataProps: [{ key: 'author', value: 'me' }],
    opsetImport: [...opsetImport, { domain: 'own', version: 3n }],
    functions: [
      {
        name: 'unused',
        domain: 'own',
        input: ['a'],
        output: ['a'],
        opsetImport: [{ domain: '', version: 21n }],
      },
    ],
    trainingInfo: [{ algorithm: { name: 'step' } }],
    graph: {
      ...ends,
      name: 'main',
      node: [
        { opType: 'Mystery', domain: 'own', input: ['x'], output: ['m'], docString: 'note' },
        { ...add, input: ['m', 'w'], attribute: [{ name: 'zero', type: Type.FLOAT, f: 0 }] },
      ],
      initializer: [
        { name: 'text', dataType: DataType.STRING, dims: [1n], stringData: [Uint8Array.of(255)] },
        { ...w, floatData: [1, 2], docString: 'weight' },
        {
          name: 'big',
          dataType: DataType.UINT8,
          dims: [5000n],
          rawData: new Uint8Array(5000).fill(7),
        },
      ],
      quantizationAnnotation: [{ tensorName: 'w' }],
    },
  };
  const proto = create(ModelProtoSchema, { irVersion: 10n, ...init });
  proto.$unknown = [
    { no: 999, wireType: WireType.LengthDelimited, data: Uint8Array.of(2, 104, 105) },
  ];
  return toBinary(ModelProtoSchema, proto);
}

test('a model that nothing is changed in is written byte for byte as it was read', () => {
  const bytes = curious();
  expect(encodeModel(decodeModel(bytes, { name: 'x.onnx' }))).toEqual(bytes);
});

test('a new value changes the data of its tensor and nothing else', () => {
  const bytes = curious();
  const model = decodeModel(bytes, { name: 'x.onnx' });
  const after = encodeModel(model, new Map([['w', floats(3, 4)]]));
  const expected = fromBinary(ModelProtoSchema, bytes);
  const tensor = expected.graph?.initializer[1];
  if (tensor === undefined) throw new Error('no tensor');
  tensor.floatData = [];
  tensor.rawData = rawFloats(3, 4);
  expect(fromBinary(ModelProtoSchema, after)).toEqual(expected);
  expect(after).toEqual(toBinary(ModelProtoSchema, expected));
  expect(encodeModel(model)).toEqual(bytes);
});

test('large data are handed on without a copy, and lazy ones are made when their turn comes', () => {
  const bytes = curious();
  const model = decodeModel(bytes, { name: 'x.onnx' });
  const pieces = [...encodePieces(model).pieces()];
  expect(pieces.find(({ length }) => length === 5000)?.buffer).toBe(bytes.buffer);
  const made: string[] = [];
  const lazy: LazyTensor = {
    dtype: 'float32',
    shape: [2],
    read: () => {
      made.push('w');
      return floats(5, 6);
    },
  };
  const encoded = encodePieces(model, new Map([['w', lazy]]));
  expect([made, encoded.byteLength > 5000]).toEqual([[], true]);
  const read = decodeModel(joined(encoded), { name: 'x.onnx' });
  expect(made).toEqual(['w']);
  expect(read.graph.constants.get('w')?.read()).toEqual(floats(5, 6));
});

test('Constant nodes are given new values in place, in the attribute that held the old one', () => {
  const constant = (output: string, attribute: object): object => ({
    opType: 'Constant',
    output: [output],
    attribute: [attribute],
  });
  const bytes = file({
    graph: {
      ...ends,
      node: [
        constant('w', { name: 'value', type: Type.TENSOR, t: { ...w, floatData: [1, 2] } }),
        constant('f', { name: 'value_float', type: Type.FLOAT, f: 1 }),
        constant('fs', { name: 'value_floats', type: Type.FLOATS, floats: [1, 2] }),
        constant('i', { name: 'value_int', type: Type.INT, i: 1n }),
        constant('is', { name: 'value_ints', type: Type.INTS, ints: [1n] }),
        add,
      ],
    },
  });
  const values = new Map<string, Tensor>([
    ['w', floats(3, 4)],
    ['f', { dtype: 'float32', shape: [], data: Float32Array.of(0.5) }],
    ['fs', floats(8, 9)],
    ['i', { dtype: 'int64', shape: [], data: BigInt64Array.of(-7n) }],
    ['is', { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 62n) }],
  ]);
  const model = decodeModel(bytes, { name: 'x.onnx' });
  const read = decodeModel(encodeModel(model, values), { name: 'y.onnx' });
  expect(read.proto.graph.node.map(({ opType }) => opType)).toEqual(
    model.proto.graph.node.map(({ opType }) => opType),
  );
  for (const [name, value] of values) expect(read.graph.constants.get(name)?.read()).toEqual(value);
});

test.each([
  [3n, ['x', 'w']],
  [4n, ['x']],
])(
  'in IR version %s a ConstantOfShape weight becomes an initializer, with its own shape gone',
  (irVersion, inputs) => {
    const shape = { dataType: DataType.INT64, dims: [1n], int64Data: [2n] };
    const bytes = file({
      irVersion,
      graph: {
        input: [{ name: 'own' }, { name: 'x' }, { name: 'shared' }],
        output: [{ name: 'y' }],
        node: [
          { opType: 'ConstantOfShape', input: ['own'], output: ['w'] },
          { opType: 'ConstantOfShape', input: ['shared'], output: ['v'] },
          { ...add, opType: 'Sum', input: ['x', 'w', 'v'] },
        ],
        initializer: [
          { ...shape, name: 'own' },
          { ...shape, name: 'shared' },
        ],
      },
    });
    const model = decodeModel(bytes, { name: 'x.onnx' });
    const after = decodeModel(encodeModel(model, new Map([['w', floats(3, 4)]])), {
      name: 'y.onnx',
    });
    const { node, input, initializer } = after.proto.graph;
    expect(node.map(({ opType }) => opType)).toEqual(['ConstantOfShape', 'Sum']);
    expect(input.map(({ name }) => name).filter((name) => name !== 'shared')).toEqual(inputs);
    expect(initializer.map(({ name }) => name)).toEqual(['shared', 'w']);
    expect(after.graph.inputs).toEqual(model.graph.inputs);
    expect(after.graph.constants.get('w')).toMatchObject({ source: 'initializer', shape: [2] });
    expect(after.graph.constants.get('w')?.read()).toEqual(floats(3, 4));
    expect(after.graph.constants.get('v')?.read()).toEqual(floats(0, 0));
    const more = withOutputs(model, ['y']);
    const same = encodeModel(more, new Map([['w', floats(3, 4)]]));
    expect(same).toEqual(encodeModel(model, new Map([['w', floats(3, 4)]])));
  },
);

test('weights inside subgraphs and functions are replaced under the names of their constants', () => {
  const shape = { name: 's', dataType: DataType.INT64, dims: [1n], int64Data: [2n] };
  const branch = {
    node: [
      { opType: 'ConstantOfShape', input: ['s'], output: ['v'] },
      { opType: 'Sum', input: ['x', 'w', 'v'], output: ['z'] },
    ],
    initializer: [{ ...w, floatData: [1, 2] }],
    output: [{ name: 'z' }],
  };
  const body = [
    {
      opType: 'Constant',
      output: ['s'],
      attribute: [{ name: 'value_ints', type: Type.INTS, ints: [2n] }],
    },
    { opType: 'ConstantOfShape', input: ['s'], output: ['b'] },
    { opType: 'Add', input: ['x', 'b'], output: ['y'] },
  ];
  const bytes = file({
    functions: [{ name: 'shift', domain: 'own', input: ['x'], output: ['y'], node: body }],
    graph: {
      input: [{ name: 'c' }, { name: 'x' }],
      output: [{ name: 'y' }],
      initializer: [shape],
      node: [
        {
          name: 'if',
          opType: 'If',
          input: ['c'],
          output: ['h'],
          attribute: [{ name: 'then_branch', type: Type.GRAPH, g: branch }],
        },
        { opType: 'shift', domain: 'own', input: ['h'], output: ['y'] },
      ],
    },
  });
  const model = decodeModel(bytes, { name: 'x.onnx' });
  expect([...model.stored.keys()]).toEqual([
    's',
    'if/then_branch/w',
    'if/then_branch/v',
    'shift/s',
    'shift/b',
  ]);
  const values = new Map([
    ['if/then_branch/w', floats(3, 4)],
    ['if/then_branch/v', floats(5, 6)],
    ['shift/b', floats(7, 8)],
  ]);
  const read = decodeModel(encodeModel(model, values), { name: 'y.onnx' });
  for (const [name, value] of values) {
    expect(read.stored.get(name)?.constant.read()).toEqual(value);
  }
  expect(read.proto.functions[0].node.map(({ opType }) => opType)).toEqual([
    'Constant',
    'Constant',
    'Add',
  ]);
});

test('a value must be for a stored name, of its dtype and shape', () => {
  const model = decodeModel(curious(), { name: 'x.onnx' });
  const message = (name: string, value: Tensor | LazyTensor): string => {
    try {
      encodeModel(model, new Map([[name, value]]));
      return 'no error';
    } catch (error) {
      return error instanceof RangeError ? error.message : 'no RangeError';
    }
  };
  expect([
    message('v', floats(1)),
    message('w', floats(1)),
    message('w', { dtype: 'int32', shape: [2], data: new Int32Array(2) }),
    message('w', { dtype: 'float32', shape: [2], data: new Float32Array(3) }),
    message('w', { dtype: 'float32', shape: [2], read: () => floats(1, 2, 3) }),
  ]).toMatchInlineSnapshot(`
    [
      "encodeModel: a name must be one that the model stores, got "v"",
      "encodeModel: "w" must be float32 of shape [2], got float32 of shape [1]",
      "encodeModel: "w" must be float32 of shape [2], got int32 of shape [2]",
      "encodeModel: "w" must have 2 elements, got 3",
      "encodeModel: "w" must be float32 of shape [2], got float32 of shape [3]",
    ]
  `);
});

/** Files in memory. */
function reader(files: ReadonlyMap<string, Uint8Array>): ExternalReader {
  const get = (location: string): Uint8Array => files.get(location) ?? new Uint8Array(0);
  return {
    size: (location) => get(location).length,
    read: (location, offset, length) => get(location).slice(offset, offset + length),
  };
}

test('what is written apart starts at multiples of 4096 and is read again as it was', () => {
  const count = 1500;
  const big = Float32Array.from({ length: count }, (_, index) => index / 8);
  const dims = [BigInt(count)];
  const bytes = file({
    graph: {
      ...ends,
      node: [{ ...add, opType: 'Sum', input: ['x', 'w', 'a', 'b'] }],
      initializer: [
        { name: 'a', dataType: DataType.FLOAT, dims, rawData: new Uint8Array(big.buffer) },
        { ...w, floatData: [1, 2] },
        { name: 'b', dataType: DataType.FLOAT, dims, rawData: new Uint8Array(big.buffer) },
      ],
    },
  });
  const model = decodeModel(bytes, { name: 'x.onnx' });
  const b: Tensor = { dtype: 'float32', shape: [count], data: big.map((value) => -value) };
  const apart = encodeApart(model, new Map([['b', b]]), 'y.data');
  const data = joined(apart.data);
  expect(data.length).toBe(8192 + 4 * count);
  const external = reader(new Map([['y.data', data]]));
  const read = decodeModel(joined(apart.model), { name: 'y.onnx', external });
  expect(read.graph.constants.get('a')?.read().data).toEqual(big);
  expect(read.graph.constants.get('b')?.read()).toEqual(b);
  expect(read.graph.constants.get('w')?.read()).toEqual(floats(1, 2));
  const whole = decodeModel(encodeModel(read), { name: 'z.onnx' });
  expect(whole.graph.constants.get('b')?.read()).toEqual(b);
  const entries = read.proto.graph.initializer[0].externalData.map(({ key, value }) => [
    key,
    value,
  ]);
  expect(entries).toEqual([
    ['location', 'y.data'],
    ['offset', '0'],
    ['length', '6000'],
  ]);
});

test('external data outside the folder, outside the file or of another size are refused', () => {
  const external = reader(new Map([['w.bin', new Uint8Array(12)]]));
  const message = (entries: Record<string, string>, more: object = {}): string => {
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const tensor = { ...w, dataLocation, externalData, ...more };
    const bytes = file({ graph: { ...ends, node: [add], initializer: [tensor] } });
    try {
      decodeModel(bytes, { name: 'x.onnx', external });
      return 'no error';
    } catch (error) {
      return error instanceof RangeError ? error.message : 'no RangeError';
    }
  };
  const location = 'w.bin';
  const twice = [
    { key: 'location', value: location },
    { key: 'location', value: '/etc/passwd' },
  ];
  expect([
    message({ location, offset: '4', length: '8' }),
    message({ location }),
    message({ location: '/etc/passwd' }),
    message({ location: '../w.bin' }),
    message({ location: 'a/../../w.bin' }),
    message({ location: String.raw`..\w.bin` }),
    message({ location: 'C:w.bin' }),
    message({ location: 'w.bin\0' }),
    message({}),
    message({ location, offset: '5' }),
    message({ location, offset: '-4' }),
    message({ location, offset: '9999999999999999' }),
    message({ location, offset: '1e3' }),
    message({ location, length: '12' }),
    message({ location }, { dims: [2n ** 50n] }),
    message({}, { externalData: twice }),
  ]).toMatchInlineSnapshot(`
    [
      "no error",
      "no error",
      "x.onnx: tensor "w": the location of the external data must be a relative path, got "/etc/passwd"",
      "x.onnx: tensor "w": the location of the external data must not hold "..", got "../w.bin"",
      "x.onnx: tensor "w": the location of the external data must not hold "..", got "a/../../w.bin"",
      "x.onnx: tensor "w": the location of the external data must not hold a backslash, got "..\\\\w.bin"",
      "x.onnx: tensor "w": the location of the external data must be a relative path, got "C:w.bin"",
      "x.onnx: tensor "w": the location of the external data must not hold a NUL, got "w.bin\\u0000"",
      "x.onnx: tensor "w": the location of the external data must not be empty, got """,
      "x.onnx: tensor "w": the external data must lie within the 12 bytes of w.bin, got 5 to 13",
      "x.onnx: tensor "w": the offset of the external data must be a number of bytes, got "-4"",
      "x.onnx: tensor "w": the offset of the external data must be a number of bytes, got "9999999999999999"",
      "x.onnx: tensor "w": the offset of the external data must be a number of bytes, got "1e3"",
      "x.onnx: tensor "w": the external data must have 8 bytes, got 12",
      "x.onnx: tensor "w": the external data must lie within the 12 bytes of w.bin, got 0 to 4503599627370496",
      "x.onnx: tensor "w": each key of the external data must be given once, got "location" twice",
    ]
  `);
});

test('a model alone, without the files beside it, is looked at but not read', () => {
  const externalData = [{ key: 'location', value: 'w.bin' }];
  const tensor = { ...w, dataLocation, externalData };
  const bytes = file({ graph: { ...ends, node: [add], initializer: [tensor] } });
  const { constants } = decodeModel(bytes, { name: 'x.onnx' }).graph;
  expect(constants.get('w')?.shape).toEqual([2]);
  expect(() => constants.get('w')?.read()).toThrow(
    'x.onnx: tensor "w": the external data must be at hand, got the model alone',
  );
});
