import { ANGLE, HALF, ONE, RADII, VALUES, WORDS } from './memory';

const LN2_HIGH: usize = memory.data<f64>(
  [2977044471.0 / 4294967296.0, 2977044471.0 / 4294967296.0],
  16,
);
const LN2_LOW: usize = memory.data<f64>([1.9082149292705877e-10, 1.9082149292705877e-10], 16);
const TWO: usize = memory.data<f64>([2, 2], 16);
const MINUS_TWO: usize = memory.data<f64>([-2, -2], 16);

/** Takes the bits of a number to the next power of two from where its first 31 bits of fraction exceed √2. */
const CARRY: usize = memory.data<u64>(
  [(<u64>0x80000000 - 889516852) << 21, (<u64>0x80000000 - 889516852) << 21],
  16,
);
const EXPONENT: usize = memory.data<u64>([0x7ff0000000000000, 0x7ff0000000000000], 16);
const ONE_BITS: usize = memory.data<u64>([0x3ff0000000000000, 0x3ff0000000000000], 16);

/** The bits of 2⁵², which turn an integer in the low bits into the number `2⁵² + integer`. */
const INTEGER: usize = memory.data<u64>([0x4330000000000000, 0x4330000000000000], 16);

/** `2⁵² + 1023 + 32`: the bias of an exponent, and the 32 of `u = (w + ½) 2^-32`. */
const BIAS: usize = memory.data<f64>([4503599627371551.0, 4503599627371551.0], 16);

/** `1/21, 1/19, … 1/3`. */
const LOGARITHM: usize = memory.data<f64>(
  [
    1.0 / 21.0,
    1.0 / 21.0,
    1.0 / 19.0,
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0 / 3.0,
  ],
  16,
);

/** `1/17!, -1/15!, … -1/3!`. */
const SINE: usize = memory.data<f64>(
  [
    1.0 / 355687428096000.0,
    1.0 / 355687428096000.0,
    -1.0 / 1307674368000.0,
    -1.0 / 1307674368000.0,
    1.0 / 6227020800.0,
    1.0 / 6227020800.0,
    -1.0 / 39916800.0,
    -1.0 / 39916800.0,
    1.0 / 362880.0,
    1.0 / 362880.0,
    -1.0 / 5040.0,
    -1.0 / 5040.0,
    1.0 / 120.0,
    1.0 / 120.0,
    -1.0 / 6.0,
    -1.0 / 6.0,
  ],
  16,
);

/** `1/16!, -1/14!, … 1/4!`. */
const COSINE: usize = memory.data<f64>(
  [
    1.0 / 20922789888000.0,
    1.0 / 20922789888000.0,
    -1.0 / 87178291200.0,
    -1.0 / 87178291200.0,
    1.0 / 479001600.0,
    1.0 / 479001600.0,
    -1.0 / 3628800.0,
    -1.0 / 3628800.0,
    1.0 / 40320.0,
    1.0 / 40320.0,
    -1.0 / 720.0,
    -1.0 / 720.0,
    1.0 / 24.0,
    1.0 / 24.0,
  ],
  16,
);

const EIGHTH: usize = memory.data<u32>([0x20000000, 0x20000000, 0x20000000, 0x20000000], 16);
const QUARTER: usize = memory.data<u32>([0x40000000, 0x40000000, 0x40000000, 0x40000000], 16);
const BELOW_QUARTER: usize = memory.data<u32>([0x3fffffff, 0x3fffffff, 0x3fffffff, 0x3fffffff], 16);
const SIGN: usize = memory.data<u64>([0x8000000000000000, 0x8000000000000000], 16);

function step(sum: v128, x: v128, next: usize): v128 {
  return f64x2.add(v128.load(next), f64x2.mul(x, sum));
}

/** `x = m 2^e`, m in [√½, √2), of the `x = w + ½` of two words in the low lanes: the bits of e, carried. */
export function carried(x: v128): v128 {
  return i64x2.add(x, v128.load(CARRY));
}

/** `m` of `x` and `carried(x)`. */
export function mantissa(x: v128, carry: v128): v128 {
  return i64x2.add(i64x2.sub(x, v128.and(carry, v128.load(EXPONENT))), v128.load(ONE_BITS));
}

/** `e - 32` of `carried(x)`. */
export function exponent(carry: v128): v128 {
  return f64x2.sub(v128.or(i64x2.shr_u(carry, 52), v128.load(INTEGER)), v128.load(BIAS));
}

/** `√(-2 ln u)`, `u = (w + ½) 2^-32`, of two words in the low lanes, in the operations of the promise. */
function radii(words: v128): v128 {
  const x = f64x2.add(f64x2.convert_low_i32x4_u(words), v128.load(HALF));
  const carry = carried(x);
  const m = mantissa(x, carry);
  const n = exponent(carry);
  const s = f64x2.div(f64x2.sub(m, v128.load(ONE)), f64x2.add(m, v128.load(ONE)));
  const z = f64x2.mul(s, s);
  const twice = f64x2.mul(v128.load(TWO), s);
  let p = step(v128.load(LOGARITHM), z, LOGARITHM + 16);
  p = step(p, z, LOGARITHM + 32);
  p = step(p, z, LOGARITHM + 48);
  p = step(p, z, LOGARITHM + 64);
  p = step(p, z, LOGARITHM + 80);
  p = step(p, z, LOGARITHM + 96);
  p = step(p, z, LOGARITHM + 112);
  p = step(p, z, LOGARITHM + 128);
  p = step(p, z, LOGARITHM + 144);
  const part = f64x2.add(twice, f64x2.mul(twice, f64x2.mul(z, p)));
  const ln = f64x2.add(
    f64x2.mul(n, v128.load(LN2_HIGH)),
    f64x2.add(part, f64x2.mul(n, v128.load(LN2_LOW))),
  );
  return f64x2.sqrt(f64x2.mul(v128.load(MINUS_TWO), ln));
}

