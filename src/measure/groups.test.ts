import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inGroups } from './groups.ts';

test('groups keep the order, hold at most what is allowed, and an item alone where it is larger', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 30 }), (sizes, memory) => {
      const groups = inGroups(sizes, (size) => size, memory);
      expect(groups.flat()).toEqual(sizes);
      for (const group of groups) {
        expect(group.length).toBeGreaterThan(0);
        const bytes = group.reduce((sum, size) => sum + size, 0);
        const positive = group.filter((size) => size > 0);
        expect(bytes <= memory || positive.length === 1).toBe(true);
      }
    }),
  );
});

test('what fits is one group, and nothing is none', () => {
  expect(inGroups([1, 2, 3], (size) => size, 6)).toEqual([[1, 2, 3]]);
  expect(inGroups([], () => 1, 6)).toEqual([]);
});
