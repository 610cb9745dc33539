import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as DataType,
} from 'onnx-buf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { advise, applyPlan } from '../src/advise/index.ts';
import { readBytes, readModelFile } from '../src/files/index.ts';
import {
  builder,
  decodeModel,
  encodeModel,
  modelOf,
  type Graph,
  type Model,
} from '../src/graph/index.ts';
import { judgeSignal, makeInputs, measureSignal } from '../src/measure/index.ts';
import { describeNetwork } from '../src/network/index.ts';
import { sizeOf } from '../src/tensor/index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepzero-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...parts: string[]): string => join(folder, ...parts);

function message(act: () => unknown): string {
  try {
    act();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(folder, '') : 'no Error';
  }
}

function mlp(): Graph {
  const { input, parameter, constant, node, output, build } = builder('mlp');
  let x = input('x', 'float32', ['batch', 4]);
  for (let layer = 0; layer < 3; layer++) {
    const inputs = [x, parameter(`w${layer}`, [4, 4]), parameter(`b${layer}`, [4])];
    const gemm = node(`gemm${layer}`, 'Gemm', inputs, { alpha: 1, transB: 1 });
    x = node(`act${layer}`, 'LeakyRelu', [gemm], { alpha: 0.1 });
  }
  const shape = { dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 4n) } as const;
  const target = constant('target', shape);
  output('y', node('shape', 'Reshape', [x, target]), 'float32', [null, 4]);
  return build();
}

