import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { batchesOf } from './order.ts';

test('an epoch takes every example at most once, and the next one in another order', () => {
  const at = batchesOf(key(3), 10, 3);
  const first = [1, 2, 3].flatMap((step) => Array.from(at(step)));
  const second = [4, 5, 6].flatMap((step) => Array.from(at(step)));
  expect(new Set(first).size).toBe(9);
  expect(new Set(second).size).toBe(9);
  expect(second).not.toEqual(first);
});

test('a step has the same examples whether or not the steps before it were asked for', () => {
  const inOrder = batchesOf(key(3), 100, 7);
  const steps = Array.from({ length: 40 }, (_, index) => inOrder(index + 1));
  expect(batchesOf(key(3), 100, 7)(38)).toEqual(steps[37]);
});

test('a batch as large as the set is the whole set at every step', () => {
  const at = batchesOf(key(0), 4, 4);
  expect([...at(1)]).toEqual([0, 1, 2, 3]);
  expect([...at(9)]).toEqual([0, 1, 2, 3]);
});

test('a batch must have examples', () => {
  expect(() => batchesOf(key(0), 4, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: batch: must be a whole number from 1 on, got 0]`,
  );
});
