import { addLn2, cosSmall, exactPow2, lnNearOne, sinSmall } from '../numeric/index.ts';
import { fillChunks, type FloatArray } from './chunks.ts';
import type { Key } from './key.ts';

/** `2^(zeros - 31 - k)` at `2 zeros + k`: takes `w + ½` with so many leading zeros to [√½, √2). */
const toMantissa: Float64Array = Float64Array.from({ length: 66 }, (_, i) =>
  exactPow2((i >>> 1) - 31 - (i & 1)),
);

/** `(√2 - 1) 2³¹`, rounded down. */
const SQRT2_FRACTION = 889516851;

/** `2π 2^-32`, the angle of one step of a word. */
const ANGLE = (2 * Math.PI) / 4294967296;

/**
 * Standard normal numbers by Box and Muller: words `2j, 2j + 1` give `r cos θ, r sin θ` with
 * `r = √(-2 ln u)`, `u = (w₀ + ½) 2^-32` and `θ = 2π (w₁ + ½) 2^-32`. The largest magnitude is 6.76.
 * Reference: Box and Muller 1958, doi:10.1214/aoms/1177706645
 */
export function standardNormals(words: Uint32Array, values: Float64Array): void {
  for (let j = 0; j < words.length; j += 2) {
    const w = words[j];
    const zeros = Math.clz32(w);
    // The bits of 2w + 1 behind its first 1; k is 1 where they are those of a number above √2.
    const fraction = ((w << 1) | 1) << zeros;
    const k = (SQRT2_FRACTION - (fraction >>> 1)) >>> 31;
    const m = (w + 0.5) * toMantissa[2 * zeros + k];
    const r = Math.sqrt(-2 * addLn2(k - 1 - zeros, lnNearOne(m)));
    // θ = q π/2 + x with |x| ≤ π/4: the nearest quarter of the circle is split off in integers.
    const shifted = (words[j + 1] + 0x20000000) | 0;
    const q = shifted >>> 30;
    const x = ((shifted & 0x3fffffff) - 0x20000000 + 0.5) * ANGLE;
    const cos = cosSmall(x);
    const sin = sinSmall(x);
    const odd = q & 1;
    const cosQ = (1 - q) * (1 - odd);
    const sinQ = (2 - q) * odd;
    values[j] = r * (cosQ * cos - sinQ * sin);
    values[j + 1] = r * (sinQ * cos + cosQ * sin);
  }
}

/**
 * Normal numbers `mean + std z`; `out[i]` is element `offset + i` of the stream.
 * Throws `RangeError` unless `mean` is finite and `std` finite and not negative.
 */
export function fillNormal(
  key: Key,
  out: FloatArray,
  mean: number,
  std: number,
  offset: number = 0,
): void {
  assertNormal(mean, std);
  fillChunks('fillNormal', key, out, offset, (words, _, values) => {
    standardNormals(words, values);
    for (let j = 0; j < values.length; j++) values[j] = mean + std * values[j];
  });
}

/** Throws `RangeError` unless `mean` is finite and `std` finite and not negative. */
export function assertNormal(mean: number, std: number): void {
  if (!Number.isFinite(mean) || !(std >= 0 && std < Infinity)) {
    throw new RangeError(
      `fillNormal: mean must be finite and std finite and >= 0, got ${mean} and ${std}`,
    );
  }
}
