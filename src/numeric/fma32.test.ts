import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fma32 } from './fma32.ts';

const scratch = new DataView(new ArrayBuffer(4));

/** A float32 number as an integer and a power of two. */
function parts(x: number): { readonly m: bigint; readonly e: number } {
  scratch.setFloat32(0, x);
  const bits = scratch.getUint32(0);
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  const m = BigInt(exponent === 0 ? fraction : fraction | 0x800000);
  return { m: x < 0 ? -m : m, e: Math.max(exponent, 1) - 150 };
}

/** `a b + c` rounded once to 24 bits, ties to even, in integers. */
function exact(a: number, b: number, c: number): number {
  const [p, q, r] = [parts(a), parts(b), parts(c)];
  const e = Math.min(p.e + q.e, r.e);
  const sum = p.m * q.m * 2n ** BigInt(p.e + q.e - e) + r.m * 2n ** BigInt(r.e - e);
  const magnitude = sum < 0n ? -sum : sum;
  const shift = Math.max(0, magnitude.toString(2).length - 24);
  const unit = 1n << BigInt(shift);
  const down = magnitude / unit;
  const twice = (magnitude % unit) * 2n;
  const up = twice > unit || (twice === unit && down % 2n === 1n) ? 1n : 0n;
  return Number(down + up) * 2 ** (e + shift) * (sum < 0n ? -1 : 1);
}

const float = fc
  .tuple(
    fc.integer({ min: 0x800000, max: 0xffffff }),
    fc.integer({ min: -30, max: 30 }),
    fc.boolean(),
  )
  .map(([m, e, isNegative]) => m * 2 ** (e - 24) * (isNegative ? -1 : 1));

test('a fused multiply-add is rounded once', () => {
  fc.assert(
    fc.property(float, float, float, (a, b, c) => {
      expect(fma32(a, b, c) === exact(a, b, c)).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test('a sum that float64 rounds onto the middle between two float32 numbers goes where it lies', () => {
  // (1 + k 2^-23)(1 - k 2^-23) 2^-24 = 2^-24 - k² 2^-70: added to c, it lies below a middle by less
  // than the last bit of float64 for k < 2^8, and seems to lie upon it.
  for (let k = 1; k < 256; k++) {
    const [x, y] = [1 + k * 2 ** -23, (1 - k * 2 ** -23) * 2 ** -24];
    for (const c of [1, -1, 1 + 2 ** -23, -1 - 2 ** -23, 1 + 2 ** -22, 1.5]) {
      expect(fma32(x, y, c)).toBe(exact(x, y, c));
      expect(fma32(-x, y, c)).toBe(exact(-x, y, c));
    }
  }
  expect(fma32(1 + 2 ** -23, (1 - 2 ** -23) * 2 ** -24, 1 + 2 ** -23)).toBe(1 + 2 ** -23);
});
