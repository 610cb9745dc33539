import { expect, test } from 'vitest';
import { plainKernels, recycling } from './index.ts';

const LARGE = 2 ** 21;

test('memory is used again after begin, and not before', () => {
  const { kernels, begin } = recycling(plainKernels);
  const first = kernels.memory(LARGE);
  const second = kernels.memory(LARGE);
  expect(second).not.toBe(first);
  begin();
  const third = kernels.memory(LARGE - 8);
  expect([first, second]).toContain(third);
  expect(kernels.memory(LARGE - 8)).not.toBe(third);
});

test('memory that is used again is cleared, unless it is said not to matter', () => {
  const { kernels, begin } = recycling(plainKernels);
  new Uint8Array(kernels.memory(LARGE)).fill(7);
  begin();
  const dirty = new Uint8Array(kernels.memory(LARGE, false));
  expect([dirty[0], dirty[LARGE - 1]]).toEqual([7, 7]);
  begin();
  expect(new Uint8Array(kernels.memory(LARGE)).every((byte) => byte === 0)).toBe(true);
});

test('small requests and larger ones than before get new memory', () => {
  const { kernels, begin } = recycling(plainKernels);
  const small = kernels.memory(100);
  const first = kernels.memory(LARGE);
  begin();
  expect(kernels.memory(100)).not.toBe(small);
  expect(kernels.memory(2 * LARGE)).not.toBe(first);
});
