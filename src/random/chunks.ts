import type { Key } from './key.ts';
import { philoxBlocks } from './philox.ts';

/** What can be filled with random numbers. */
export type FloatArray = Float32Array | Float64Array;

const CHUNK = 2048;

/** `2^-32`, the distance of the uniform numbers `(w + ½) 2^-32` that a word w stands for. */
export const STEP: number = 1 / 4294967296;

/** Throws `RangeError` if the elements `offset…` do not have indices in 0…2⁵³-1. */
export function assertIndices(where: string, out: FloatArray, offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(offset + out.length)) {
    throw new RangeError(
      `${where}: offset and offset + length must be integers in 0…2^53-1, got ${offset} and length ${out.length}`,
    );
  }
}

/**
 * Fills `out` with elements `offset…offset + out.length - 1` of a stream, a chunk at a time. `numbers`
 * turns whole blocks of words (word j belongs to element `first + j`) into as many numbers.
 * Throws `RangeError` if the elements do not have indices in 0…2⁵³-1.
 */
export function fillChunks(
  where: string,
  key: Key,
  out: FloatArray,
  offset: number,
  numbers: (words: Uint32Array, first: number, values: Float64Array) => void,
): void {
  assertIndices(where, out, offset);
  const size = Math.min(CHUNK, 4 * Math.ceil(((offset % 4) + out.length) / 4));
  const words = new Uint32Array(size);
  const values = new Float64Array(size);
  let done = 0;
  while (done < out.length) {
    const skip = (offset + done) % 4;
    const first = offset + done - skip;
    const block = first / 4;
    philoxBlocks(key, block % 2 ** 32, Math.floor(block / 2 ** 32), words);
    numbers(words, first, values);
    const count = Math.min(size - skip, out.length - done);
    out.set(values.subarray(skip, skip + count), done);
    done += count;
  }
}
