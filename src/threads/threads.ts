import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { localKernels, type FloatArray, type Key, type Kernels } from '../random/index.ts';
import { DONE, run, SLICE, work, type FillTask } from './task.ts';

/** Kernels that work on several threads. The threads end with the process, or when they are closed. */
export interface Threads {
  readonly kernels: Kernels;
  readonly close: () => Promise<void>;
}

/** Fewer slices than this are done before another thread has heard of them. */
const LEAST_SLICES = 4;

/**
 * Kernels on this thread and, for tensors of some 10⁵ elements and more, on others beside it: the same
 * bits, however many threads there are. Large tensors lie in shared memory. No thread is started before
 * there is something for it to do; the calling thread works along and waits for the rest.
 * `RangeError` unless `threads` is an integer from 1 on.
 */
export function openThreads(threads: number = availableParallelism()): Threads {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`openThreads: threads must be an integer >= 1, got ${threads}`);
  }
  const local = localKernels();
  const workers: Worker[] = [];
  const start = (): void => {
    while (workers.length < threads - 1) {
      const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
      const worker = new Worker(new URL(file, import.meta.url), { execArgv: [] });
      worker.unref();
      workers.push(worker);
    }
  };

  const fill = (
    kind: FillTask['kind'],
    key: Key,
    out: FloatArray,
    law: readonly number[],
    offset: number,
  ): void => {
    // What is wrong is said before any thread begins, by the loop itself.
    const isWhole = Number.isSafeInteger(offset + out.length);
    run(local, { kind, key, out: isWhole ? out.subarray(0, 0) : out, law, offset });
    const slices = Math.ceil(out.length / SLICE);
    const progress = new Int32Array(new SharedArrayBuffer(12));
    const task: FillTask = { kind, key, out, law, offset, progress };
    if (out.buffer instanceof SharedArrayBuffer && slices >= LEAST_SLICES) {
      start();
      for (const worker of workers) worker.postMessage(task);
    }
    work(local, task);
    for (;;) {
      const done = Atomics.load(progress, DONE);
      if (done >= slices) return;
      Atomics.wait(progress, DONE, done);
    }
  };

  return {
    kernels: {
      memory: (bytes) =>
        threads > 1 && bytes >= 4 * LEAST_SLICES * SLICE
          ? new SharedArrayBuffer(bytes)
          : new ArrayBuffer(bytes),
      uniform: (key, out, low, high, offset = 0) => fill('uniform', key, out, [low, high], offset),
      normal: (key, out, mean, std, offset = 0) => fill('normal', key, out, [mean, std], offset),
      truncatedNormal: (key, out, mean, std, low, high, offset = 0) =>
        fill('truncatedNormal', key, out, [mean, std, low, high], offset),
      haar: local.haar,
    },
    close: async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
    },
  };
}
