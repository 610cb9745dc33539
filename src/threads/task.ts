import { transposeSquare } from '../numeric/index.ts';
import type { FloatArray, Key, Kernels } from '../random/index.ts';
import type { HaarPart } from '../runtime/index.ts';

/** A piece of a stream to be filled by one of the kernels. */
export interface Piece {
  readonly kind: 'uniform' | 'normal' | 'truncatedNormal';
  readonly key: Key;
  readonly out: FloatArray;
  /** What the kernel of this kind takes between `out` and `offset`. */
  readonly law: readonly number[];
  readonly offset: number;
}

/** A piece in shared memory, to be filled by all threads together. */
export interface FillTask extends Piece {
  readonly progress: Int32Array;
}

/** A square matrix in shared memory, whose rows and columns all threads change about together. */
export interface TransposeTask {
  readonly kind: 'transpose';
  readonly values: FloatArray;
  readonly n: number;
  readonly progress: Int32Array;
}

/** A Haar matrix in shared memory, which every thread that gets this has a part in. */
export interface HaarTask {
  readonly kind: 'haar';
  readonly key: Key;
  readonly m: number;
  readonly n: number;
  readonly precision: 'float32' | 'float64';
  readonly out: FloatArray;
  readonly part: HaarPart;
  readonly progress: Int32Array;
}

/** What a thread is told to do. */
export type Task = FillTask | TransposeTask | HaarTask;

/** Elements that a thread takes at a time. */
export const SLICE: number = 2 ** 16;

/** Rows that a thread takes at a time. */
const BAND = 64;

/** Places in `progress`: slices taken, slices or parts done, and parts that went wrong. */
export const TAKEN = 0;
export const DONE = 1;
export const FAILED = 2;

/** Fills a piece; throws what the kernel throws. */
export function run(kernels: Kernels, { kind, key, out, law, offset }: Piece): void {
  if (kind === 'uniform') kernels.uniform(key, out, law[0], law[1], offset);
  else if (kind === 'normal') kernels.normal(key, out, law[0], law[1], offset);
  else kernels.truncatedNormal(key, out, law[0], law[1], law[2], law[3], offset);
}

/** How many slices a task has. */
export function slicesOf(task: FillTask | TransposeTask): number {
  return task.kind === 'transpose' ? Math.ceil(task.n / BAND) : Math.ceil(task.out.length / SLICE);
}

/** Does slices of a task until none is left to take. Every slice has the numbers of its own place in the stream. */
export function work(kernels: Kernels, task: FillTask | TransposeTask): void {
  const { progress } = task;
  const slices = slicesOf(task);
  for (;;) {
    const slice = Atomics.add(progress, TAKEN, 1);
    if (slice >= slices) return;
    if (task.kind === 'transpose') {
      // The last rows have the longest part before the diagonal, so they come first.
      const from = (slices - 1 - slice) * BAND;
      transposeSquare(task.values, task.n, from, Math.min(from + BAND, task.n));
    } else {
      const from = slice * SLICE;
      const out = task.out.subarray(from, from + SLICE);
      run(kernels, { ...task, out, offset: task.offset + from });
    }
    Atomics.add(progress, DONE, 1);
    Atomics.notify(progress, DONE);
  }
}

/** Does this thread's part of a Haar matrix, and says whether it went well. */
export async function workOnHaar(kernels: Kernels, task: HaarTask): Promise<void> {
  const { key, m, n, precision, out, part, progress } = task;
  try {
    // Only now, since what it loads takes longer than most other work.
    const { haarOnEngine } = await import('../runtime/index.ts');
    await haarOnEngine(key, m, n, precision, kernels, out, part);
  } catch {
    Atomics.add(progress, FAILED, 1);
  }
  Atomics.add(progress, DONE, 1);
  Atomics.notify(progress, DONE);
}
