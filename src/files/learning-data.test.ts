import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { builder, type Dimension, type Graph } from '../graph/index.ts';
import { key } from '../random/index.ts';
import { encodeNpz, toFloat64, type Tensor } from '../tensor/index.ts';
import { learningData } from './index.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const isThere = existsSync(DATA);
if (!isThere) console.log(`skipped: ${DATA} is not there`);

const folder = mkdtempSync(join(tmpdir(), 'stepzero-learning-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A network with that input and output, which computes nothing. */
function graphOf(input: readonly Dimension[], output: readonly Dimension[]): Graph {
  const b = builder('net');
  const x = b.input('x', 'float32', input);
  b.output('y', b.node('same', 'Identity', [x]), 'float32', output);
  return b.build();
}

test('a file is read by how its name ends', () => {
  const arrays = new Map<string, Tensor>([
    ['x', { dtype: 'float64', shape: [10, 2], data: Float64Array.from(Array(20).keys()) }],
    ['age', { dtype: 'float32', shape: [10, 1], data: Float32Array.from(Array(10).keys()) }],
  ]);
  const npz = join(folder, 'a.npz');
  writeFileSync(npz, Buffer.concat([...encodeNpz(arrays)]));
  const csv = join(folder, 'a.csv');
  writeFileSync(csv, Array.from({ length: 10 }, (_, i) => `${i},${i * i},${i / 2}`).join('\n'));
  const graph = graphOf(['n', 2], ['n', 1]);
  const data = learningData(npz, graph, { seed: 0, target: 'age' });
  const { inputs, target } = data.train.batch(Uint32Array.of(0, 1), null);
  const x = toFloat64(inputs['x']);
  expect([x[0], x[2]]).toEqual(Array.from(toFloat64(target), (y) => 2 * y));
  expect(learningData(csv, graph, { seed: 0, validation: 0.2 }).validation?.count).toBe(1);
});

test.each([
  [
    'imagenet:x',
    'data: must be glyphs, saxe-tree, teacher, spirals, parity, copy, mnist:DIR, fashion-mnist:DIR, cifar10:DIR, FILE.npz or FILE.csv, got imagenet:x',
  ],
  [join(folder, 'none.npz'), 'must be a file that can be read, got no such file or folder'],
  [join(folder, 'bytes.csv'), 'bytes.csv: must be text in UTF-8, got other bytes'],
])('%s is refused', (text, message) => {
  writeFileSync(join(folder, 'bytes.csv'), Uint8Array.of(0xff, 0xfe, 0));
  expect(() => learningData(text, graphOf(['n', 784], ['n', 10]), { seed: 0 })).toThrow(message);
});

describe.skipIf(!isThere)('published images', () => {
  test('are learned as MNIST, resized, and changed at random where that is asked for', () => {
    const graph = graphOf(['n', 1, 14, 14], ['n', 10]);
    const text = `mnist:${join(DATA, 'mnist')}`;
    const {
      train,
      validation,
      test: held,
      note,
    } = learningData(text, graph, {
      seed: 0,
      validation: 0.1,
      augment: true,
    });
    expect([train.count, validation?.count, held?.count]).toEqual([54_000, 6000, 10_000]);
    const indices = Uint32Array.of(0, 5, 53_999);
    const plain = train.batch(indices, null);
    expect(train.batch(indices, key(1)).target).toEqual(plain.target);
    expect(train.batch(indices, key(1)).inputs).not.toEqual(plain.inputs);
    expect(note).toMatch(/, then resized from 28×28 to 14×14; each moved by up to 4 pixels at/);
  });
});
