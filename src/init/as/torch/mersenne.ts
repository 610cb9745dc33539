/** Length of the state in words, and how far the second word of the recurrence is. */
const N = 624;
const M = 397;

/**
 * PyTorch's generator on the CPU: mt19937, and the second number of a pair of normal ones, which waits
 * until one is asked for. It changes as numbers are drawn.
 */
export interface TorchGenerator {
  readonly state: Uint32Array;
  /** The next word of `state` to give out. */
  next: number;
  /** The normal number that waits, NaN if none does. */
  waiting: number;
}

/**
 * The generator after `torch.manual_seed(seed)`, which uses the lower 32 bits of the seed.
 * Reference: Matsumoto and Nishimura 1998, doi:10.1145/272991.272995
 */
export function torchGenerator(seed: number): TorchGenerator {
  const state = new Uint32Array(N);
  let word = seed % 2 ** 32;
  for (let i = 0; ;) {
    state[i] = word;
    if (++i === N) return { state, next: N, waiting: NaN };
    word = (Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i) >>> 0;
  }
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < N; i++) {
    const joined = (state[i] & 0x80000000) | (state[i + 1 < N ? i + 1 : 0] & 0x7fffffff);
    const far = state[i < N - M ? i + M : i + M - N];
    state[i] = far ^ (joined >>> 1) ^ (-(joined & 1) & 0x9908b0df);
  }
}

/** The next 32 random bits, as an unsigned number. */
export function bits32(generator: TorchGenerator): number {
  const { state } = generator;
  if (generator.next === N) {
    twist(state);
    generator.next = 0;
  }
  let y = state[generator.next++];
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return (y ^ (y >>> 18)) >>> 0;
}

/** The next uniform number in [0, 1) as float32 has it: the low 24 bits, as an integer to be divided by 2²⁴. */
export function bits24(generator: TorchGenerator): number {
  return bits32(generator) & 0xffffff;
}

/** The next uniform number in [0, 1) as float64 has it: the low 53 of 64 bits, of which the first 32 are the upper ones. */
export function uniform53(generator: TorchGenerator): number {
  const high = bits32(generator) & 0x1fffff;
  return (high * 2 ** 32 + bits32(generator)) * 2 ** -53;
}
