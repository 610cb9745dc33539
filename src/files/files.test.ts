import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builder, modelOf, type Model, type Values } from '../graph/index.ts';
import type { LazyTensor } from '../tensor/index.ts';
import { readModelFile, writeModelFile } from './model.ts';
import { sameFile } from './same-file.ts';
import { checkWritable, writeAtomically } from './write-atomically.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepzero-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...parts: string[]): string => join(folder, ...parts);

/** The error's message with the folder taken out. */
async function message(act: () => unknown): Promise<string> {
  try {
    await act();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(folder, '') : 'no Error';
  }
}

const size = 32;

function twoLayers(): Model {
  const { input, parameter, node, output, build } = builder('g');
  const hidden = node('a', 'MatMul', [
    input('x', 'float32', [1, size]),
    parameter('w1', [size, size]),
  ]);
  const second = node('b', 'MatMul', [hidden, parameter('w2', [size, size])]);
  output('y', node('c', 'Add', [second, parameter('bias', [size])]), 'float32', [1, size]);
  return modelOf(build());
}

/** A weight of one value that says when it is made. */
function weight(value: number, made: string[] = []): LazyTensor {
  const shape = [size, size];
  const data = new Float32Array(size * size).fill(value);
  return {
    dtype: 'float32',
    shape,
    read: () => {
      made.push(`${value}`);
      return { dtype: 'float32', shape, data };
    },
  };
}

const first = (model: Model, name: string): number =>
  Number(model.graph.constants.get(name)?.read().data[0]);

test('a file is written as a whole, over an old one with its permissions and through a link', async () => {
  writeFileSync(at('old'), 'old');
  chmodSync(at('old'), 0o640);
  symlinkSync('old', at('link'));
  await writeAtomically(at('link'), [Buffer.from('ne'), new Uint8Array(0), Buffer.from('w')]);
  expect(readFileSync(at('old'), 'utf8')).toBe('new');
  expect(statSync(at('old')).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(['link', 'old']);
});

test('an error while chunks are made leaves the old file and nothing else', async () => {
  writeFileSync(at('old'), 'old');
  const chunks = function* (): Generator<Uint8Array> {
    yield new Uint8Array(10);
    throw new RangeError('w: must be drawn, got a failure');
  };
  expect(await message(() => writeAtomically(at('old'), chunks()))).toBe(
    'w: must be drawn, got a failure',
  );
  expect(readFileSync(at('old'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['old']);
});

test('a place that cannot be written is one sentence and leaves nothing', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('file'), '');
  expect([
    await message(() => writeAtomically(at('folder'), [])),
    await message(() => writeAtomically(at('missing', 'x'), [])),
    await message(() => writeAtomically(at('file', 'x'), [])),
    await message(() => writeAtomically('/dev/null', [])),
    await message(() => writeAtomically(at('n'.repeat(300)), [])),
  ]).toMatchInlineSnapshot(`
    [
      "/folder: must be a file or a new name, got a folder",
      "/missing/x: must be a place that can be written, got no such file or folder",
      "/file/x: must be a place that can be written, got a file where a folder is needed",
      "/dev/null: must be a file or a new name, got something else",
      "/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn: must be a place that can be written, got a name that is too long",
    ]
  `);
  expect(readdirSync(folder).sort()).toEqual(['file', 'folder']);
  expect(readdirSync(at('folder'))).toEqual([]);
});

test('a place is checked before there is anything to write', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('file'), '');
  symlinkSync('nowhere', at('dangling'));
  const places = ['file', 'new', 'folder/new', 'dangling', 'folder', 'missing/x', 'file/x'];
  expect(await Promise.all(places.map((place) => message(() => checkWritable(at(place))))))
    .toMatchInlineSnapshot(`
    [
      "no error",
      "no error",
      "no error",
      "no error",
      "/folder: must be a file or a new name, got a folder",
      "/missing/x: must be in a folder that exists and can be written to, got no such file or folder",
      "/file/x: must be in a folder that exists and can be written to, got a file where a folder is needed",
    ]
  `);
});

test('two paths are the same file through links of either kind, and not by equal content', async () => {
  writeFileSync(at('a'), 'x');
  writeFileSync(at('b'), 'x');
  symlinkSync('a', at('soft'));
  linkSync(at('a'), at('hard'));
  mkdirSync(at('folder'));
  const pairs = ['a', 'soft', 'hard', 'folder/../a', 'b', 'missing'].map((name) =>
    sameFile(at('a'), join(folder, name)),
  );
  expect(pairs).toEqual([true, true, true, true, false, false]);
  expect(sameFile(at('new'), at('folder', '..', 'new'))).toBe(true);
  expect(sameFile(at('new'), at('folder', 'new'))).toBe(false);
});