/** A model with constants of every kind, a function, a subgraph and a weight of the first formats. */
function rich(): Uint8Array {
  const float = { dataType: DataType.FLOAT, dims: [2n] };
  const branch = {
    name: 'branch',
    node: [{ opType: 'Add', input: ['x', 'inner'], output: ['z'] }],
    initializer: [{ ...float, name: 'inner', floatData: [1, 2] }],
    output: [{ name: 'z' }],
  };
  const value = { name: 'value', type: Type.TENSOR, t: { ...float, floatData: [3, 4] } };
  const alpha = { name: 'alpha', type: Type.FLOAT, refAttrName: 'slope' };
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ version: 17n }, { domain: 'own', version: 1n }],
    metadataProps: [{ key: 'k', value: 'v' }],
    functions: [
      {
        name: 'own_relu',
        domain: 'own',
        input: ['a'],
        output: ['b'],
        attribute: ['slope'],
        opsetImport: [{ version: 17n }],
        node: [
          { opType: 'Constant', output: ['k'], attribute: [value] },
          { opType: 'Mul', input: ['a', 'k'], output: ['m'] },
          { opType: 'LeakyRelu', input: ['m'], output: ['b'], attribute: [alpha] },
        ],
      },
    ],
    graph: {
      name: 'rich',
      input: [{ name: 'c' }, { name: 'x' }],
      output: [{ name: 'y' }],
      initializer: [
        { name: 's', dataType: DataType.INT64, dims: [1n], int64Data: [2n] },
        { ...float, name: 'w', rawData: new Uint8Array(8) },
      ],
      node: [
        { opType: 'ConstantOfShape', input: ['s'], output: ['v'] },
        { opType: 'Sum', input: ['x', 'w', 'v'], output: ['h'] },
        {
          opType: 'If',
          input: ['c'],
          output: ['i'],
          attribute: [
            { name: 'then_branch', type: Type.GRAPH, g: branch },
            { name: 'else_branch', type: Type.GRAPH, g: branch },
          ],
        },
        {
          opType: 'own_relu',
          domain: 'own',
          input: ['i'],
          output: ['y'],
          attribute: [{ name: 'slope', type: Type.FLOAT, f: 0.1 }],
        },
      ],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** Numbers below 1 from a seed (mulberry32), the same on every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The bytes with one to three pieces of damage. */
function mutated(whole: Uint8Array, next: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(next() * limit);
  let bytes = Uint8Array.from(whole);
  for (let count = 1 + below(3); count > 0 && bytes.length > 0; count--) {
    const start = below(bytes.length);
    const end = Math.min(bytes.length, start + 1 + below(40));
    const kind = below(6);
    if (kind === 0) bytes[start] ^= 1 << below(8);
    else if (kind === 1) bytes[start] = below(256);
    else if (kind === 2) bytes = bytes.slice(0, start);
    else if (kind === 3) bytes.fill(0xff, start, Math.min(end, start + 9));
    else {
      const repeated = kind === 4 ? bytes.subarray(start, end) : new Uint8Array(0);
      const parts = [bytes.subarray(0, kind === 4 ? end : start), repeated, bytes.subarray(end)];
      bytes = Uint8Array.from(Buffer.concat(parts));
    }
  }
  return bytes;
}

/** Reads everything of a model that a user's command would, but no tensor of absurd size. */
function readAll(model: Model): void {
  for (const { constant } of model.stored.values()) {
    if (sizeOf(constant.shape) > 1e6) continue;
    const { dtype, shape, data } = constant.read();
    expect([dtype, shape, data.length]).toEqual([constant.dtype, constant.shape, sizeOf(shape)]);
  }
}

/** What can be compared of a model: its nodes without the functions that read tensors. */
function plain({ graph }: Model): unknown {
  return graph.nodes.map(({ name, operator, inputs, outputs }) => [
    name,
    operator,
    inputs,
    outputs,
  ]);
}

test('1,000 mutated files give a model or one sentence that starts with the file, never more', () => {
  const originals = [encodeModel(modelOf(mlp())), rich()];
  for (const bytes of originals) readAll(decodeModel(bytes, { name: 'x.onnx' }));
  let accepted = 0;
  const sentences = new Set<string>();
  for (let seed = 1; seed <= 1000; seed++) {
    const bytes = mutated(originals[seed % 2], numbers(seed));
    try {
      const model = decodeModel(bytes, { name: 'x.onnx' });
      readAll(model);
      const again = decodeModel(encodeModel(model), { name: 'x.onnx' });
      expect(plain(again)).toEqual(plain(model));
      accepted++;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      expect(error.message, `seed ${seed}`).toMatch(/^x\.onnx: (.* )?must .*, got .+$/);
      expect(error.message, `seed ${seed}`).not.toMatch(
        /[\n\r]|call stack|Invalid array| at .*:\d/,
      );
      sentences.add(error.message.replaceAll(/".*"|\d+/g, ''));
    }
  }
  expect(accepted).toBeGreaterThan(100);
  expect(accepted).toBeLessThan(900);
  expect(sentences.size).toBeGreaterThan(8);
});

test('mutated files that are accepted are planned, drawn and run, or say in one sentence why not', async () => {
  const original = encodeModel(modelOf(mlp()));
  let ran = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const bytes = mutated(original, numbers(seed));
    try {
      const model = decodeModel(bytes, { name: 'x.onnx' });
      const network = describeNetwork(model.graph);
      const sizes = network.parameters.map(({ shape }) => sizeOf(shape));
      if (sizes.some((size) => size > 1e6)) continue;
      const plan = advise(network, { model: 'x.onnx', seed });
      const values = new Map([...applyPlan(plan, network)].map(([name, draw]) => [name, draw()]));
      encodeModel(model, values);
      const feeds = makeInputs(model.graph, { seed, batch: 2 });
      const rows = await measureSignal(model, feeds, { values, name: 'x.onnx' });
      expect(judgeSignal(rows).sentence).not.toBe('');
      ran++;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      expect(error.message, `seed ${seed}`).toMatch(/^(.*: )?.* must .*, got:? .+$/);
      expect(error.message, `seed ${seed}`).not.toMatch(
        /[\n\r]|call stack|Invalid array| at .*:\d|undefined/,
      );
    }
  }
  expect(ran).toBeGreaterThan(50);
});

test('a file that is missing, a folder, a device or no model is one sentence', () => {
  writeFileSync(at('empty.onnx'), '');
  writeFileSync(at('text.onnx'), 'not a model\n');
  mkdirSync(at('folder.onnx'));
  symlinkSync('loop.onnx', at('loop.onnx'));
  writeFileSync(at('huge.onnx'), '');
  truncateSync(at('huge.onnx'), 2 ** 31);
  expect([
    message(() => readModelFile(at('missing.onnx'))),
    message(() => readModelFile(at('folder.onnx'))),
    message(() => readModelFile('/dev/zero')),
    message(() => readModelFile(at('loop.onnx'))),
    message(() => readModelFile(at('empty.onnx'))),
    message(() => readModelFile(at('text.onnx'))),
    message(() => readModelFile(at('huge.onnx'))),
  ]).toMatchInlineSnapshot(`
    [
      "/missing.onnx: must be a file that can be read, got no such file or folder",
      "/folder.onnx: must be a file, got a folder",
      "/dev/zero: must be a file, got something else",
      "/loop.onnx: must be a file that can be read, got a loop of links",
      "/empty.onnx: must be an ONNX model, got an empty file",
      "/text.onnx: must be a whole ONNX model, got one that is damaged, or no such model",
      "/huge.onnx: must have at most 2147483647 bytes, got 2147483648",
    ]
  `);
});

