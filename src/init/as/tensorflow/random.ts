import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import { glibcLog32, glibcSinCos32 } from './libm.ts';
import { tfBlocks, type TfKey } from './philox.ts';

const f = Math.fround;
const ULP = 2 ** -23;
const CHUNK = 4096;
const LEAST = f(1e-7);
/** Counters from one group of four truncated numbers to the next. */
const RESERVED = 256;

/** Calls `each` with the words of the stream, a chunk at a time, and the index of the first. */
function forWords(
  key: TfKey,
  count: number,
  each: (words: Uint32Array, first: number) => void,
): void {
  const words = new Uint32Array(Math.min(CHUNK, Math.ceil(count / 4) * 4));
  for (let first = 0; first < count; first += CHUNK) {
    tfBlocks(key, first / 4, words);
    each(words.subarray(0, Math.min(CHUNK, count - first)), first);
  }
}

/** `tf.random.stateless_uniform(shape, seed)`: multiples of 2^-23 in [0, 1). */
export function tfUniform(key: TfKey, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  forWords(key, data.length, (words, first) => {
    for (let i = 0; i < words.length; i++) data[first + i] = (words[i] & 0x7fffff) * ULP;
  });
  return { dtype: 'float32', shape, data };
}

const pair = new Float32Array(2);

/** Two normal numbers of two words, by Box and Muller: sine first, both times `√(-2 ln u)`. */
function boxMuller(word0: number, word1: number): Float32Array {
  const u = Math.max((word0 & 0x7fffff) * ULP, LEAST);
  const angle = f(2 * Math.PI * ((word1 & 0x7fffff) * ULP));
  const radius = f(Math.sqrt(f(-2 * glibcLog32(u))));
  glibcSinCos32(angle, pair);
  pair[0] *= radius;
  pair[1] *= radius;
  return pair;
}

/** `tf.random.stateless_normal(shape, seed)`, with the bits of x86-64 CPUs under the GNU C library. */
export function tfNormal(key: TfKey, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  forWords(key, Math.ceil(data.length / 2) * 2, (words, first) => {
    for (let i = 0; i < words.length; i += 2) {
      const [sin, cos] = boxMuller(words[i], words[i + 1]);
      data[first + i] = sin;
      if (first + i + 1 < data.length) data[first + i + 1] = cos;
    }
  });
  return { dtype: 'float32', shape, data };
}

/**
 * `tf.random.stateless_truncated_normal(shape, seed)`: each group of four elements takes normal numbers
 * from 256 counters of its own, and the first four of them with |x| < 2.
 */
export function tfTruncatedNormal(key: TfKey, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  const words = new Uint32Array(4 * 4);
  for (let first = 0; first < data.length; first += 4) {
    const end = Math.min(first + 4, data.length);
    let block = (first / 4) * RESERVED;
    let at = first;
    for (; at < end; block += 4) {
      tfBlocks(key, block, words);
      for (let i = 0; i < words.length && at < end; i += 2) {
        const [sin, cos] = boxMuller(words[i], words[i + 1]);
        if (Math.abs(sin) < 2) data[at++] = sin;
        if (Math.abs(cos) < 2 && at < end) data[at++] = cos;
      }
    }
  }
  return { dtype: 'float32', shape, data };
}
