import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { distinctParts, pad, printable, shorten, textWidth, wrap } from './text.ts';

test('control, bidirectional and line-break characters become visible', () => {
  expect(printable('a\x1b[31m\u0000\u202eb\u2028')).toBe('a\\x1b[31m\\x00\\u202eb\\u2028');
});

test('no text made printable holds a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});

test('a shortened text is at most as wide as asked, and untouched if it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, width) => {
      const short = shorten(text, width);
      expect(textWidth(short)).toBeLessThanOrEqual(width);
      if (textWidth(text) <= width) expect(short).toBe(text);
    }),
  );
});

test('wide characters take two columns', () => {
  expect(textWidth('層1')).toBe(3);
  expect(pad('層', 4, 'right')).toBe('  層');
  expect(shorten('層層層層', 5)).toBe('…層');
  expect(shorten('層層層層', 7)).toBe('層…層層');
});

test('wrapped lines are at most as wide as asked and hold all the words', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme-ascii' })),
      fc.integer({ min: 2, max: 30 }),
      (words, width) => {
        const text = words.join(' ');
        const lines = wrap(text, width);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      },
    ),
  );
});

test('names that are too long lose what all of them share', () => {
  const names = ['/net/layer.1/Gemm_out', '/net/layer.12/Gemm_out', '/net/layer.2/Conv_out'];
  const parts = distinctParts(names);
  const shown = (width: number): readonly string[] => names.map((_, i) => parts(i, width));
  expect(shown(40)).toEqual(names);
  expect(shown(18)).toEqual(['/net/layer.1/Gemm', '/net/layer.12/Gemm', '/net/layer.2/Conv']);
  expect(shown(12)).toEqual(['…1/Gemm', '…12/Gemm', '…2/Conv']);
});
