import * as fc from 'fast-check';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { haarColumns, key, plainKernels, type FloatArray } from '../random/index.ts';
import { haarByBlocks, haarOnEngine, haarRoom } from './haar.ts';
import { planOf } from './haar-plan.ts';
import type { Precision } from './matrix-graph.ts';

/** What docs/streams.md promises. */
const PROMISED = { float32: 2e-6, float64: 1e-12 } as const;

function numbers(precision: Precision, length: number): FloatArray {
  return precision === 'float32' ? new Float32Array(length) : new Float64Array(length);
}

async function byBlocks(
  seed: number,
  m: number,
  n: number,
  precision: Precision,
): Promise<FloatArray> {
  const result = numbers(precision, n * m).fill(NaN);
  await haarByBlocks(key(seed), m, n, precision, plainKernels, result);
  return result;
}

function distance(a: FloatArray, b: FloatArray): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  // Math.max keeps a NaN.
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}

/** The largest element of `|QᵀQ - I|` in `columns` of its columns, those at equal distances. */
function gramError(q: FloatArray, m: number, n: number, columns: number): number {
  let worst = 0;
  for (let a = 0; a < n; a += Math.ceil(n / columns)) {
    for (let b = 0; b < n; b++) {
      let sum = a === b ? -1 : 0;
      for (let i = 0; i < m; i++) sum += q[a * m + i] * q[b * m + i];
      worst = Math.max(worst, Math.abs(sum));
    }
  }
  return worst;
}

// One panel and its neighbours, several panels, odd numbers of them, tall and narrow, several blocks.
const sizes = [
  [1, 1],
  [2, 2],
  [5, 3],
  [127, 127],
  [128, 128],
  [129, 128],
  [129, 129],
  [257, 257],
  [300, 1],
  [5000, 1],
  [4000, 3],
  [600, 385],
  [20000, 130],
  [900, 800],
  [769, 769],
] as const;

test.each(sizes)('the matrix of %d × %d is that of the plain loops', async (m, n) => {
  const exact = haarColumns(key(3), m, n);
  expect(distance(await byBlocks(3, m, n, 'float64'), exact)).toBeLessThan(PROMISED.float64);
  expect(distance(await byBlocks(3, m, n, 'float32'), exact)).toBeLessThan(PROMISED.float32);
});

test('the matrix of any size and seed is that of the plain loops', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(300),
      fc.nat(300),
      fc.constantFrom(0, 42, 2 ** 32 + 5, 2 ** 53 - 1),
      fc.constantFrom<Precision>('float32', 'float64'),
      async (less, more, seed, precision) => {
        const n = less + 1;
        const m = n + more;
        const q = await byBlocks(seed, m, n, precision);
        expect(distance(q, haarColumns(key(seed), m, n))).toBeLessThan(PROMISED[precision]);
      },
    ),
    { numRuns: 12, seed: 1 },
  );
});

test('the columns of float32 are orthonormal to 2e-6', async () => {
  for (const [m, n] of [
    [1500, 1500],
    [3000, 700],
  ] as const) {
    expect(gramError(await byBlocks(5, m, n, 'float32'), m, n, 20)).toBeLessThan(2e-6);
  }
});

// n reflections, each a product with an orthogonal matrix known to some ε, add up to some n ε.
test('the columns of float64 are orthonormal to 2 n ε', async () => {
  const n = 1100;
  expect(gramError(await byBlocks(6, n, n, 'float64'), n, n, 20)).toBeLessThan(2 * n * 2 ** -52);
});

test('the first column is the first Gaussian vector, with its signs', async () => {
  const m = 700;
  const q = await byBlocks(8, m, 600, 'float64');
  const x = new Float64Array(m);
  plainKernels.normal(key(8), x, 0, 1, 0);
  const norm = Math.hypot(...x);
  expect(
    distance(
      q.subarray(0, m),
      x.map((value) => value / norm),
    ),
  ).toBeLessThan(1e-14);
});

test('the same shape has the same bits again', async () => {
  for (const precision of ['float32', 'float64'] as const) {
    const [m, n] = [1000, 900];
    expect(await byBlocks(9, m, n, precision)).toEqual(await byBlocks(9, m, n, precision));
  }
});

test('the result goes to the memory that is given, for small and for large matrices', async () => {
  for (const [m, n] of [
    [3, 2],
    [400, 300],
  ] as const) {
    const out = new Float32Array(new SharedArrayBuffer(n * m * 4));
    expect(await haarOnEngine(key(1), m, n, 'float32', plainKernels, out)).toBe(out);
    expect(distance(out, haarColumns(key(1), m, n))).toBeLessThan(PROMISED.float32);
    const own = await haarOnEngine(key(1), m, n, 'float64', plainKernels);
    expect(own).toBeInstanceOf(Float64Array);
    expect(distance(own, haarColumns(key(1), m, n))).toBeLessThan(PROMISED.float64);
  }
});

