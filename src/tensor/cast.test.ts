import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { castTo, toFloat64 } from './cast.ts';

const values16 = (dtype: 'float16' | 'bfloat16'): Float64Array =>
  toFloat64({ dtype, shape: [65536], data: Uint16Array.from({ length: 65536 }, (_, i) => i) });

test.each(['float16', 'bfloat16'] as const)('every %s is read and written again as it was', (d) => {
  const values = values16(d);
  const bits = castTo(d, values);
  const infinity = Float64Array.of(Infinity);
  for (let i = 0; i < 65536; i++) {
    if (Number.isNaN(values[i])) expect(bits[i]).toBeGreaterThan(castTo(d, infinity)[0]);
    else expect(bits[i]).toBe(i);
  }
});

// IEEE 754-2019, table 3.5: smallest and largest numbers of binary16; bfloat16 is the top half of binary32.
test('known numbers have known bits', () => {
  expect([
    ...castTo('float16', Float64Array.of(1, -2, 65504, 2 ** -24, 2 ** -14, 0, -0, 1 / 3, Infinity)),
  ]).toEqual([0x3c00, 0xc000, 0x7bff, 1, 0x400, 0, 0x8000, 0x3555, 0x7c00]);
  expect([
    ...castTo('bfloat16', Float64Array.of(1, -2, 2 ** -133, 2 ** -126, 1 / 3, -Infinity)),
  ]).toEqual([0x3f80, 0xc000, 1, 0x80, 0x3eab, 0xff80]);
});

test('the nearest number is taken, and of two equally near ones the even one', () => {
  for (const d of ['float16', 'bfloat16'] as const) {
    const all = values16(d).subarray(0, d === 'float16' ? 0x7c00 : 0x7f80);
    for (let i = 0; i + 1 < all.length; i += 7) {
      const middle = (all[i] + all[i + 1]) / 2;
      const nudge = (all[i + 1] - all[i]) / 1024;
      const bits = castTo(d, Float64Array.of(middle - nudge, middle, middle + nudge, -middle));
      expect([...bits]).toEqual([i, i + (i % 2), i + 1, 0x8000 | (i + (i % 2))]);
    }
  }
  // Half way from the largest number to the next power of two, where IEEE 754 begins infinity.
  expect([...castTo('float16', Float64Array.of(65519.999, 65520))]).toEqual([0x7bff, 0x7c00]);
});

test('float64 is rounded once, not through float32', () => {
  // 1 + 2^-11 lies half way between two float16 numbers; a little more must go up.
  expect(castTo('float16', Float64Array.of(1 + 2 ** -11 + 2 ** -40))[0]).toBe(0x3c01);
  expect(castTo('float16', Float64Array.of(1 + 2 ** -11))[0]).toBe(0x3c00);
});

test('bfloat16 of a float32 is its upper half, rounded', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (x) => {
      const bits = new Uint32Array(Float32Array.of(x).buffer)[0];
      const rounded = ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
      expect(castTo('bfloat16', Float32Array.of(x))[0]).toBe(rounded);
    }),
  );
});

test('values that have the type already are not copied', () => {
  const single = Float32Array.of(1);
  const double = Float64Array.of(1);
  expect(castTo('float32', single)).toBe(single);
  expect(castTo('float64', double)).toBe(double);
  expect([...castTo('float32', Float64Array.of(0.1))]).toEqual([Math.fround(0.1)]);
});