/** A model in `folder/model` whose one weight of 8 bytes lies at `location`. */
function externalModel(location: string, dims: readonly bigint[] = [2n]): string {
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ version: 21n }],
    graph: {
      input: [{ name: 'x' }],
      output: [{ name: 'y' }],
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
      initializer: [
        {
          name: 'w',
          dataType: DataType.FLOAT,
          dims: [...dims],
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: [{ key: 'location', value: location }],
        },
      ],
    },
  });
  writeFileSync(at('model', 'm.onnx'), toBinary(ModelProtoSchema, model));
  return at('model', 'm.onnx');
}

test('external data are read from files below the folder of the model and from nowhere else', () => {
  mkdirSync(at('model', 'inside'), { recursive: true });
  mkdirSync(at('outside'));
  const data = new Uint8Array(Float32Array.of(3, 4).buffer);
  for (const name of ['model/w.bin', 'model/inside/w.bin', 'outside/w.bin']) {
    writeFileSync(join(folder, name), data);
  }
  symlinkSync('w.bin', at('model', 'link.bin'));
  symlinkSync('../outside', at('model', 'linked'));
  const read = (location: string, dims?: readonly bigint[]): string =>
    message(() => {
      const { constants } = readModelFile(externalModel(location, dims)).graph;
      expect(constants.get('w')?.read().data).toEqual(Float32Array.of(3, 4));
    });
  expect(['w.bin', 'inside/w.bin', './w.bin'].map((location) => read(location))).toEqual([
    'no error',
    'no error',
    'no error',
  ]);
  expect([
    read('../outside/w.bin'),
    read('inside/../../outside/w.bin'),
    read(at('outside', 'w.bin')).replace(folder, ''),
    read('link.bin'),
    read('linked/w.bin'),
    read('inside'),
    read('missing.bin'),
    read('w.bin/x'),
    read('w.bin', [2n ** 40n]),
  ]).toMatchInlineSnapshot(`
    [
      "/model/m.onnx: tensor "w": the location of the external data must not hold "..", got "../outside/w.bin"",
      "/model/m.onnx: tensor "w": the location of the external data must not hold "..", got "inside/../../outside/w.bin"",
      "/model/m.onnx: tensor "w": the location of the external data must be a relative path, got "/outside/w.bin"",
      "/model/m.onnx: the external data must not lie behind a link, got "link.bin"",
      "/model/m.onnx: the external data must not lie behind a link, got "linked/w.bin"",
      "/model/m.onnx: the external data must be a file, got "inside"",
      "/model/m.onnx: the external data "missing.bin" must be readable, got no such file or folder",
      "/model/m.onnx: the external data "w.bin/x" must be readable, got a file where a folder is needed",
      "/model/m.onnx: tensor "w": the external data must lie within the 8 bytes of w.bin, got 0 to 4398046511104",
    ]
  `);
});

const shared = join(import.meta.dirname, '../../shared/models');
const missing = `${shared} is not here`;

test.skipIf(!existsSync(shared))(
  `every real model is written byte for byte as it was read${existsSync(shared) ? '' : ` (skipped: ${missing})`}`,
  () => {
    const files = readdirSync(shared, { recursive: true, encoding: 'utf8' });
    const models = files.filter((name) => name.endsWith('.onnx'));
    expect(models.length).toBeGreaterThan(0);
    for (const name of models) {
      const bytes = readBytes(join(shared, name));
      const model = decodeModel(bytes, { name });
      expect(model.graph.constants.size, name).toBeGreaterThan(0);
      expect(Buffer.compare(encodeModel(model), bytes), name).toBe(0);
    }
  },
);