test('memory of another size or type is refused', async () => {
  const haar = (out: FloatArray) => haarOnEngine(key(1), 3, 2, 'float32', plainKernels, out);
  await expect(haar(new Float32Array(5))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: haar: out must hold 2 · 3 numbers, got 5]`,
  );
  await expect(haar(new Float64Array(6))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[TypeError: haar: out must hold float32, got a Float64Array]`,
  );
});

test('a matrix without columns needs no room', async () => {
  expect(haarRoom(5, 0, 'float32').scratchBytes).toBe(0);
  expect(await haarOnEngine(key(1), 5, 0, 'float32', plainKernels)).toEqual(new Float32Array(0));
});

test('vectors of large matrices take at most a quarter of the room of the result', () => {
  for (const [m, n] of [
    [4096, 4096],
    [50257, 768],
    [16384, 4096],
  ] as const) {
    const { blocks } = planOf(m, n, 'float32');
    const longest = Math.max(...blocks.map(({ count, columnsAfter: c }) => count * (count + c)));
    expect(longest / (m * n)).toBeLessThanOrEqual(0.25 + 128 / n);
    expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(n);
  }
});

// The source of a worker thread; it is told where the modules are.
const source = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { modules, part, out, done, m, n, failing } = workerData;
  (async () => {
    const { haarOnEngine } = await import(modules.runtime);
    const { key, plainKernels } = await import(modules.random);
    const normal = () => { throw new RangeError('no numbers today'); };
    const kernels = failing === part?.index ? { ...plainKernels, normal } : plainKernels;
    await haarOnEngine(key(4), m, n, 'float32', kernels, out, part);
  })()
    .catch((error) => parentPort.postMessage(error.message))
    .finally(() => { Atomics.add(done, 0, 1); Atomics.notify(done, 0); });
`;

/** Runs workers while this thread sleeps, as a caller without promises does, and gives their errors. */
async function inWorkers(
  m: number,
  n: number,
  size: number,
  out: Float32Array,
  failing: number | null = null,
): Promise<readonly string[]> {
  const room = haarRoom(m, n, 'float32');
  const counters = new Int32Array(new SharedArrayBuffer(4 * room.counters));
  const scratch = new SharedArrayBuffer(room.scratchBytes);
  const done = new Int32Array(new SharedArrayBuffer(4));
  const modules = {
    runtime: new URL('./index.ts', import.meta.url).href,
    random: new URL('../random/index.ts', import.meta.url).href,
  };
  const errors: string[] = [];
  const workers = Array.from({ length: size }, (_, index) => {
    const part = size === 1 ? undefined : { index, size, counters, scratch };
    const workerData = { modules, part, out, done, m, n, failing };
    const worker = new Worker(source, { eval: true, workerData });
    worker.on('message', (message: string) => errors.push(message));
    return worker;
  });
  const exits = workers.map((worker) => new Promise((resolve) => worker.on('exit', resolve)));
  for (let count = 0; count < size; count = Atomics.load(done, 0)) {
    expect(Atomics.wait(done, 0, count, 50_000)).not.toBe('timed-out');
  }
  await Promise.all(exits);
  return errors;
}

test('a worker writes to shared memory while the main thread, which has the engine too, sleeps', async () => {
  const [m, n] = [400, 300];
  const here = await haarOnEngine(key(4), m, n, 'float32', plainKernels);
  const out = new Float32Array(new SharedArrayBuffer(4 * m * n));
  expect(await inWorkers(m, n, 1, out)).toEqual([]);
  expect(out).toEqual(here);
});

test('three threads make a matrix of several blocks together', async () => {
  const [m, n] = [1000, 900];
  const out = new Float32Array(new SharedArrayBuffer(4 * m * n));
  expect(await inWorkers(m, n, 3, out)).toEqual([]);
  expect(distance(out, haarColumns(key(4), m, n))).toBeLessThan(PROMISED.float32);
});

test('when one of three threads fails, the others do not wait for it', async () => {
  const [m, n] = [400, 300];
  const out = new Float32Array(new SharedArrayBuffer(4 * m * n));
  const other = 'team: all threads must do their part, got an error in another one';
  expect((await inWorkers(m, n, 3, out, 1)).toSorted()).toEqual(['no numbers today', other, other]);
});
