import { HALF, VALUES, WORDS } from './memory';

const STEP: f64 = 1.0 / 4294967296.0;

/**
 * `low + step (w + ½)` between `least` and `most` of two words in the low lanes. `step` is width 2^-32,
 * which is exact (for a width from 1e-290 on), so that the product has the bits of `width ((w + ½) 2^-32)`.
 */
@inline
function uniforms(words: v128, low: v128, step: v128, least: v128, most: v128): v128 {
  const steps = f64x2.add(f64x2.convert_low_i32x4_u(words), v128.load(HALF));
  const value = f64x2.add(low, f64x2.mul(step, steps));
  return f64x2.pmin(f64x2.pmax(value, least), most);
}

/** Turns `count` words into float32 numbers, up to three more. */
export function uniform32(count: i32, low: f64, width: f64, least: f64, most: f64): void {
  const from = f64x2.splat(low);
  const by = f64x2.splat(width * STEP);
  const bottom = f64x2.splat(least);
  const top = f64x2.splat(most);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    const words = v128.load(WORDS + i);
    const a = uniforms(words, from, by, bottom, top);
    const b = uniforms(v128.shuffle<u32>(words, words, 2, 3, 2, 3), from, by, bottom, top);
    v128.store(
      VALUES + i,
      v128.shuffle<u64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2),
    );
  }
}

/** Turns `count` words into float64 numbers, up to one more. */
export function uniform64(count: i32, low: f64, width: f64, least: f64, most: f64): void {
  const from = f64x2.splat(low);
  const by = f64x2.splat(width * STEP);
  const bottom = f64x2.splat(least);
  const top = f64x2.splat(most);
  for (let i: usize = 0; i < <usize>count * 4; i += 8) {
    v128.store(VALUES + 2 * i, uniforms(v128.load64_zero(WORDS + i), from, by, bottom, top));
  }
}
