import type { Key } from './key.ts';
import { mulHigh, philoxBlocks } from './philox.ts';

/**
 * A random order of `0…n-1` by Fisher and Yates: for i from n - 1 down to 1, positions i and
 * `⌊r (i + 1) / 2⁶⁴⌋` change places, r being the 64 bits of words `2i` (high) and `2i + 1` (low) of the
 * stream. No order is more or less likely than another by more than a factor `1 ± n² 2⁻⁶⁴`.
 * Throws `RangeError` unless n is an integer in 0…2³²-1.
 */
export function permutation(key: Key, n: number): Uint32Array {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32) {
    throw new RangeError(`permutation: n must be an integer in 0…2^32-1, got ${n}`);
  }
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  // A chunk holds the words of 1024 steps; step i reads words 2i and 2i + 1.
  const words = new Uint32Array(2048);
  let chunk = -1;
  for (let i = n - 1; i >= 1; i--) {
    const needed = Math.floor(i / 1024);
    if (needed !== chunk) {
      chunk = needed;
      philoxBlocks(key, chunk * 512, 0, words);
    }
    const at = 2 * (i % 1024);
    const high = words[at];
    const carried = (Math.imul(high, i + 1) >>> 0) + mulHigh(words[at + 1], i + 1);
    const j = mulHigh(high, i + 1) + (carried >= 2 ** 32 ? 1 : 0);
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
  return order;
}
