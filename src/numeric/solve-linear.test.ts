import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveLinear } from './solve-linear.ts';

test('A x is b again, also where a diagonal element is 0', () => {
  const entry = fc.double({ min: -1, max: 1, noNaN: true });
  const system = fc
    .integer({ min: 1, max: 12 })
    .chain((n) =>
      fc.tuple(
        fc.array(entry, { minLength: n * n, maxLength: n * n }),
        fc.array(entry, { minLength: n, maxLength: n }),
      ),
    );
  fc.assert(
    fc.property(system, ([values, right]) => {
      const n = right.length;
      // Cyclically shifted diagonal dominance: regular, with zeros where no exchange is made.
      const a = Float64Array.from(values);
      for (let i = 0; i < n; i++) a[i * n + ((i + 1) % n)] += 2 * n;
      const x = solveLinear(a, Float64Array.from(right));
      for (let i = 0; i < n; i++) {
        let sum = -right[i];
        for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j];
        // Backward error: some n ε of the size of a row, 3n.
        expect(Math.abs(sum)).toBeLessThan(100 * n * Number.EPSILON);
      }
    }),
  );
});

test('singular matrices and sizes that do not fit are refused', () => {
  expect(() => solveLinear(new Float64Array(4), new Float64Array(2))).toThrow(
    new RangeError('solveLinear: A must be regular, got no pivot in column 0'),
  );
  expect(() => solveLinear(new Float64Array(3), new Float64Array(2))).toThrow(
    new RangeError('solveLinear: A must be 2 x 2, got 3 numbers'),
  );
});
