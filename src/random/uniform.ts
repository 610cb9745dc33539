import { fillChunks, STEP, type FloatArray } from './chunks.ts';
import { insideOf } from './inside.ts';
import type { Key } from './key.ts';

/**
 * Uniform numbers `low + (high - low) u`, `u = (w + ½) 2^-32`; `out[i]` is element `offset + i` of the
 * stream. No number lies outside of `[low, high]`, also after rounding to float32.
 * Throws `RangeError` unless `low ≤ high` with a finite difference.
 */
export function fillUniform(
  key: Key,
  out: FloatArray,
  low: number,
  high: number,
  offset: number = 0,
): void {
  assertUniform(low, high);
  const width = high - low;
  const [least, most] = insideOf(out, low, high);
  fillChunks('fillUniform', key, out, offset, (words, _, values) => {
    for (let j = 0; j < words.length; j++) {
      const value = low + width * ((words[j] + 0.5) * STEP);
      values[j] = value < least ? least : value > most ? most : value;
    }
  });
}

/** Throws `RangeError` unless `low ≤ high` with a finite difference. */
export function assertUniform(low: number, high: number): void {
  const width = high - low;
  if (!(width >= 0 && width < Infinity)) {
    throw new RangeError(
      `fillUniform: low and high must be finite with low <= high, got ${low} and ${high}`,
    );
  }
}
