const WORD = 2 ** 32;
const STEP = 2 ** -32;

/** A hash that goes on where it stopped: each text moves `n`, from which the next begins. */
function mash(n: number, text: string): number {
  let state = n;
  for (let i = 0; i < text.length; i++) {
    state += text.charCodeAt(i);
    let h = 0.02519603282416938 * state;
    state = h >>> 0;
    h -= state;
    h *= state;
    state = h >>> 0;
    h -= state;
    state += h * WORD;
  }
  return state;
}

/**
 * Baagøe's Alea, seeded by a text as `seedrandom.alea` does it: a function that gives the next multiple of 2^-32
 * in [0, 1).
 * Reference: Baagøe 2010, Better random numbers for JavaScript; npm seedrandom, lib/alea.js
 */
export function alea(seed: string): () => number {
  const state: number[] = [];
  let n = 0xefc8249d;
  const next = (text: string): number => {
    n = mash(n, text);
    return (n >>> 0) * STEP;
  };
  for (let i = 0; i < 3; i++) state.push(next(' '));
  for (let i = 0; i < 3; i++) {
    state[i] -= next(seed);
    if (state[i] < 0) state[i] += 1;
  }
  let [s0, s1, s2] = state;
  let carry = 1;
  return () => {
    const t = 2091639 * s0 + carry * STEP;
    s0 = s1;
    s1 = s2;
    carry = t | 0;
    s2 = t - carry;
    return s2;
  };
}
