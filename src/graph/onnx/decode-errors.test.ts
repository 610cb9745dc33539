import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  GraphProtoSchema,
  ModelProtoSchema,
  type ModelProto,
  TensorProto_DataType as DataType,
} from 'onnx-buf';
import { expect, test } from 'vitest';
import { decodeModel } from './decode.ts';

type GraphInit = MessageInitShape<typeof GraphProtoSchema>;
type ModelInit = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;

function file(graph: GraphInit, more: ModelInit = {}): Uint8Array {
  const opsetImport = [{ domain: '', version: 21n }];
  const init: ModelInit = { irVersion: 10n, opsetImport, ...more, graph };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, init));
}

function message(graph: GraphInit, more: ModelInit = {}): string {
  try {
    decodeModel(file(graph, more), { name: 'x.onnx' });
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message : 'no Error';
  }
}

const bytes = (values: ArrayLike<number>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Float32Array.from(values).buffer);

const relu = { opType: 'Relu', input: ['x'], output: ['y'] };
const ends = { input: [{ name: 'x' }], output: [{ name: 'y' }] };

test('a file that contradicts itself gives one sentence', () => {
  const w = { name: 'w', dataType: DataType.FLOAT, dims: [2n], floatData: [1, 2] };
  const shaped = (dims: bigint[]): GraphInit => ({
    ...ends,
    node: [relu],
    initializer: [{ ...w, dims, rawData: bytes([1]), floatData: [] }],
  });
  const filled = (extents: bigint[]): GraphInit => ({
    ...ends,
    node: [{ opType: 'ConstantOfShape', input: ['s'], output: ['w'] }, relu],
    initializer: [
      { name: 's', dataType: DataType.INT64, dims: [BigInt(extents.length)], int64Data: extents },
    ],
  });
  const typed = (attribute: object): GraphInit => ({
    ...ends,
    node: [{ ...relu, attribute: [attribute] }],
  });
  const self = [
    {
      name: 'f',
      domain: 'own',
      input: ['x'],
      output: ['y'],
      node: [{ opType: 'f', domain: 'own', input: ['x'], output: ['y'] }],
    },
  ];
  expect([
    message({}),
    message({ ...ends, node: [relu] }, { irVersion: 99n }),
    message({ ...ends, node: [relu] }, { opsetImport: [] }),
    message({ ...ends, node: [relu] }, { opsetImport: [{ domain: 'ai.onnx', version: 6n }] }),
    message({ ...ends, node: [relu] }, { opsetImport: [{ version: 27n }] }),
    message({ ...ends, node: [relu, relu] }),
    message({ ...ends, node: [{ ...relu, output: ['x'] }] }),
    message({ ...ends, node: [{ ...relu, input: ['nowhere\n'] }] }),
    message({ ...ends, node: [{ ...relu, input: ['y'] }] }),
    message({ ...ends, output: [{ name: 'z' }], node: [relu] }),
    message({ ...ends, node: [relu], initializer: [w, w] }),
    message(shaped([2n])),
    message(shaped([-1n])),
    message(shaped([2n ** 40n, 2n ** 40n])),
    message({ ...ends, node: [relu], initializer: [{ ...w, dims: [3n] }] }),
    message(filled([2n ** 31n])),
    message(filled([-1n, 2n])),
    message(filled(Array.from({ length: 65 }, () => 1n))),
    message(typed({ name: 'axis', type: Type.INT, f: 1 })),
    message({ ...ends, node: [{ ...relu, opType: 'f', domain: 'own' }] }, { functions: self }),
  ]).toMatchInlineSnapshot(`
    [
      "x.onnx: the graph must have at least one node, got none",
      "x.onnx: ir_version must be 1 to 13, got 99",
      "x.onnx: the opset must be 7 to 26, got none for the standard operators",
      "x.onnx: the opset must be 7 to 26, got 6",
      "x.onnx: the opset must be 7 to 26, got 27",
      "x.onnx: a value must be produced once, got "y" twice",
      "x.onnx: the nodes must not form a cycle, got one through "Relu"",
      "x.onnx: a value that a node reads must be an input, stored or produced, got "nowhere\\n" in "Relu"",
      "x.onnx: the nodes must not form a cycle, got one through "Relu"",
      "x.onnx: a value that is read must be an input, stored or produced, got "z"",
      "x.onnx: stored tensors must be unique, got "w" twice",
      "x.onnx: tensor "w": float32 of shape [2] must have 8 bytes, got 4",
      "x.onnx: tensor "w": extents must be at least 0 and their product below 2^53, got [-1]",
      "x.onnx: tensor "w": extents must be at least 0 and their product below 2^53, got [1099511627776,1099511627776]",
      "x.onnx: tensor "w": float32 of shape [3] must have 3 elements, got 2",
      "x.onnx: "w": the stored shape must have extents of at least 0 and fewer than 2^31 elements, got [2147483648]",
      "x.onnx: "w": the stored shape must have extents of at least 0 and fewer than 2^31 elements, got [-1,2]",
      "x.onnx: "w": the stored shape must have at most 64 extents, got 65",
      "x.onnx: node "Relu_0": attribute "axis" must hold the int that it declares, got its field "f"",
      "x.onnx: subgraphs and functions must be nested at most 64 deep, got more",
    ]
  `);
});

