import { ANGLE, HALF, ONE, RADII, VALUES, WORDS } from './memory';
import { block32, carried, exponent, mantissa } from './normal';

// Float32 numbers `std z` of mean 0 by a shorter way to the same bits: the float64 number is made to a
// relative error of 3e-12 with operations that need not round alike everywhere, and where a tie of the rounding
// to float32 is as near as 2^-37 of it, or the angle as near as 2^-13 of the circle to an axis (there the
// smaller one of cosine and sine has lost digits), the block is made again by the long way.

/** `cos t, sin t, -sin t, cos t` at the middles t of 256 parts of the circle. */
const CIRCLE: usize = memory.data(256 * 32, 64);

function fillCircle(): void {
  for (let i = 0; i < 256; i++) {
    const t = ((<f64>i + 0.5) * (2 * Math.PI)) / 256;
    const cos = NativeMath.cos(t);
    const sin = NativeMath.sin(t);
    const at = CIRCLE + 32 * <usize>i;
    store<f64>(at, cos);
    store<f64>(at, sin, 8);
    store<f64>(at, -sin, 16);
    store<f64>(at, cos, 24);
  }
}
fillCircle();

/** `-2 ln 2`. */
const LN4: usize = memory.data<f64>([-1.3862943611198906, -1.3862943611198906], 16);

/**
 * `-4 p(z)`, p the polynomial of degree 4 next to `artanh(√z)/√z` on [0, (√2 - 1)²/(√2 + 1)²]: relative
 * error 4.3e-12, of which √ halves the share in the radius.
 */
const P4: usize = memory.data<f64>([-4 * 0.11808805664001627, -4 * 0.11808805664001627], 16);
const P3: usize = memory.data<f64>([-4 * 0.14267489214517731, -4 * 0.14267489214517731], 16);
const P2: usize = memory.data<f64>([-4 * 0.20000192993691027, -4 * 0.20000192993691027], 16);
const P1: usize = memory.data<f64>([-4 * 0.33333332619936079, -4 * 0.33333332619936079], 16);
const P0: usize = memory.data<f64>([-4 * 1.0000000000042142, -4 * 1.0000000000042142], 16);

/** The lower 24 bits of a word, and the middle of them less ½. */
const LOW_24: usize = memory.data<u32>([0xffffff, 0xffffff, 0xffffff, 0xffffff], 16);
const CENTRE: usize = memory.data<f64>([-8388607.5, -8388607.5], 16);

const C4: usize = memory.data<f64>([1.0 / 24, 1.0 / 24], 16);
const C2: usize = memory.data<f64>([-0.5, -0.5], 16);
const S5: usize = memory.data<f64>([1.0 / 120, 1.0 / 120], 16);
const S3: usize = memory.data<f64>([-1.0 / 6, -1.0 / 6], 16);

/** With this added, the 29 bits that float32 drops are below 2^16 where they are within 2^15 of a tie. */
const TIE: usize = memory.data<u32>([0xf0008000, 0xf0008000, 0xf0008000, 0xf0008000], 16);
const TIE_BITS: usize = memory.data<u32>([0x1fff0000, 0x1fff0000, 0x1fff0000, 0x1fff0000], 16);

/** With this added, bits 20 to 29 of an angle are 0 within 2^-13 of the circle of an axis. */
const AXIS: usize = memory.data<u32>([0x80000, 0x80000, 0x80000, 0x80000], 16);
const AXIS_BITS: usize = memory.data<u32>([0x3ff00000, 0x3ff00000, 0x3ff00000, 0x3ff00000], 16);

/** `std √(-2 ln u)` of all pairs. */
function radii(count: i32, std: f64): void {
  const by = f64x2.splat(std);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    const words = v128.load(WORDS + i);
    const first = v128.shuffle<u32>(words, words, 0, 2, 0, 2);
    const x = f64x2.add(f64x2.convert_low_i32x4_u(first), v128.load(HALF));
    const carry = carried(x);
    const m = mantissa(x, carry);
    const s = f64x2.div(f64x2.sub(m, v128.load(ONE)), f64x2.add(m, v128.load(ONE)));
    const z = f64x2.mul(s, s);
    let p = f64x2.relaxed_madd(z, v128.load(P4), v128.load(P3));
    p = f64x2.relaxed_madd(z, p, v128.load(P2));
    p = f64x2.relaxed_madd(z, p, v128.load(P1));
    p = f64x2.relaxed_madd(z, p, v128.load(P0));
    const ln = f64x2.relaxed_madd(s, p, f64x2.mul(exponent(carry), v128.load(LN4)));
    v128.store(RADII + i, f64x2.mul(by, f64x2.sqrt(ln)));
  }
}

