import { expect, test } from 'vitest';
import { activation, secondMoment } from '../../activation/index.ts';
import { mapMoments, mapPairs } from './pairs.ts';

test('each kind of pair goes through the covariance map of its own covariance', () => {
  // ReLU at unit variance: E f f' = (√(1-c²) + (π - arccos c) c) / 2π.
  const relu = (c: number): number =>
    (Math.sqrt(1 - c * c) + (Math.PI - Math.acos(c)) * c) / (2 * Math.PI);
  const mapped = mapPairs(activation('relu'), { q: 1, k: 0.9, p: 0.3, r: -0.2 });
  // The quadrature is asked for 1e-12.
  expect(mapped.q).toBeCloseTo(0.5, 11);
  expect(mapped.k).toBeCloseTo(relu(0.9), 11);
  expect(mapped.p).toBeCloseTo(relu(0.3), 11);
  expect(mapped.r).toBeCloseTo(relu(-0.2), 11);
});

test('equal pairs stay equal, and a covariance that rounding put above q counts as q', () => {
  const tanh = activation('tanh');
  const q = secondMoment(tanh, 2);
  expect(mapPairs(tanh, { q: 2, k: 2 + 1e-15, p: 2, r: 0.5 })).toMatchObject({ q, k: q, p: q });
});

test('a source without size gives the constant f(0)', () => {
  const none = { q: 0, k: 0, p: 0, r: 0 };
  expect(mapMoments(activation('sigmoid'), none)).toEqual({
    mean: 0.5,
    pairs: { q: 0.25, k: 0.25, p: 0.25, r: 0.25 },
  });
});
