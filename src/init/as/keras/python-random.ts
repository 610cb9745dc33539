import { bits32, torchGenerator, type TorchGenerator } from '../torch/mersenne.ts';

const N = 624;

/** What `random.randint(1, 10⁹)` of Python needs of its generator: the bits of the numbers below 10⁹. */
const LIMIT = 1e9;
const UNUSED_BITS = 2;

/**
 * Python's generator after `random.seed(seed)`, the seed an integer in 0…2⁵³-1: mt19937, seeded by the words of
 * the number.
 * Reference: Matsumoto and Nishimura, mt19937ar.c, init_by_array; CPython, Modules/_randommodule.c
 */
export function pythonRandom(seed: number): TorchGenerator {
  const high = Math.floor(seed / 2 ** 32);
  const key = high === 0 ? [seed] : [seed % 2 ** 32, high];
  const generator = torchGenerator(19650218);
  const { state } = generator;
  let i = 1;
  const step = (factor: number, add: number, subtract: number): void => {
    const mixed = Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), factor);
    state[i] = (state[i] ^ mixed) + add - subtract;
    if (++i === N) {
      state[0] = state[N - 1];
      i = 1;
    }
  };
  for (let k = 0; k < N; k++) step(1664525, key[k % key.length] + (k % key.length), 0);
  for (let k = 1; k < N; k++) step(1566083941, 0, i);
  state[0] = 0x80000000;
  return generator;
}

/** The next `random.randint(1, 10⁹)`. */
export function randomSeed(generator: TorchGenerator): number {
  for (;;) {
    const number = bits32(generator) >>> UNUSED_BITS;
    if (number < LIMIT) return 1 + number;
  }
}
