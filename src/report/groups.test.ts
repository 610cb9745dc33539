import { expect, test } from 'vitest';
import { entry, layers } from '../../test/report-fixture.ts';
import { groupByReason, groupName, groupNames, groupParameters } from './groups.ts';

test('few parameters stand alone, many equal ones share a row, and too many kinds go by role', () => {
  expect(groupParameters(layers(3), 10).map((group) => group.length)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(groupParameters(layers(30), 10).map((group) => group.length)).toEqual([30, 30]);
  const different = Array.from({ length: 30 }, (_, i) => entry({ name: `w${i}`, shape: [i, 4] }));
  expect(groupParameters(different, 10).map((group) => group.length)).toEqual([30]);
});

test('parameters that differ in anything that is shown do not share a row', () => {
  const base = layers(20);
  for (const change of [
    { shape: [9, 4] },
    { fanIn: 5 },
    { activation: 'tanh' },
    { scheme: 'lecun_normal' },
    { options: { mode: 'fan_out' } },
    { std: 0.5 },
    { bound: 0.5 },
    { role: 'conv' as const },
    { name: 'other.weight' },
  ]) {
    const groups = groupParameters([...base, entry({ name: '99.weight', ...change })], 10);
    expect(groups.map((group) => group.length)).toEqual([20, 20, 1]);
  }
});

test('the name of a group says what varies and how many there are', () => {
  expect(groupName(['layer1.0.w', 'layer1.10.w', 'layer4.2.w'])).toBe('layer{1–4}.{0–10}.w ×3');
  expect(groupName(['a.w', 'b.w'])).toBe('a.w … b.w ×2');
  expect(groupName(['x9007199254740993', 'x2'])).toBe('x{2–9007199254740993} ×2');
  expect(groupNames(['a1', 'a2', 'b', 'c', 'd'], 3)).toEqual({
    names: ['a{1–2} ×2', 'b'],
    left: 2,
  });
});

test('reasons that differ in their numbers alone are one, with another reference or option they are two', () => {
  const reasons = [
    entry({ name: 'a', reason: 'std = √(2/784) = 0.0505' }),
    entry({ name: 'b', reason: 'std = √(2/512) = 6.25e-2' }),
    entry({ name: 'c', reason: 'std = √(2/512) = 0.0625', reference: null }),
    entry({ name: 'd', reason: 'std = √(2/9) = 0.47', options: { gain: 2 } }),
    entry({ name: 'e', reason: 'std = √(2/9) = 0.47', options: { gain: 3 } }),
  ];
  expect(groupByReason(reasons).map((group) => group.map(({ name }) => name))).toEqual([
    ['a', 'b'],
    ['c'],
    ['d', 'e'],
  ]);
});
