import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { jaxNormalNumber } from './jax/random.ts';
import { glibcLog32, glibcSinCos32 } from './tensorflow/libm.ts';

/** From test/golden/float_functions.py. */
const golden = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../test/golden/float_functions.json'), 'utf8'),
) as Record<'log' | 'sincos' | 'normal', Record<'all' | 'fourth', string>>;

/** Every number that 23 random bits can be, or every fourth of them, which takes a fourth of the time. */
const [STEP, which] =
  process.env.STEPZERO_EXHAUSTIVE === undefined ? ([4, 'fourth'] as const) : ([1, 'all'] as const);
const COUNT = 2 ** 23 / STEP;

const hash = (values: Float32Array): string =>
  createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');

test('the logarithm of every uniform number is that of the GNU C library', () => {
  const least = Math.fround(1e-7);
  const logs = new Float32Array(COUNT);
  for (let i = 0; i < COUNT; i++) logs[i] = glibcLog32(Math.max(i * STEP * 2 ** -23, least));
  expect(hash(logs)).toBe(golden.log[which]);
});

test('sine and cosine of every uniform angle are those of the GNU C library', () => {
  const pairs = new Float32Array(2 * COUNT);
  const pair = new Float32Array(2);
  for (let i = 0; i < COUNT; i++) {
    glibcSinCos32(Math.fround(2 * Math.PI * (i * STEP * 2 ** -23)), pair);
    pairs.set(pair, 2 * i);
  }
  expect(hash(pairs)).toBe(golden.sincos[which]);
});

test('the normal number of every uniform number is that of JAX', () => {
  const normals = new Float32Array(COUNT);
  for (let i = 0; i < COUNT; i++) normals[i] = jaxNormalNumber(i * STEP * 2 ** -23);
  expect(hash(normals)).toBe(golden.normal[which]);
});
