import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import {
  jaxBits,
  jaxFoldIn,
  jaxKey,
  jaxNormal,
  jaxSplit,
  jaxTruncatedNormal,
  jaxUniform,
  type JaxKey,
} from './index.ts';
import { fillBits } from './threefry.ts';

/** From test/golden/jax_random.py. */
const golden = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../../test/golden/jax_random.json'), 'utf8'),
) as {
  keys: { seed: number; key: number[] }[];
  split: { n: number; keys: number[] }[];
  fold_in: { data: number; key: number[] }[];
  bits: { shape: number[]; sha256: string }[];
  far: { key: [number, number]; from: number; words: number[]; last: number; word: number };
  uniform: string;
  normal: string;
  truncated: { low: string; high: string; sha256: string }[];
};

const hash = ({ data }: { data: Uint32Array | Float32Array }): string =>
  createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');

const key = jaxKey(42);

test.each(golden.keys)(
  'the key of seed $seed is JAX’s, low 32 bits only',
  ({ seed, key: words }) => {
    expect(jaxKey(seed)).toEqual(words);
  },
);

test('split and fold_in are JAX’s', () => {
  for (const { n, keys } of golden.split) expect(jaxSplit(key, n).flat()).toEqual(keys);
  for (const { data, key: words } of golden.fold_in) expect(jaxFoldIn(key, data)).toEqual(words);
});

test.each(golden.bits)('the bits of shape $shape are JAX’s', ({ shape, sha256 }) => {
  expect(hash(jaxBits(key, shape))).toBe(sha256);
});

test('counters go on beyond 2^32, as JAX counts them', () => {
  const { key: own, from, words, last, word } = golden.far;
  const out = new Uint32Array(words.length);
  fillBits(own, out, from);
  expect([...out]).toEqual(words);
  const one = new Uint32Array(1);
  fillBits(own, one, last);
  expect([...one]).toEqual([word]);
});

test('the values do not depend on how the elements are cut into pieces', () => {
  const whole = jaxBits(key, [9001]).data;
  const pieces = new Uint32Array(9001);
  for (let at = 0; at < 9001; at += 1000) {
    fillBits(key, pieces.subarray(at, Math.min(at + 1000, 9001)), at);
  }
  expect(pieces).toEqual(whole);
});

test('uniform, normal and truncated normal numbers are JAX’s to the last bit', () => {
  expect(hash(jaxUniform(key, [10007], -3, 0.1))).toBe(golden.uniform);
  expect(hash(jaxNormal(key, [100003]))).toBe(golden.normal);
  for (const { low, high, sha256 } of golden.truncated) {
    const ends = [low, high].map((end) => Number(end.replace('inf', 'Infinity')));
    expect(hash(jaxTruncatedNormal(key, ends[0], ends[1], [10007])), `${low} ${high}`).toBe(sha256);
  }
});

test('truncated normal numbers stay inside the open interval', () => {
  for (const [low, high] of [
    [-2, 2],
    [5, 6],
    [0, 2 ** -140],
    [1, 1 + 2 ** -22],
  ]) {
    for (const value of jaxTruncatedNormal(key, low, high, [5000]).data) {
      expect(value > low && value < high).toBe(true);
    }
  }
});

test('a word that is none is refused', () => {
  const none: JaxKey = [0, 0];
  expect(() => jaxKey(-1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jaxKey: seed must be an integer in 0…2^53-1, got -1]`,
  );
  expect(() => jaxKey(0.5)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jaxKey: seed must be an integer in 0…2^53-1, got 0.5]`,
  );
  expect(() => jaxFoldIn(none, 2 ** 32)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jaxFoldIn: data must be an integer in 0…2^32-1, got 4294967296]`,
  );
  expect(() => jaxSplit(none, -1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jaxSplit: n must be an integer in 0…2^53-1, got -1]`,
  );
});
