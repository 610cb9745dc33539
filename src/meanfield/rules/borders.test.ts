import { expect, test } from 'vitest';
import { flatProfile, mixedProfile, poolBorder, slideBorder, type Slide } from './borders.ts';

/** Covariances between all positions after a convolution of an axis: `M'(o, o') = Σ_tap M(at, at') / taps`. */
function convolved(matrix: number[][], slide: Slide): number[][] {
  const size = matrix.length;
  const { taps, stride, dilation, before, out } = slide;
  const at = (o: number, tap: number): number => stride * o + dilation * tap - before;
  return Array.from({ length: out }, (_, o) =>
    Array.from({ length: out }, (__, other) => {
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        const [a, b] = [at(o, tap), at(other, tap)];
        if (a >= 0 && a < size && b >= 0 && b < size) sum += matrix[a][b];
      }
      return sum / taps;
    }),
  );
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

const slides: Slide[] = [
  { taps: 3, stride: 1, dilation: 1, before: 1, out: 9 },
  { taps: 5, stride: 1, dilation: 1, before: 2, out: 9 },
  { taps: 3, stride: 2, dilation: 1, before: 1, out: 5 },
  { taps: 3, stride: 1, dilation: 2, before: 2, out: 9 },
  { taps: 1, stride: 1, dilation: 1, before: 0, out: 9 },
];

test.each(slides)('a convolution %o of alike positions is that of their covariances', (slide) => {
  const { same, far, profile } = slideBorder(flatProfile(9), slide);
  // All positions alike and equal: M = 1 everywhere, of which far pairs and the diagonal are averages.
  const matrix = convolved(
    Array.from({ length: 9 }, () => Array.from({ length: 9 }, () => 1)),
    slide,
  );
  const diagonal = matrix.map((row, o) => row[o]);
  expect(same).toBeCloseTo(meanOf(diagonal), 14);
  expect(far).toBeCloseTo(meanOf(matrix.flat()), 14);
  for (const [o, value] of diagonal.entries()) expect(profile[o] * same).toBeCloseTo(value, 14);
});

test('convolution after convolution the second moment follows the profile exactly', () => {
  let matrix = Array.from({ length: 9 }, (_, a) =>
    Array.from({ length: 9 }, (__, b) => Number(a === b)),
  );
  let profile = flatProfile(9);
  let q = 1;
  let unaware = 1;
  for (let layer = 0; layer < 6; layer++) {
    matrix = convolved(matrix, slides[0]);
    const border = slideBorder(profile, slides[0]);
    q *= border.same;
    unaware *= slideBorder(flatProfile(9), slides[0]).same;
    ({ profile } = border);
    expect(q).toBeCloseTo(meanOf(matrix.map((row, o) => row[o])), 14);
  }
  // Six layers of 3 taps over 9 positions: what is lost at the border cannot be lost again.
  expect(q / unaware).toBeGreaterThan(1.1);
});

test('an axis that wraps or is not padded keeps its profile', () => {
  const valid = { taps: 3, stride: 1, dilation: 1, before: 0, out: 7 };
  expect(slideBorder(flatProfile(9), valid)).toEqual({
    same: 1,
    far: 1,
    profile: flatProfile(7),
  });
});

test('pooling sees positions as often as its windows do', () => {
  const profile = Float64Array.of(0.5, 1, 1.25, 1.25, 1);
  const slide = { taps: 3, stride: 2, dilation: 1, before: 0, out: 2 };
  const { same, profile: after } = poolBorder(profile, slide);
  // Windows 0 … 2 and 2 … 4: position 2 counts twice.
  expect(same).toBeCloseTo((0.5 + 1 + 1.25 + 1.25 + 1.25 + 1) / 6, 15);
  expect(after[0] * same).toBeCloseTo(2.75 / 3, 15);
  // Padding of a pooling is no zero: the window at the border is the smaller.
  const padded = poolBorder(profile, { ...slide, before: 1, out: 3 });
  expect(padded.profile[0] * padded.same).toBeCloseTo(0.75, 15);
  expect(poolBorder(flatProfile(9), slides[0])).toEqual({
    same: 1,
    far: 1,
    profile: flatProfile(9),
  });
});

test('a sum has the profiles of its terms by their sizes', () => {
  const mixed = mixedProfile(Float64Array.of(0.5, 1.5), 3, Float64Array.of(1, 1), 1);
  expect(Array.from(mixed)).toEqual([0.625, 1.375]);
  const nothing = Float64Array.of(1, 1);
  expect(mixedProfile(nothing, 0, nothing, 0)).toBe(nothing);
});

test('a window without taps is refused', () => {
  expect(() =>
    slideBorder(flatProfile(4), { ...slides[0], taps: 0 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: slide: taps must be a whole number from 1 on, got 0]`,
  );
});