function sine(x: v128, z: v128): v128 {
  let p = step(v128.load(SINE), z, SINE + 16);
  p = step(p, z, SINE + 32);
  p = step(p, z, SINE + 48);
  p = step(p, z, SINE + 64);
  p = step(p, z, SINE + 80);
  p = step(p, z, SINE + 96);
  p = step(p, z, SINE + 112);
  return f64x2.add(x, f64x2.mul(x, f64x2.mul(z, p)));
}

function cosine(z: v128): v128 {
  let p = step(v128.load(COSINE), z, COSINE + 16);
  p = step(p, z, COSINE + 32);
  p = step(p, z, COSINE + 48);
  p = step(p, z, COSINE + 64);
  p = step(p, z, COSINE + 80);
  p = step(p, z, COSINE + 96);
  const half = f64x2.mul(v128.load(HALF), z);
  return f64x2.add(f64x2.sub(v128.load(ONE), half), f64x2.mul(f64x2.mul(z, z), p));
}

/** What `turn` gives: `r cos θ` and `r sin θ` of two pairs. */
export let cosines: v128 = i64x2.splat(0);
export let sines: v128 = i64x2.splat(0);

/** Sets `cosines` and `sines` for two radii and the block of words whose odd ones are the angles. */
function turn(r: v128, words: v128): void {
  const shifted = i32x4.add(v128.shuffle<u32>(words, words, 1, 3, 1, 3), v128.load(EIGHTH));
  const steps = i32x4.sub(v128.and(shifted, v128.load(BELOW_QUARTER)), v128.load(EIGHTH));
  const x = f64x2.mul(
    f64x2.add(f64x2.convert_low_i32x4_s(steps), v128.load(HALF)),
    v128.load(ANGLE),
  );
  const z = f64x2.mul(x, x);
  const c = cosine(z);
  const s = sine(x, z);
  // θ = q π/2 + x: an odd q swaps cosine and sine; the signs are those of bit 1 of q + 1 and of q.
  const q = v128.shuffle<u32>(shifted, shifted, 0, 0, 1, 1);
  const odd = i32x4.shr_s(i32x4.shl(q, 1), 31);
  const sign = v128.load(SIGN);
  const cosSign = v128.and(i32x4.add(q, v128.load(QUARTER)), sign);
  const sinSign = v128.and(q, sign);
  cosines = f64x2.mul(r, v128.xor(v128.bitselect(s, c, odd), cosSign));
  sines = f64x2.mul(r, v128.xor(v128.bitselect(c, s, odd), sinSign));
}

/** Sets `cosines` and `sines` for the four words of one block. */
export function block(words: v128): void {
  turn(radii(v128.shuffle<u32>(words, words, 0, 2, 0, 2)), words);
}

function allRadii(count: i32): void {
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    const words = v128.load(WORDS + i);
    v128.store(RADII + i, radii(v128.shuffle<u32>(words, words, 0, 2, 0, 2)));
  }
}

/** `[mean + std c₀, mean + std s₀, mean + std c₁, mean + std s₁]` in float32, of what `turn` gave. */
function turned32(mean: v128, std: v128): v128 {
  const c = f32x4.demote_f64x2_zero(f64x2.add(mean, f64x2.mul(std, cosines)));
  const s = f32x4.demote_f64x2_zero(f64x2.add(mean, f64x2.mul(std, sines)));
  return v128.shuffle<u32>(c, s, 0, 4, 1, 5);
}

/** The four float32 numbers `mean + std z` of one block. */
export function block32(words: v128, mean: v128, std: v128): v128 {
  block(words);
  return turned32(mean, std);
}

/** Turns `count` words into float32 numbers `mean + std z`, up to three more. */
export function normal32(count: i32, mean: f64, std: f64): void {
  allRadii(count);
  const to = f64x2.splat(mean);
  const by = f64x2.splat(std);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    turn(v128.load(RADII + i), v128.load(WORDS + i));
    v128.store(VALUES + i, turned32(to, by));
  }
}

/** Turns `count` words into float64 numbers `mean + std z`, up to three more. */
export function normal64(count: i32, mean: f64, std: f64): void {
  allRadii(count);
  const to = f64x2.splat(mean);
  const by = f64x2.splat(std);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    turn(v128.load(RADII + i), v128.load(WORDS + i));
    const c = f64x2.add(to, f64x2.mul(by, cosines));
    const s = f64x2.add(to, f64x2.mul(by, sines));
    v128.store(VALUES + 2 * i, v128.shuffle<u64>(c, s, 0, 2));
    v128.store(VALUES + 2 * i, v128.shuffle<u64>(c, s, 1, 3), 16);
  }
}