test('a model below the limit is one file, from the limit on two, with the same values', async () => {
  const values: Values = new Map([['w1', weight(1)]]);
  const model = twoLayers();
  expect(await writeModelFile(at('m.onnx'), model, values)).toEqual([at('m.onnx')]);
  expect(await writeModelFile(at('n.onnx'), model, values, { apartFrom: 1000 })).toEqual([
    at('n.onnx'),
    at('n.onnx.data'),
  ]);
  expect(statSync(at('n.onnx')).size).toBeLessThan(1000);
  expect(statSync(at('n.onnx.data')).size).toBe(4 * size * size * 2);
  for (const name of ['m.onnx', 'n.onnx']) {
    const read = readModelFile(at(name));
    expect([first(read, 'w1'), first(read, 'w2'), first(read, 'bias')]).toEqual([1, 0, 0]);
  }
});

test('weights beside a model are made one after the other and rewritten in place', async () => {
  const path = at('n.onnx');
  await writeModelFile(path, twoLayers(), new Map([['w2', weight(2)]]), { apartFrom: 1 });
  const model = readModelFile(path);
  const made: string[] = [];
  const values: Values = new Map([['w1', weight(3, made)]]);
  expect(await message(() => writeModelFile(path, model, values, { source: path }))).toBe(
    '/n.onnx: must not be a file that the model is read from, got /n.onnx',
  );
  expect(made).toEqual([]);
  await writeModelFile(path, model, values, { source: path, inPlace: true });
  expect(made).toEqual(['3']);
  expect(readdirSync(folder).sort()).toEqual(['n.onnx', 'n.onnx.data']);
  const after = readModelFile(path);
  expect([first(after, 'w1'), first(after, 'w2')]).toEqual([3, 2]);
  expect(await message(() => first(model, 'w2'))).toBe(
    '/n.onnx: the external data "n.onnx.data" must stay as they were, got a changed file',
  );
});

test('a model with tensors beside it is not written through a link into another folder', async () => {
  mkdirSync(at('real'));
  await writeModelFile(at('real', 'n.onnx'), twoLayers());
  symlinkSync(join('real', 'n.onnx'), at('link.onnx'));
  symlinkSync('real', at('folder'));
  const write = (path: string): Promise<string> =>
    message(() => writeModelFile(path, twoLayers(), new Map(), { apartFrom: 1 }));
  expect(await write(at('link.onnx'))).toBe(
    '/link.onnx: must not be a link into another folder, since tensors go beside the model, got one to /real/n.onnx',
  );
  expect(readdirSync(at('real'))).toEqual(['n.onnx']);
  expect(await write(at('folder', 'n.onnx'))).toBe('no error');
  expect(readdirSync(at('real')).sort()).toEqual(['n.onnx', 'n.onnx.data']);
});

test('a model whose tensors are all small is one file again', async () => {
  const { input, parameter, node, output, build } = builder('g');
  output('y', node('a', 'Add', [input('x', 'float32', [2]), parameter('b', [2])]), 'float32', [2]);
  const written = await writeModelFile(at('s.onnx'), modelOf(build()), new Map(), { apartFrom: 1 });
  expect(written).toEqual([at('s.onnx')]);
  expect(readdirSync(folder)).toEqual(['s.onnx']);
});

test('a second file that the model is read from is not overwritten either', async () => {
  mkdirSync(at('out'));
  await writeModelFile(at('n.onnx'), twoLayers(), new Map(), { apartFrom: 1 });
  const source = at('n.onnx');
  const model = readModelFile(source);
  linkSync(at('n.onnx.data'), at('other.onnx.data'));
  expect(await message(() => writeModelFile(at('other.onnx'), model, new Map(), { source }))).toBe(
    '/other.onnx.data: must not be a file that the model is read from, got /n.onnx.data',
  );
  await writeModelFile(at('out', 'n.onnx'), model, new Map(), { source });
  expect(readdirSync(at('out')).sort()).toEqual(['n.onnx', 'n.onnx.data']);
});

test('a value that fails leaves neither file', async () => {
  const failing: LazyTensor = {
    dtype: 'float32',
    shape: [size, size],
    read: () => {
      throw new RangeError('w2: must converge, got no end');
    },
  };
  for (const apartFrom of [1, 2 ** 31]) {
    const values: Values = new Map([['w2', failing]]);
    expect(
      await message(() => writeModelFile(at('n.onnx'), twoLayers(), values, { apartFrom })),
    ).toBe('w2: must converge, got no end');
    expect(readdirSync(folder)).toEqual([]);
  }
});
