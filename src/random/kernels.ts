import { transposeSquare } from '../numeric/index.ts';
import type { FloatArray } from './chunks.ts';
import { haarColumns } from './haar.ts';
import type { Key } from './key.ts';
import { fillNormal } from './normal.ts';
import { fillTruncatedNormal } from './truncated-normal.ts';
import { fillUniform } from './uniform.ts';

/**
 * The loops in which drawing spends its time, as a value: the same bits from each of them, whatever
 * makes them fast. Every function throws what the function of that name in this folder throws.
 */
export interface Kernels {
  /**
   * At least so many bytes, in memory that whatever does the work can write to: zeros, unless
   * `isCleared` is false.
   */
  readonly memory: (bytes: number, isCleared?: boolean) => ArrayBufferLike;
  readonly uniform: (key: Key, out: FloatArray, low: number, high: number, offset?: number) => void;
  readonly normal: (key: Key, out: FloatArray, mean: number, std: number, offset?: number) => void;
  readonly truncatedNormal: (
    key: Key,
    out: FloatArray,
    mean: number,
    std: number,
    low: number,
    high: number,
    offset?: number,
  ) => void;
  /**
   * Columns of a Haar-distributed matrix, as `haarColumns`, at least as exact as `precision` asks for:
   * float64 to 1e-12, float32 to 2e-6. In `out`, of n · m numbers, if that is given.
   */
  readonly haar: (
    key: Key,
    m: number,
    n: number,
    precision: 'float32' | 'float64',
    out?: FloatArray,
  ) => FloatArray;
  /** Changes rows and columns of an n × n matrix about, in place. */
  readonly transpose: (values: FloatArray, n: number) => void;
}

/** The kernels in plain TypeScript, on the calling thread: they run everywhere. */
export const plainKernels: Kernels = {
  memory: (bytes) => new ArrayBuffer(bytes),
  uniform: fillUniform,
  normal: fillNormal,
  truncatedNormal: fillTruncatedNormal,
  haar: (key, m, n, _, out) => {
    const columns = haarColumns(key, m, n);
    if (out === undefined) return columns;
    out.set(columns);
    return out;
  },
  transpose: (values, n) => transposeSquare(values, n),
};
