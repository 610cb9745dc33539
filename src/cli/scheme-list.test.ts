import { expect, test } from 'vitest';
import { schemeList } from './scheme-list.ts';

test('schemes are separated by commas outside of parentheses', () => {
  expect(schemeList('he_normal(slope=0.2, mode=fan_out), orthogonal,as:torch')).toEqual([
    'he_normal(slope=0.2, mode=fan_out)',
    'orthogonal',
    'as:torch',
  ]);
});

test('a list that names no two schemes is refused in a sentence', () => {
  const sentence = (text: string): string => {
    try {
      return schemeList(text).join(' and ');
    } catch (error) {
      return String(error);
    }
  };
  expect(['', 'a', 'a,', 'a,,b', 'a,b, a', 'a(,b', 'a),b(', 'a(b=(1),c'].map(sentence))
    .toMatchInlineSnapshot(`
    [
      "Error: --schemes: must name a scheme between commas, got nothing",
      "Error: --schemes: must name two schemes at least, got a",
      "Error: --schemes: must name a scheme between commas, got a,",
      "Error: --schemes: must name a scheme between commas, got a,,b",
      "Error: --schemes: must name every scheme once, got a twice",
      "Error: --schemes: parentheses must match, got a(,b",
      "Error: --schemes: parentheses must match, got a),b(",
      "Error: --schemes: parentheses must match, got a(b=(1),c",
    ]
  `);
});
