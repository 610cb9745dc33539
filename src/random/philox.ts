import type { Key } from './key.ts';

/** The high word of the product of two 32-bit words. */
export function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const carry = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * Philox4x32-10: fills `out` with the 4-word blocks of the counters `[low, high, path low, path high]`,
 * the 64-bit number `high·2³² + low` going up by one from block to block; the seed is the cipher's key.
 * The length of `out` is taken in whole blocks of 4.
 * Reference: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3, doi:10.1145/2063384.2063405
 */
export function philoxBlocks(key: Key, low: number, high: number, out: Uint32Array): void {
  const seedLow = key.seed[0] | 0;
  const seedHigh = key.seed[1] | 0;
  const pathLow = key.path[0] | 0;
  const pathHigh = key.path[1] | 0;
  const blocks = out.length >>> 2;
  let counterLow = low | 0;
  let counterHigh = high | 0;
  for (let block = 0; block < blocks; block++) {
    let c0 = counterLow;
    let c1 = counterHigh;
    let c2 = pathLow;
    let c3 = pathHigh;
    let k0 = seedLow;
    let k1 = seedHigh;
    for (let round = 0; round < 10; round++) {
      // The halves of the multipliers 0xd2511f53 and 0xcd9e8d57 stand here, as mulHigh with constants.
      const a0 = c0 & 0xffff;
      const a1 = c0 >>> 16;
      const aMiddle = (Math.imul(a1, 0x1f53) + (Math.imul(a0, 0x1f53) >>> 16)) | 0;
      const aCarry = (Math.imul(a0, 0xd251) + (aMiddle & 0xffff)) | 0;
      const aHigh = (Math.imul(a1, 0xd251) + (aMiddle >>> 16) + (aCarry >>> 16)) | 0;
      const b0 = c2 & 0xffff;
      const b1 = c2 >>> 16;
      const bMiddle = (Math.imul(b1, 0x8d57) + (Math.imul(b0, 0x8d57) >>> 16)) | 0;
      const bCarry = (Math.imul(b0, 0xcd9e) + (bMiddle & 0xffff)) | 0;
      const bHigh = (Math.imul(b1, 0xcd9e) + (bMiddle >>> 16) + (bCarry >>> 16)) | 0;
      const aLow = Math.imul(c0, 0xd2511f53);
      const bLow = Math.imul(c2, 0xcd9e8d57);
      c0 = bHigh ^ c1 ^ k0;
      c1 = bLow;
      c2 = aHigh ^ c3 ^ k1;
      c3 = aLow;
      k0 = (k0 + 0x9e3779b9) | 0;
      k1 = (k1 + 0xbb67ae85) | 0;
    }
    const at = block << 2;
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
    counterLow = (counterLow + 1) | 0;
    if (counterLow === 0) counterHigh = (counterHigh + 1) | 0;
  }
}