test('a chain of functions that doubles at every step is refused before it is unfolded', () => {
  const twice = (index: number): object => ({
    name: `f${index}`,
    domain: 'own',
    input: ['x'],
    output: ['y'],
    node: [
      { opType: `f${index + 1}`, domain: 'own', input: ['x'], output: ['h'] },
      { opType: `f${index + 1}`, domain: 'own', input: ['h'], output: ['y'] },
    ],
  });
  const functions = Array.from({ length: 50 }, (_, index) => twice(index));
  expect(
    message({ ...ends, node: [{ ...relu, opType: 'f0', domain: 'own' }] }, { functions }),
  ).toBe(
    'x.onnx: the calls of its functions must unfold into at most 524288 nodes and names, got more',
  );
});

test('bytes that are no model give one sentence that says what they are', () => {
  const reason = (bytes: Uint8Array): string => {
    try {
      decodeModel(bytes, { name: 'x.onnx' });
      return 'no error';
    } catch (error) {
      return error instanceof RangeError ? error.message : 'no RangeError';
    }
  };
  const nested = (depth: number): Uint8Array => {
    let inside: Uint8Array = new Uint8Array(0);
    const wrap = (field: number, content: Uint8Array): Uint8Array => {
      const length: number[] = [];
      let rest = content.length;
      for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
      return Uint8Array.of(field * 8 + 2, ...length, rest, ...content);
    };
    for (let level = 0; level < depth; level++) inside = wrap(1, wrap(5, wrap(6, inside)));
    return wrap(7, inside);
  };
  const groups = new Uint8Array(100_000).fill(0x7b);
  const whole = file({ ...ends, node: [relu] });
  expect([
    reason(new Uint8Array(0)),
    reason(new TextEncoder().encode('# A readme\n\nof some length.\n')),
    reason(whole.subarray(0, whole.length - 1)),
    reason(nested(40)),
    reason(groups),
    reason(Uint8Array.of(8, 10)),
  ]).toMatchInlineSnapshot(`
    [
      "x.onnx: must be an ONNX model, got an empty file",
      "x.onnx: must be a whole ONNX model, got one that is cut short or damaged, or no such model",
      "x.onnx: must be a whole ONNX model, got one that is cut short or damaged, or no such model",
      "x.onnx: must be a whole ONNX model, got messages nested deeper than 100",
      "x.onnx: must be a whole ONNX model, got messages nested deeper than 100",
      "x.onnx: must be an ONNX model with a graph, got none",
    ]
  `);
});
