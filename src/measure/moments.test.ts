import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tensor } from '../tensor/index.ts';
import { accumulate, momentsOf } from './moments.ts';

const float32 = (shape: readonly number[], values: readonly number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

test('second moment and mean are those of the definition, whatever the unit axis', () => {
  const values = fc.array(fc.float({ noNaN: true, min: -1e3, max: 1e3 }), {
    minLength: 24,
    maxLength: 24,
  });
  fc.assert(
    fc.property(values, fc.integer({ min: -1, max: 3 }), (numbers, axis) => {
      const { secondMoment, mean } = momentsOf(
        accumulate(null, float32([2, 3, 2, 2], numbers), axis),
      );
      const square = numbers.reduce((sum, x) => sum + x * x, 0) / 24;
      const average = numbers.reduce((sum, x) => sum + x, 0) / 24;
      // Sums of 24 numbers in another order differ by at most 24 ε of the sum of their magnitudes.
      expect(Math.abs(secondMoment - square)).toBeLessThanOrEqual(24 * 2 ** -52 * square);
      expect(Math.abs(mean - average)).toBeLessThanOrEqual(24 * 2 ** -52 * 1e3);
    }),
  );
});

test('the largest float32 numbers do not overflow', () => {
  const largest = 2 ** 128 - 2 ** 104;
  const sums = accumulate(null, float32([4], [largest, -largest, largest, -largest]), -1);
  expect(momentsOf(sums)).toMatchObject({ secondMoment: largest ** 2, mean: 0, notFinite: 0 });
});

test('a channel that is constant over examples and positions is dead, whatever its value', () => {
  // Shape [2, 3, 1, 2]: channel 0 is 0, channel 1 is 7, channel 2 varies in one position.
  const tensor = float32([2, 3, 1, 2], [0, 0, 7, 7, 1, 1, 0, 0, 7, 7, 1, 2]);
  expect(momentsOf(accumulate(null, tensor, 1)).dead).toBe(2 / 3);
  expect(momentsOf(accumulate(null, tensor, -1)).dead).toBe(0);
});

const deadBy = (places: number): number | null =>
  momentsOf(accumulate(null, float32([2, 1], [1, 1 + places * 2 ** -23]), -1)).dead;

test('a unit that differs by one last place is dead, by three it is alive', () => {
  expect(deadBy(1)).toBe(1);
  expect(deadBy(3)).toBe(0);
});

test('one example without positions says nothing of dead units, a second batch does', () => {
  const first = accumulate(null, float32([1, 2], [0, 1]), -1);
  expect(momentsOf(first).dead).toBeNull();
  expect(momentsOf(accumulate(first, float32([1, 2], [0, 3]), -1))).toEqual({
    secondMoment: 10 / 4,
    mean: 1,
    dead: 0.5,
    notFinite: 0,
  });
});

test('a unit with a NaN or an infinite element is not dead', () => {
  const tensor = float32([3, 3], [NaN, 1, Infinity, 5, 1, Infinity, 5, 1, Infinity]);
  const { secondMoment, mean, dead, notFinite } = momentsOf(accumulate(null, tensor, -1));
  expect([secondMoment, mean, dead, notFinite]).toEqual([NaN, NaN, 1 / 3, 4 / 9]);
});

test('16-bit floats are measured as the numbers they are', () => {
  const half: Tensor<'float16'> = {
    dtype: 'float16',
    shape: [2, 1],
    data: Uint16Array.of(0x3c00, 0xc000),
  };
  expect(momentsOf(accumulate(null, half, -1))).toMatchObject({ secondMoment: 2.5, mean: -0.5 });
});
