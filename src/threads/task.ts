import type { FloatArray, Key, Kernels } from '../random/index.ts';

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

/** A Haar matrix to be put into shared memory by one thread. */
export interface HaarTask {
  readonly kind: 'haar';
  readonly key: Key;
  readonly m: number;
  readonly n: number;
  readonly out: FloatArray;
  readonly progress: Int32Array;
}

/** What a thread is told to do. */
export type Task = FillTask | HaarTask;

/** Elements that a thread takes at a time. */
export const SLICE: number = 2 ** 16;

/** Places in `progress`: slices taken, slices done, and whether a thread gave up. */
export const TAKEN = 0;
export const DONE = 1;
export const FAILED = 2;

/** Fills a piece; throws what the kernel throws. */
export function run(kernels: Kernels, { kind, key, out, law, offset }: Piece): void {
  if (kind === 'uniform') kernels.uniform(key, out, law[0], law[1], offset);
  else if (kind === 'normal') kernels.normal(key, out, law[0], law[1], offset);
  else kernels.truncatedNormal(key, out, law[0], law[1], law[2], law[3], offset);
}

/** Does slices of a task until none is left to take. Every slice has the numbers of its own place in the stream. */
export function work(kernels: Kernels, task: FillTask): void {
  const { out, offset, progress } = task;
  const slices = Math.ceil(out.length / SLICE);
  for (;;) {
    const slice = Atomics.add(progress, TAKEN, 1);
    if (slice >= slices) return;
    const from = slice * SLICE;
    run(kernels, { ...task, out: out.subarray(from, from + SLICE), offset: offset + from });
    Atomics.add(progress, DONE, 1);
    Atomics.notify(progress, DONE);
  }
}
