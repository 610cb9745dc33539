import { sizeOf, type Tensor } from '../../../tensor/index.ts';

/** A raw key of JAX's default generator threefry2x32: two words, `jax.random.key_data(key)`. */
export type JaxKey = readonly [high: number, low: number];

const PARITY = 0x1bd11bda;
const WORD = 2 ** 32;

/**
 * Threefry-2x32 with 20 rounds: encrypts the counters `first … first + n - 1`, 64-bit numbers, into n pairs of
 * words. `each` is given the index and both words of a pair.
 * Reference: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3, doi:10.1145/2063384.2063405
 */
export function threefry(
  [key0, key1]: JaxKey,
  first: number,
  n: number,
  each: (index: number, word0: number, word1: number) => void,
): void {
  let high = Math.floor(first / WORD) | 0;
  let low = (first % WORD) | 0;
  for (let index = 0; index < n; index++) {
    let ka = key0 | 0;
    let kb = key1 | 0;
    let kc = ka ^ kb ^ PARITY;
    let x = (high + ka) | 0;
    let y = (low + kb) | 0;
    for (let group = 1; group <= 5; group++) {
      const isOdd = group % 2 === 1;
      x = (x + y) | 0;
      y = x ^ rotate(y, isOdd ? 13 : 17);
      x = (x + y) | 0;
      y = x ^ rotate(y, isOdd ? 15 : 29);
      x = (x + y) | 0;
      y = x ^ rotate(y, isOdd ? 26 : 16);
      x = (x + y) | 0;
      y = x ^ rotate(y, isOdd ? 6 : 24);
      const k = ka;
      ka = kb;
      kb = kc;
      kc = k;
      x = (x + ka) | 0;
      y = (y + kb + group) | 0;
    }
    each(index, x >>> 0, y >>> 0);
    low = (low + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function checkWord(where: string, what: string, value: number, end: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value >= end) {
    const range = end === WORD ? '2^32-1' : '2^53-1';
    throw new RangeError(`${where}: ${what} must be an integer in 0…${range}, got ${value}`);
  }
}

/**
 * `jax.random.key(seed)`: `[0, seed mod 2³²]`, as JAX gives it while `jax_enable_x64` is off (its
 * default), where a seed keeps its low 32 bits only. `RangeError` for a seed that is no integer in 0…2⁵³-1.
 */
export function jaxKey(seed: number): JaxKey {
  checkWord('jaxKey', 'seed', seed, Infinity);
  return [0, seed % WORD];
}

/** `jax.random.split(key, n)`. `RangeError` if n is no integer from 0 on. */
export function jaxSplit(key: JaxKey, n: number = 2): JaxKey[] {
  checkWord('jaxSplit', 'n', n, Infinity);
  const keys: JaxKey[] = [];
  threefry(key, 0, n, (_, high, low) => {
    keys.push([high, low]);
  });
  return keys;
}

/** `jax.random.fold_in(key, data)`. `RangeError` if `data` is no integer in 0…2³²-1, as in JAX. */
export function jaxFoldIn(key: JaxKey, data: number): JaxKey {
  checkWord('jaxFoldIn', 'data', data, WORD);
  let folded = key;
  threefry(key, data, 1, (_, high, low) => {
    folded = [high, low];
  });
  return folded;
}

/** Elements `first…` of `jax.random.bits(key, …)`: both words of a pair, one exclusive-or the other. */
export function fillBits(key: JaxKey, out: Uint32Array, first: number): void {
  threefry(key, first, out.length, (index, word0, word1) => {
    out[index] = word0 ^ word1;
  });
}

/** `jax.random.bits(key, shape)`: uniform 32-bit words. */
export function jaxBits(key: JaxKey, shape: readonly number[]): Tensor<'uint32'> {
  const data = new Uint32Array(sizeOf(shape));
  fillBits(key, data, 0);
  return { dtype: 'uint32', shape, data };
}