/** Two numbers of the pair with this radius in both lanes of `c` and `d`, and the angle of this word. */
@inline
function pair(angle: u32, c: v128, d: v128): v128 {
  const at = CIRCLE + ((angle >> 19) & 0x1fe0);
  return f64x2.relaxed_madd(v128.load(at), c, f64x2.mul(v128.load(at, 16), d));
}

/**
 * The four numbers of the block at byte i in float32; one at least is NaN where the rounding is in doubt.
 */
@inline
function quick(i: usize): v128 {
  const words = v128.load(WORDS + i);
  const r = v128.load(RADII + i);
  const angles = v128.shuffle<u32>(words, words, 1, 3, 1, 3);
  const steps = f64x2.convert_low_i32x4_s(v128.and(angles, v128.load(LOW_24)));
  const x = f64x2.mul(f64x2.add(steps, v128.load(CENTRE)), v128.load(ANGLE));
  const x2 = f64x2.mul(x, x);
  const cos = f64x2.relaxed_madd(x2, v128.load(C4), v128.load(C2));
  const sin = f64x2.relaxed_madd(x2, v128.load(S5), v128.load(S3));
  const c = f64x2.mul(r, f64x2.relaxed_madd(x2, cos, v128.load(ONE)));
  const d = f64x2.mul(f64x2.mul(r, x), f64x2.relaxed_madd(x2, sin, v128.load(ONE)));
  const first = pair(
    load<u32>(WORDS + i, 4),
    v128.shuffle<u64>(c, c, 0, 0),
    v128.shuffle<u64>(d, d, 0, 0),
  );
  const second = pair(
    load<u32>(WORDS + i, 12),
    v128.shuffle<u64>(c, c, 1, 1),
    v128.shuffle<u64>(d, d, 1, 1),
  );
  const low = v128.shuffle<u32>(first, second, 0, 2, 4, 6);
  const tie = v128.and(i32x4.add(low, v128.load(TIE)), v128.load(TIE_BITS));
  const axis = v128.and(i32x4.add(angles, v128.load(AXIS)), v128.load(AXIS_BITS));
  const doubt = i32x4.eq(i32x4.min_u(tie, axis), i32x4.splat(0));
  const half = f32x4.demote_f64x2_zero(first);
  return v128.or(v128.shuffle<u64>(half, f32x4.demote_f64x2_zero(second), 0, 2), doubt);
}

/**
 * Turns `count` words into float32 numbers `std z`, up to three more: the bits of `normal32` with mean 0.
 * `std` must be from 1e-25 to 1e25, so that no number is subnormal or infinite.
 */
export function quickNormal32(count: i32, std: f64): void {
  radii(count, std);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    const z = quick(i);
    v128.store(VALUES + i, z);
    if (!i32x4.all_true(f32x4.eq(z, z))) {
      v128.store(VALUES + i, block32(v128.load(WORDS + i), f64x2.splat(0), f64x2.splat(std)));
    }
  }
}

/**
 * The same, but for numbers that have to be in an interval around 0: the index of each that is not is given
 * to `leave`. Numbers in [innerLow, innerHigh], once rounded, are surely inside, those beyond [outerLow,
 * outerHigh] surely outside; a block with a number between, or in doubt, is left to `remake` by the index
 * of its first word.
 */
export function quickInside32(
  count: i32,
  std: f64,
  innerLow: f32,
  innerHigh: f32,
  outerLow: f32,
  outerHigh: f32,
  remake: (i: i32) => void,
  leave: (i: i32) => void,
): void {
  radii(count, std);
  const fromInner = f32x4.splat(innerLow);
  const toInner = f32x4.splat(innerHigh);
  const fromOuter = f32x4.splat(outerLow);
  const toOuter = f32x4.splat(outerHigh);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    const z = quick(i);
    v128.store(VALUES + i, z);
    const isInside = v128.and(f32x4.ge(z, fromInner), f32x4.le(z, toInner));
    if (i32x4.all_true(isInside)) continue;
    const inside = i32x4.bitmask(isInside);
    const outside = i32x4.bitmask(v128.or(f32x4.lt(z, fromOuter), f32x4.gt(z, toOuter)));
    const word = <i32>(i >> 2);
    if ((inside | outside) !== 15) {
      remake(word);
      continue;
    }
    for (let lane = 0; lane < 4; lane++) if (((outside >> lane) & 1) !== 0) leave(word + lane);
  }
}
