import { expect, test } from 'vitest';
import { glibcLog32, glibcSinCos32 } from './libm.ts';

/** Distance of float32 numbers at x. */
const ulp = (x: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x)))) - 23);

// The bounds are those that the authors of the functions give for them.
test('the logarithm is within 0.82 units in the last place, and exactly 0 at 1', () => {
  expect(glibcLog32(1)).toBe(0);
  for (let i = 1; i < 20000; i++) {
    const x = Math.fround((i / 20000) ** 3 * 4);
    const exact = Math.log(x);
    if (exact !== 0) expect(Math.abs(glibcLog32(x) - exact)).toBeLessThan(0.82 * ulp(exact));
  }
});

test('sine and cosine are within 0.57 units in the last place in all quadrants', () => {
  const out = new Float32Array(2);
  for (let i = 0; i < 20000; i++) {
    const x = Math.fround((i / 20000) * 2 * Math.PI);
    glibcSinCos32(x, out);
    for (const [j, exact] of [Math.sin(x), Math.cos(x)].entries()) {
      expect(Math.abs(out[j] - exact)).toBeLessThanOrEqual(0.57 * ulp(exact));
    }
  }
});
