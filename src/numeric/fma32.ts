const sum = new Float64Array(1);
const words = new Uint32Array(sum.buffer);

/** `2^-126`, below which float32 numbers have fewer than 24 bits. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * `a b + c` of three float32 numbers, rounded once, to float32: the fused multiply-add of hardware,
 * with the same bits in every engine. The product is exact in float64; where rounding the sum to
 * float64 first could tip the second rounding, the sum is moved to the odd neighbour before it.
 * Reference: Boldo and Melquiond 2008, Emulation of a FMA and correctly rounded sums, doi:10.1109/TC.2007.70819
 */
export function fma32(a: number, b: number, c: number): number {
  const product = a * b;
  const rounded = product + c;
  sum[0] = rounded;
  const isTie = (words[0] & 0x1fffffff) === 0x10000000;
  if (!isTie && (rounded >= SMALLEST_NORMAL || rounded <= -SMALLEST_NORMAL)) {
    return Math.fround(rounded);
  }
  return roundOnce(product, c, rounded);
}

function roundOnce(product: number, c: number, rounded: number): number {
  const part = rounded - product;
  const error = product - (rounded - part) + (c - part);
  if (!(error > 0 || error < 0) || (words[0] & 1) === 1) return Math.fround(rounded);
  if (error > 0 === rounded > 0) {
    words[0] |= 1;
  } else {
    if (words[0] === 0) words[1] -= 1;
    words[0] -= 1;
  }
  return Math.fround(sum[0]);
}
