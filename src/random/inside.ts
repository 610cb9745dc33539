import type { FloatArray } from './chunks.ts';

const one = new Float32Array(1);
const oneBits = new Int32Array(one.buffer);

/** The smallest float32 that is not below x. */
export function ceilFloat32(x: number): number {
  one[0] = x;
  if (one[0] >= x || Number.isNaN(x)) return one[0];
  if (one[0] === 0) return 2 ** -149;
  oneBits[0] += one[0] > 0 ? 1 : -1;
  return one[0];
}

/**
 * The ends of `[low, high]` moved to the nearest element of `out` inside, so that a number clamped to
 * them is not rounded out of the interval. Where no element lies inside, both are the one nearest to `low`.
 */
export function insideOf(
  out: FloatArray,
  low: number,
  high: number,
): readonly [low: number, high: number] {
  if (out instanceof Float64Array) return [low, high];
  const from = ceilFloat32(low);
  const to = -ceilFloat32(-high);
  return from <= to ? [from, to] : [Math.fround(low), Math.fround(low)];
}
