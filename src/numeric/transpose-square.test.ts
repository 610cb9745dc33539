import { expect, test } from 'vitest';
import { transposeSquare } from './index.ts';

test.each([0, 1, 2, 15, 16, 17, 50, 129])(
  'element (i, j) of a square of %d changes place with (j, i), also band by band in any order',
  (n) => {
    const original = Float64Array.from({ length: n * n }, (_, i) => i);
    const whole = original.slice();
    transposeSquare(whole, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) expect(whole[i * n + j]).toBe(original[j * n + i]);
    }
    const bands = original.slice();
    const cuts = [0, Math.floor(n / 7), Math.floor(n / 2), n];
    for (const b of [2, 0, 1]) transposeSquare(bands, n, cuts[b], cuts[b + 1]);
    expect(bands).toEqual(whole);
  },
);
