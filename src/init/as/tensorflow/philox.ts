import { philoxBlocks, type Key } from '../../../random/index.ts';

/** The key and the counters of one stateless random op of TensorFlow. */
export type TfKey = Key;

const WORD = 2 ** 32;

/**
 * The stream that TensorFlow's stateless random ops take from `seed=[first, second]`, integers from 0
 * on: one block of Philox over both makes its key and the upper half of its counters.
 * Reference: tensorflow/core/kernels/stateless_random_ops.cc, GenerateKey
 */
export function tfKey(first: number, second: number): TfKey {
  const mix = new Uint32Array(4);
  const key: Key = {
    seed: [0x3ec8f720, 0x02461e29],
    path: [second % WORD, Math.floor(second / WORD)],
  };
  philoxBlocks(key, first % WORD, Math.floor(first / WORD), mix);
  return { seed: [mix[0], mix[1]], path: [mix[2], mix[3]] };
}

/** Fills `out` with the blocks of four words from counter `block` on. */
export function tfBlocks(key: TfKey, block: number, out: Uint32Array): void {
  philoxBlocks(key, block % WORD, Math.floor(block / WORD), out);
}
