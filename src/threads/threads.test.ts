import { afterAll, expect, test } from 'vitest';
import { fold, key, plainKernels, type FloatArray, type Kernels } from '../random/index.ts';
import { openThreads, type Threads } from './index.ts';

const pools: readonly Threads[] = [1, 2, 3].map((threads) => openThreads(threads));
afterAll(() => Promise.all(pools.map(({ close }) => close())));

const laws: Readonly<Record<string, (kernels: Kernels, out: FloatArray) => void>> = {
  uniform: ({ uniform }, out) => uniform(key(1), out, -1, 2, 11),
  normal: ({ normal }, out) => normal(fold(key(1), 'a'), out, 0, 2, 3),
  'truncated normal': ({ truncatedNormal }, out) =>
    truncatedNormal(key(3), out, 0.5, 2, -1, 2, 2 ** 34 - 5),
};

test.each(Object.entries(laws))('%s has the same bits on 1, 2 and 3 threads', (_, fill) => {
  const size = 777_777;
  const plain = new Float32Array(size);
  fill(plainKernels, plain);
  for (const { kernels } of pools) {
    // Twice, since the first time the others may not have started yet.
    for (let time = 0; time < 2; time++) {
      const out = new Float32Array(kernels.memory(4 * size));
      fill(kernels, out);
      expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(plain.buffer))).toBe(0);
    }
  }
});

test('a Haar matrix is that of the plain loops, on however many threads, in its own memory or ours', () => {
  const [m, n] = [900, 800];
  const plain = plainKernels.haar(key(7), m, n, 'float64');
  const farthest = (q: FloatArray): number => {
    let worst = 0;
    for (let i = 0; i < q.length; i++) worst = Math.max(worst, Math.abs(q[i] - plain[i]));
    return worst;
  };
  for (const { kernels } of pools) {
    // docs/streams.md promises 1e-12 for float64 and 2e-6 for float32.
    expect(farthest(kernels.haar(key(7), m, n, 'float64'))).toBeLessThan(1e-12);
    expect(farthest(kernels.haar(key(7), m, n, 'float32'))).toBeLessThan(2e-6);
    for (const out of [new Float32Array(kernels.memory(4 * m * n)), new Float32Array(m * n)]) {
      expect(kernels.haar(key(7), m, n, 'float32', out)).toBe(out);
      expect(farthest(out)).toBeLessThan(2e-6);
    }
  }
});

test('memory that is not shared is filled on the calling thread alone', () => {
  const out = new Float64Array(300_000);
  pools[1].kernels.normal(key(5), out, 0, 1);
  const plain = new Float64Array(300_000);
  plainKernels.normal(key(5), plain, 0, 1);
  expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(plain.buffer))).toBe(0);
});

test('bad arguments are refused before anything is filled', () => {
  const out = new Float32Array(pools[1].kernels.memory(2 ** 22));
  expect(() => pools[1].kernels.normal(key(1), out, 0, -1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillNormal: mean must be finite and std finite and >= 0, got 0 and -1]`,
  );
  expect(() =>
    pools[1].kernels.uniform(key(1), out, 0, 1, 2 ** 53),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillUniform: offset and offset + length must be integers in 0…2^53-1, got 9007199254740992 and length 1048576]`,
  );
  expect(out.every((value) => value === 0)).toBe(true);
  expect(() => openThreads(0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: openThreads: threads must be an integer >= 1, got 0]`,
  );
});
