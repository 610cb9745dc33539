import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { correlationOf, overlapOf } from './overlap.ts';

/** Element `place` of an example in `outer` blocks of one block for each of `count` examples. */
function elementOf(
  values: Float64Array,
  outer: number,
  count: number,
  example: number,
  place: number,
): number {
  const inner = values.length / (outer * count);
  const block = Math.floor(place / inner);
  return values[(block * count + example) * inner + (place % inner)];
}

test('the correlation is that over all pairs of different examples, wherever they lie', () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 2, max: 6 }),
    fc.integer({ min: 1, max: 5 }),
  );
  const numbers = fc.double({ min: -10, max: 10, noNaN: true });
  const cases = sizes.chain(([outer, count, inner]) =>
    fc.tuple(
      fc.constant([outer, count, inner] as const),
      fc.array(numbers, { minLength: outer * count * inner, maxLength: outer * count * inner }),
    ),
  );
  fc.assert(
    fc.property(cases, ([[outer, count, inner], list]) => {
      const values = Float64Array.from(list, (value) => value + 20);
      const size = outer * inner;
      let pairs = 0;
      let squares = 0;
      for (let a = 0; a < count; a++) {
        for (let place = 0; place < size; place++) {
          const x = elementOf(values, outer, count, a, place);
          squares += x * x;
          for (let b = 0; b < count; b++) {
            if (b !== a) pairs += x * elementOf(values, outer, count, b, place);
          }
        }
      }
      const direct = pairs / (count * (count - 1) * size) / (squares / (count * size));
      const found = correlationOf([overlapOf(null, values, outer, count)]);
      // Numbers of one sign: both sums err by at most as many ε as they have terms, 120 · 5 at most.
      expect(Math.abs((found ?? NaN) - direct)).toBeLessThan(2 * 600 * 2 ** -52 * count);
    }),
  );
});

test('examples of several batches are compared with each other', () => {
  const whole = Float64Array.of(1, 2, 3, -1, 0.5, 2);
  const parts = [whole.subarray(0, 2), whole.subarray(2, 4), whole.subarray(4)];
  let overlap = null;
  for (const part of parts) overlap = overlapOf(overlap, part, 1, 1);
  expect(overlap === null ? null : correlationOf([overlap])).toBe(
    correlationOf([overlapOf(null, whole, 1, 3)]),
  );
});

test('there is no correlation of one example, of examples of different sizes, of zeros and of NaN', () => {
  const one = overlapOf(null, Float64Array.of(1, 2), 1, 1);
  expect(correlationOf([one])).toBeNull();
  expect(correlationOf([overlapOf(one, Float64Array.of(1, 2, 3), 1, 1)])).toBeNull();
  expect(correlationOf([overlapOf(null, new Float64Array(4), 1, 2)])).toBeNull();
  expect(correlationOf([overlapOf(null, Float64Array.of(1, NaN), 1, 2)])).toBeNull();
});

test('several values together have the correlation of their elements side by side', () => {
  const [left, right] = [Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6)];
  const together = overlapOf(null, Float64Array.of(1, 2, 5, 3, 4, 6), 1, 2);
  expect(correlationOf([overlapOf(null, left, 1, 2), overlapOf(null, right, 1, 2)])).toBe(
    correlationOf([together]),
  );
});
