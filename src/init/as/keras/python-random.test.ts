import { expect, test } from 'vitest';
import { pythonRandom, randomSeed } from './python-random.ts';

// From CPython 3.11: random.seed(s); a = [random.randint(1, int(1e9)) for _ in range(1000)]; a[:4], sum(a)
test.each([
  [0, [906691060, 413654000, 813847340, 955892129], 501831124321],
  [42, [686579304, 119540832, 26855093, 796233791], 501997952329],
  [2 ** 32 - 1, [682209859, 665256254, 218184273, 231223275], 497835962926],
  [2 ** 32 + 5, [168869941, 521297323, 303317710, 955550619], 513987583901],
  [2 ** 53 - 1, [101200597, 601965182, 239309731, 808080404], 497941890701],
])('after random.seed(%i) the seeds are those of Python', (seed, first, sum) => {
  const generator = pythonRandom(seed);
  const seeds = Array.from({ length: 1000 }, () => randomSeed(generator));
  expect(seeds.slice(0, 4)).toEqual(first);
  expect(seeds.reduce((total, value) => total + value, 0)).toBe(sum);
});
