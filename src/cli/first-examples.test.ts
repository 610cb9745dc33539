import { expect, test } from 'vitest';
import { firstExamples } from './first-examples.ts';

const x = { dtype: 'float32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;

test('the first examples are taken of every tensor, and numbers that all share stay', () => {
  expect(firstExamples(x, 2)).toEqual({ ...x, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  const scale = { dtype: 'float32', shape: [], data: Float32Array.of(7) } as const;
  expect(firstExamples(new Map([['scale', scale]]), 2)).toEqual(new Map([['scale', scale]]));
});

test('more examples than there are is refused', () => {
  expect(() => firstExamples(new Map([['x', x]]), 4)).toThrow(
    '--samples: must be at most the 3 of --input, got 4',
  );
});
