import { expect, test } from 'vitest';
import { fixedPairs, halfOf, join, pairsMadeBy, read, unpairable, wholeOf } from './pairs.ts';

test('a half is as large as all layers around can take', () => {
  const a = pairsMadeBy('a', 12);
  const b = pairsMadeBy('b', 18);
  expect(halfOf(a)).toBe(6);
  read(a, 'c', 8);
  expect(halfOf(a)).toBe(2);
  expect(join(a, b)).toBe(true);
  expect([halfOf(a), halfOf(b), wholeOf(b).isRead]).toEqual([1, 1, true]);
  expect(unpairable(b)).toBeNull();
});

test('joined pairs are one, in whatever order they are joined', () => {
  const all = [4, 6, 8, 10].map((count) => pairsMadeBy(`of ${count}`, count));
  join(all[0], all[1]);
  join(all[2], all[3]);
  join(all[3], all[1]);
  join(all[1], all[2]);
  expect(new Set(all.map(wholeOf)).size).toBe(1);
  expect(
    wholeOf(all[0])
      .makers.map(({ count }) => count)
      .sort((a, b) => a - b),
  ).toEqual([4, 6, 8, 10]);
});

test('a half that is laid down stays, and two different ones cannot be joined', () => {
  const fixed = fixedPairs(5);
  expect(join(fixed, fixedPairs(3))).toBe(false);
  expect(join(fixed, fixedPairs(5))).toBe(true);
  read(fixed, 'reader', 20);
  expect([halfOf(fixed), unpairable(fixed)]).toEqual([5, null]);
  read(fixed, 'reader', 12);
  expect(unpairable(fixed)).toMatchInlineSnapshot(
    `"reader must have a multiple of 10 of input channels in each group, which are mirrored, got 12"`,
  );
});

test('odd numbers are told of the layer that has them', () => {
  const made = pairsMadeBy('fc1 (Gemm)', 7);
  expect(unpairable(made)).toMatchInlineSnapshot(
    `"fc1 (Gemm) must have an even number of outputs in each group, to be mirrored, got 7"`,
  );
});
