import { expect, test } from 'vitest';
import type { Constant } from '../graph/index.ts';
import type { Channels } from './channels.ts';
import { reordered, spread } from './widening.ts';

const at = (positions: Channels['positions']): Channels => ({
  axis: 1,
  rank: 2,
  count: 3,
  positions,
});

test('each channel is a run of elements if its positions are behind it', () => {
  const order = Int32Array.of(2, 0, -1);
  expect([...spread(order, 2, at('behind'))]).toEqual([4, 5, 0, 1, -1, -1]);
  expect([...spread(order, 1, at('apart'))]).toEqual([2, 0, -1]);
});

test('each position is a run of channels if they are before them', () => {
  expect([...spread(Int32Array.of(2, 0, -1, 1), 2, at('before'))]).toEqual([
    2, 0, -1, 1, 5, 3, -1, 4,
  ]);
});

const constant: Constant = {
  name: 'w',
  dtype: 'float32',
  shape: [2, 3],
  source: 'constant',
  read: () => ({ dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }),
};

test('elements follow their order along an axis, and zeros stand where there is none', () => {
  const wide = reordered(constant, 'v', 1, [Int32Array.of(2, -1, 0, 0)]);
  expect(wide).toMatchObject({ name: 'v', dtype: 'float32', shape: [2, 4] });
  expect([...wide.read().data]).toEqual([3, 0, 1, 1, 6, 0, 4, 4]);
  const tall = reordered(constant, 'v', 0, [Int32Array.of(1, -1, 0)]);
  expect([...tall.read().data]).toEqual([4, 5, 6, 0, 0, 0, 1, 2, 3]);
});

test('every part of the first axis can have an order of its own', () => {
  const orders = [Int32Array.of(0, -1), Int32Array.of(-1, 2)];
  expect([...reordered(constant, 'v', 1, orders).read().data]).toEqual([1, 0, 0, 6]);
});
