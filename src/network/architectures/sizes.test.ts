import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runOf, widthsOf } from './sizes.ts';

const shape = { name: 'mlp', rule: 'widths must be positive integers like 784-512x10-10' };
const width = fc.integer({ min: 1, max: 2 ** 31 - 1 });

test('runs expand to as many widths as they say', () => {
  const runs = fc.array(fc.record({ width, count: fc.integer({ min: 1, max: 9 }) }));
  fc.assert(
    fc.property(width, runs, width, (first, middle, last) => {
      const items = middle.map((run) => (run.count > 1 ? `${run.width}x${run.count}` : run.width));
      const expected = middle.flatMap((run) => Array<number>(run.count).fill(run.width));
      expect(widthsOf(shape, [first, ...items, last].join('-'))).toEqual([
        first,
        ...expected,
        last,
      ]);
    }),
  );
});

test('whatever the sizes are, reading them succeeds or says what is wrong with a RangeError', () => {
  const sizes = fc.oneof(fc.string(), fc.stringMatching(/^[-0-9xs]{0,12}$/));
  fc.assert(
    fc.property(sizes, (text) => {
      try {
        for (const extent of widthsOf(shape, text)) expect(extent).toBeGreaterThan(0);
      } catch (error) {
        expect(String(error)).toMatch(/^RangeError: mlp: .* must .*, got ./s);
      }
    }),
  );
});

test('letters behind a width carry numbers, if they are known and said once', () => {
  expect(runOf(shape, '', '128x4h8', 'h')).toEqual({ width: 128, count: 4, extra: { h: 8 } });
  expect(() => runOf(shape, '128x4h8', '128x4h8', 's')).toThrow(RangeError);
  expect(() => runOf(shape, '8h1h2', '8h1h2', 'h')).toThrow(RangeError);
  expect(() => runOf(shape, '8h0', '8h0', 'h')).toThrow(RangeError);
});

const failing = (text: string) => (): unknown => widthsOf(shape, text);

test('errors say what the sizes must look like', () => {
  expect(failing('784-abc')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784-abc]`,
  );
  expect(failing('784')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784]`,
  );
  expect(failing('')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got nothing]`,
  );
  expect(failing('784-0-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784-0-10]`,
  );
  expect(failing('784-512x0-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784-512x0-10]`,
  );
  expect(failing('784-1.5-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784-1.5-10]`,
  );
  expect(failing('784-512-10x2')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784-512-10x2]`,
  );
  expect(failing('784-3000000000-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: sizes must be at most 2147483647, got 3000000000]`,
  );
  expect(failing('784-512x1000000-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: layers must number at most 100000, got 1000002]`,
  );
});
