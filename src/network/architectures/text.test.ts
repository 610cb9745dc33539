import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseText, readWords } from './text.ts';

const vocabulary = {
  flags: ['post', 'full'],
  numbers: { t: { what: 'sequence length', largest: 99 } },
  activations: true,
} as const;

test('a text is taken apart at its colons, a number staying with the word before it', () => {
  expect(parseText('mlp:784-512x10-10:leaky_relu:0.2')).toEqual({
    text: 'mlp:784-512x10-10:leaky_relu:0.2',
    name: 'mlp',
    sizes: '784-512x10-10',
    words: ['leaky_relu:0.2'],
  });
  expect(parseText('lstm:v1000-8-2:bi')).toMatchObject({ sizes: 'v1000-8-2', words: ['bi'] });
});

test('a text may consist of the name alone or of the name and words', () => {
  expect(parseText('mlp')).toMatchObject({ name: 'mlp', sizes: null, words: [] });
  expect(parseText('mlp:elu:0.5')).toMatchObject({ sizes: null, words: ['elu:0.5'] });
  expect(parseText('mlp:')).toMatchObject({ sizes: '', words: [] });
});

test('words are understood in any order', () => {
  const words = ['post', 't7', 'leaky_relu:0.2', 'full'];
  fc.assert(
    fc.property(fc.shuffledSubarray(words), (chosen) => {
      const read = readWords(parseText(['net', '3-3', ...chosen].join(':')), vocabulary);
      expect(read.flags).toEqual(new Set(chosen.filter((word) => /post|full/.test(word))));
      expect(read.numbers.get('t')).toBe(chosen.includes('t7') ? 7 : undefined);
      expect(read.activation !== null).toBe(chosen.includes('leaky_relu:0.2'));
    }),
  );
});

test('whatever the words are, reading them succeeds or says what is wrong with a RangeError', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('post', 't7', 't0', 'relu', '', '__proto__'));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        readWords(parseText(['net', ...words].join(':')), vocabulary);
      } catch (error) {
        expect(String(error)).toMatch(/^RangeError: net: .* must .*, got /s);
      }
    }),
  );
});

const failing = (text: string) => (): unknown => readWords(parseText(text), vocabulary);

test('errors name the words that there are', () => {
  expect(failing('net:3-3:')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: words must be post, full, tN (sequence length) or an activation such as relu after the sizes, got nothing]`,
  );
  expect(failing('net:3-3:t0')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: the sequence length must be an integer from 1 to 99, got 0]`,
  );
  expect(failing('net:3-3:t100')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: the sequence length must be an integer from 1 to 99, got 100]`,
  );
  expect(failing('net:3-3:post:post')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: post must be given once, got net:3-3:post:post]`,
  );
  expect(failing('net:3-3:relu:tanh')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: the activation must be given once, got net:3-3:relu:tanh]`,
  );
  expect(() => readWords(parseText('net:3-3:0.5'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: there must be no words after the sizes, got 0.5]`,
  );
  expect(() => readWords(parseText('net:3-3:relu'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: there must be no words after the sizes, got relu]`,
  );
  expect(() =>
    readWords(parseText('net:3-3:gelu'), { activations: ['tanh', 'relu'] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: net: words must be tanh or relu after the sizes, got gelu]`,
  );
});

test('an unknown activation is refused with the words that there are and the known activations', () => {
  expect(failing('net:3-3:rleu')).toThrow(
    /^net: words must be post, full, tN \(sequence length\) or an activation such as relu after the sizes, got rleu \(.*rleu.*\)$/,
  );
});
