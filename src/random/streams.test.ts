import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  fold,
  key,
  permutation,
  type FloatArray,
  type Key,
} from './index.ts';
import { philoxBlocks } from './philox.ts';

interface Stream {
  readonly seed: string;
  readonly path: readonly string[];
}

interface Draw extends Stream {
  readonly draw: 'uniform' | 'normal' | 'truncated_normal';
  readonly arguments: readonly (number | string)[];
  readonly offset: number;
  readonly count: number;
  readonly float32: string;
  readonly float64: string;
}

interface Golden {
  readonly random123: readonly { counter: number[]; key: number[]; answer: number[] }[];
  readonly keys: readonly (Stream & { readonly hash: string })[];
  readonly first: { readonly normal: number[]; readonly uniform: number[] };
  readonly draws: readonly Draw[];
  readonly permutations: readonly (Stream & { n: number; first: number[]; uint32: string })[];
}

// Made by test/golden/streams.py, which implements docs/streams.md in Python on its own.
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/golden/streams.json', import.meta.url), 'utf8'),
);

function sha256(values: FloatArray | Uint32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}

function keyOf({ seed, path }: Stream): Key {
  return path.reduce(fold, key(BigInt(seed)));
}

function fill(draw: Draw, out: FloatArray): void {
  const [a, b, low, high] = draw.arguments.map((text) =>
    text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text),
  );
  if (draw.draw === 'uniform') fillUniform(keyOf(draw), out, a, b, draw.offset);
  else if (draw.draw === 'normal') fillNormal(keyOf(draw), out, a, b, draw.offset);
  else fillTruncatedNormal(keyOf(draw), out, a, b, low, high, draw.offset);
}

test('Philox gives the answers that Random123 publishes', () => {
  for (const { counter, key: seed, answer } of golden.random123) {
    const out = new Uint32Array(4);
    const stream: Key = { seed: [seed[0], seed[1]], path: [counter[2], counter[3]] };
    philoxBlocks(stream, counter[0], counter[1], out);
    expect([...out]).toEqual(answer);
  }
});

test('paths are hashed as an independent implementation hashes them', () => {
  for (const stream of golden.keys) {
    const [low, high] = keyOf(stream).path;
    const hash = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
    expect(hash).toBe(stream.hash);
  }
});

test('the first numbers of seed 0 are those of an independent implementation', () => {
  const out = new Float64Array(4);
  fillNormal(key(0), out, 0, 1);
  expect([...out]).toEqual(golden.first.normal);
  fillUniform(key(0), out, 0, 1);
  expect([...out]).toEqual(golden.first.uniform);
});

test.each(golden.draws)(
  '$draw($arguments) of seed $seed, path $path, from $offset has the promised bits',
  (draw) => {
    const single = new Float32Array(draw.count);
    const double = new Float64Array(draw.count);
    fill(draw, single);
    fill(draw, double);
    expect([sha256(single), sha256(double)]).toEqual([draw.float32, draw.float64]);
  },
);

test('permutations are those of an independent implementation', () => {
  for (const expected of golden.permutations) {
    const order = permutation(keyOf(expected), expected.n);
    expect([...order.subarray(0, 5)]).toEqual(expected.first);
    expect(sha256(order)).toBe(expected.uint32);
  }
});

test('every hash in docs/streams.md is one of those that the tests above check', () => {
  const page = readFileSync(new URL('../../docs/streams.md', import.meta.url), 'utf8');
  const hashes = page.match(/[0-9a-f]{64}/g) ?? [];
  const known = golden.draws.flatMap((draw) => [draw.float32, draw.float64]);
  expect(hashes.length).toBe(19);
  expect([...known, ...golden.permutations.map((one) => one.uint32)]).toEqual(
    expect.arrayContaining(hashes),
  );
});
