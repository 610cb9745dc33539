import { expect, test } from 'vitest';
import { commandOf, firstStep, lastMean, smoothed } from '../evidence/learner.ts';

test('a curve is the mean of the steps up to each, and ends before a step that is not finite', () => {
  expect(smoothed([1, 3, 5, 7], 2)).toEqual([
    [2, 2],
    [3, 4],
    [4, 6],
  ]);
  expect(smoothed([1, 3, null, 7], 2)).toEqual([[2, 2]]);
  expect(smoothed([1], 2)).toEqual([]);
});

test('a level is reached at the first step whose mean passes it, or never', () => {
  const accuracy = [0.1, 0.99, 0.2, 0.9, 1];
  expect(firstStep(accuracy, 2, (mean) => mean > 0.9)).toBe(5);
  expect(firstStep(accuracy, 1, (mean) => mean > 0.9)).toBe(2);
  expect(firstStep(accuracy, 2, (mean) => mean > 0.99)).toBeNull();
});

test('the mean at the end is over what there is, and is none where a step is not finite', () => {
  expect(lastMean([9, 1, 3], 2)).toBe(2);
  expect(lastMean([1, 3], 5)).toBe(2);
  expect(lastMean([1, null], 2)).toBeNull();
  expect(lastMean([], 2)).toBeNull();
});

test('a learner is told as the command that trains it', () => {
  const common = { optimizer: 'adam', rate: 4e-6, batch: 16, steps: 500, seed: 0 } as const;
  expect(
    commandOf({
      ...common,
      model: 'vanilla:10000-8:flatten',
      data: 'mnist',
      set: ['fc.weight=normal(std=0.5)'],
      isCosine: true,
    }),
  ).toBe(
    "stepzero train vanilla:10000-8:flatten --data mnist:data/mnist --set 'fc.weight=normal(std=0.5)' " +
      '--optimizer adam --lr 0.000004 --schedule cosine --batch 16 --steps 500 --seed 0 --threads 1',
  );
  expect(
    commandOf({
      ...common,
      model: 'lstm:10-64-9:t70:every',
      data: 'copy:10:50',
      scheme: 'chrono(t_max=70)',
      clip: 1,
    }),
  ).toContain(
    "--data copy:10:50 --scheme 'chrono(t_max=70)' --optimizer adam --lr 0.000004 --clip 1",
  );
});
