import { WORDS } from './memory';

/** Multipliers, four times each: from memory, since engines build constants anew in every round. */
const MULTIPLIERS: usize = memory.data<u32>(
  [0xd2511f53, 0xd2511f53, 0xd2511f53, 0xd2511f53, 0xcd9e8d57, 0xcd9e8d57, 0xcd9e8d57, 0xcd9e8d57],
  16,
);

/** The two keys of each of ten rounds, four times each. */
const KEYS: usize = memory.data(320, 64);

let pathLow: u32 = 0;
let pathHigh: u32 = 0;

/** Sets the cipher's key and the path for what follows. */
export function setKey(seedLow: u32, seedHigh: u32, low: u32, high: u32): void {
  pathLow = low;
  pathHigh = high;
  let k0 = seedLow;
  let k1 = seedHigh;
  for (let at: usize = 0; at < 320; at += 32) {
    v128.store(KEYS + at, i32x4.splat(k0));
    v128.store(KEYS + at, i32x4.splat(k1), 16);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
}

/** Writes the words of four blocks, which stand as word j of every block, in the order of the stream. */
function storeBlocks(at: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const low01 = v128.shuffle<u32>(c0, c1, 0, 4, 1, 5);
  const low23 = v128.shuffle<u32>(c2, c3, 0, 4, 1, 5);
  const high01 = v128.shuffle<u32>(c0, c1, 2, 6, 3, 7);
  const high23 = v128.shuffle<u32>(c2, c3, 2, 6, 3, 7);
  v128.store(at, v128.shuffle<u64>(low01, low23, 0, 2));
  v128.store(at, v128.shuffle<u64>(low01, low23, 1, 3), 16);
  v128.store(at, v128.shuffle<u64>(high01, high23, 0, 2), 32);
  v128.store(at, v128.shuffle<u64>(high01, high23, 1, 3), 48);
}

/**
 * Philox4x32-10 for the counters `[low + b, high, path low, path high]`, b = 0 … blocks - 1, into `WORDS`;
 * up to seven blocks more are written. `low + b` must stay below 2³².
 */
export function philox(low: u32, high: u32, blocks: i32): void {
  const m0 = v128.load(MULTIPLIERS);
  const m1 = v128.load(MULTIPLIERS, 16);
  const four = i32x4.splat(4);
  let counter = i32x4.add(i32x4.splat(low), i32x4(0, 1, 2, 3));
  let at: usize = WORDS;
  // Two groups of four blocks go through the rounds side by side, since one alone waits for itself.
  for (let block = 0; block < blocks; block += 8) {
    let a0 = counter;
    let a1 = i32x4.splat(high);
    let a2 = i32x4.splat(pathLow);
    let a3 = i32x4.splat(pathHigh);
    let b0 = i32x4.add(counter, four);
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    for (let key: usize = KEYS; key < KEYS + 320; key += 32) {
      const k0 = v128.load(key);
      const k1 = v128.load(key, 16);
      let p = i64x2.extmul_low_i32x4_u(a0, m0);
      let pp = i64x2.extmul_high_i32x4_u(a0, m0);
      let q = i64x2.extmul_low_i32x4_u(a2, m1);
      let qq = i64x2.extmul_high_i32x4_u(a2, m1);
      a0 = v128.xor(v128.xor(v128.shuffle<u32>(q, qq, 1, 3, 5, 7), a1), k0);
      a2 = v128.xor(v128.xor(v128.shuffle<u32>(p, pp, 1, 3, 5, 7), a3), k1);
      a1 = v128.shuffle<u32>(q, qq, 0, 2, 4, 6);
      a3 = v128.shuffle<u32>(p, pp, 0, 2, 4, 6);
      p = i64x2.extmul_low_i32x4_u(b0, m0);
      pp = i64x2.extmul_high_i32x4_u(b0, m0);
      q = i64x2.extmul_low_i32x4_u(b2, m1);
      qq = i64x2.extmul_high_i32x4_u(b2, m1);
      b0 = v128.xor(v128.xor(v128.shuffle<u32>(q, qq, 1, 3, 5, 7), b1), k0);
      b2 = v128.xor(v128.xor(v128.shuffle<u32>(p, pp, 1, 3, 5, 7), b3), k1);
      b1 = v128.shuffle<u32>(q, qq, 0, 2, 4, 6);
      b3 = v128.shuffle<u32>(p, pp, 0, 2, 4, 6);
    }
    storeBlocks(at, a0, a1, a2, a3);
    storeBlocks(at + 64, b0, b1, b2, b3);
    at += 128;
    counter = i32x4.add(counter, i32x4.splat(8));
  }
}

/** Counters `low` and `high` of four blocks, to be set before `fourBlocks`. */
export const COUNTERS: usize = memory.data(32, 16);

/** The words of four blocks, one block after the other. */
export const SCRATCH: usize = memory.data(64, 64);

/** Writes the words of the blocks `[low, high, path low, path high]` of `COUNTERS` into `SCRATCH`. */
export function fourBlocks(): void {
  const m0 = v128.load(MULTIPLIERS);
  const m1 = v128.load(MULTIPLIERS, 16);
  let c0 = v128.load(COUNTERS);
  let c1 = v128.load(COUNTERS, 16);
  let c2 = i32x4.splat(pathLow);
  let c3 = i32x4.splat(pathHigh);
  for (let key: usize = KEYS; key < KEYS + 320; key += 32) {
    const p = i64x2.extmul_low_i32x4_u(c0, m0);
    const pp = i64x2.extmul_high_i32x4_u(c0, m0);
    const q = i64x2.extmul_low_i32x4_u(c2, m1);
    const qq = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(v128.xor(v128.shuffle<u32>(q, qq, 1, 3, 5, 7), c1), v128.load(key));
    c2 = v128.xor(v128.xor(v128.shuffle<u32>(p, pp, 1, 3, 5, 7), c3), v128.load(key, 16));
    c1 = v128.shuffle<u32>(q, qq, 0, 2, 4, 6);
    c3 = v128.shuffle<u32>(p, pp, 0, 2, 4, 6);
  }
  storeBlocks(SCRATCH, c0, c1, c2, c3);
}
