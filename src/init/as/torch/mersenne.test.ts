import { expect, test } from 'vitest';
import { bits24, bits32, torchGenerator, uniform53 } from './mersenne.ts';

// Matsumoto and Nishimura's mt19937.c: init_genrand(5489), first numbers; the 10000th is named in the C++
// standard, [rand.predef].
test('the generator is mt19937', () => {
  const generator = torchGenerator(5489);
  const numbers = Array.from({ length: 10_000 }, () => bits32(generator));
  expect(numbers.slice(0, 3)).toEqual([3499211612, 581869302, 3890346734]);
  expect(numbers[9999]).toBe(4123659995);
});

test('a seed counts by its lower 32 bits', () => {
  for (const [seed, low] of [
    [2 ** 32 + 5, 5],
    [2 ** 53 - 1, 2 ** 32 - 1],
    [2 ** 32, 0],
  ]) {
    expect(bits32(torchGenerator(seed))).toBe(bits32(torchGenerator(low)));
  }
});

test('float32 takes the lower 24 bits of one number, float64 the lower 53 of two', () => {
  const [a, b, c] = [0, 1, 2].map(() => torchGenerator(1));
  const [first, second] = [bits32(a), bits32(a)];
  expect(bits24(b)).toBe(first & 0xffffff);
  const both = (BigInt(first) << 32n) | BigInt(second);
  expect(uniform53(c)).toBe(Number(both & (2n ** 53n - 1n)) * 2 ** -53);
});
