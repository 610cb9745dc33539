import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { localKernels, type FloatArray, type Key, type Kernels } from '../random/index.ts';
import { haarRoom } from '../runtime/index.ts';
import { sharedMemory } from './memory.ts';
import {
  DONE,
  FAILED,
  run,
  SLICE,
  slicesOf,
  work,
  type FillTask,
  type HaarTask,
  type TransposeTask,
} from './task.ts';

/** Kernels that work on several threads. The threads end with the process, or when they are closed. */
export interface Threads {
  readonly kernels: Kernels;
  readonly close: () => Promise<void>;
}

/** Up to so many operations a Haar matrix is there before other threads have loaded onnxruntime. */
const LEAST_OPERATIONS = 5e8;

/** Counters at 0 for what is taken, done and failed. */
function newProgress(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** Waits until so many slices or parts are done. */
function waitFor(progress: Int32Array, count: number): void {
  for (;;) {
    const done = Atomics.load(progress, DONE);
    if (done >= count) return;
    Atomics.wait(progress, DONE, done);
  }
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
  const shared = sharedMemory();
  const workers: Worker[] = [];
  const start = (count: number): readonly Worker[] => {
    while (workers.length < count) {
      const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
      const worker = new Worker(new URL(file, import.meta.url), { execArgv: [] });
      worker.unref();
      workers.push(worker);
    }
    return workers.slice(0, count);
  };

  /** Does a task that is about these numbers, with all threads if they lie in shared memory. */
  const share = (task: FillTask | TransposeTask, numbers: FloatArray): void => {
    const isShared = numbers.buffer instanceof SharedArrayBuffer;
    if (isShared && numbers.length > LEAST_SLICES * SLICE) {
      for (const worker of start(threads - 1)) worker.postMessage(task);
    }
    work(local, task);
    waitFor(task.progress, slicesOf(task));
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
    share({ kind, key, out, law, offset, progress: newProgress() }, out);
  };

  const haar: Kernels['haar'] = (key, m, n, precision, out) => {
    if (threads === 1 || 2 * m * n * n - (2 / 3) * n ** 3 < LEAST_OPERATIONS) {
      return local.haar(key, m, n, precision, out);
    }
    const isSingle = precision === 'float32';
    const fits =
      out instanceof Float32Array === isSingle && out?.buffer instanceof SharedArrayBuffer;
    const room = (): FloatArray =>
      isSingle
        ? new Float32Array(shared(4 * m * n, false), 0, m * n)
        : new Float64Array(shared(8 * m * n, false), 0, m * n);
    const result = out !== undefined && fits ? out : room();
    const { counters, scratchBytes } = haarRoom(m, n, precision);
    const team = {
      size: threads,
      counters: new Int32Array(new SharedArrayBuffer(4 * counters)),
      scratch: shared(scratchBytes, false),
    };
    const progress = newProgress();
    for (const [index, worker] of start(threads).entries()) {
      const part = { ...team, index };
      const task: HaarTask = { kind: 'haar', key, m, n, precision, out: result, part, progress };
      worker.postMessage(task);
    }
    waitFor(progress, threads);
    // Where onnxruntime is not to be had the plain loops do it.
    if (Atomics.load(progress, FAILED) > 0) return local.haar(key, m, n, precision, out);
    if (out === undefined || out === result) return result;
    out.set(result);
    return out;
  };

  return {
    kernels: {
      memory: (bytes, isCleared = true) =>
        threads > 1 && bytes >= 4 * LEAST_SLICES * SLICE
          ? shared(bytes, isCleared)
          : new ArrayBuffer(bytes),
      uniform: (key, out, low, high, offset = 0) => fill('uniform', key, out, [low, high], offset),
      normal: (key, out, mean, std, offset = 0) => fill('normal', key, out, [mean, std], offset),
      truncatedNormal: (key, out, mean, std, low, high, offset = 0) =>
        fill('truncatedNormal', key, out, [mean, std, low, high], offset),
      haar,
      transpose: (values, n) =>
        share({ kind: 'transpose', values, n, progress: newProgress() }, values),
    },
    close: async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
    },
  };
}
