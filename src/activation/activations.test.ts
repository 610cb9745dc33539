import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { builder } from '../graph/index.ts';
import {
  activation,
  activations,
  activationText,
  derivativeSecondMoment,
  firstMoment,
  secondMoment,
  type Activation,
} from './index.ts';
import { derivativeByQuadrature, secondMomentByQuadrature } from './moments.ts';

/** Every activation, and the parametric ones at a second value. */
const all: (readonly [string, Activation])[] = [
  ...activations.map((record) => [activationText(record), record] as const),
  ...['leaky_relu:-0.3', 'prelu:0', 'hard_sigmoid:0.125', 'elu:0.5', 'celu:2'].map(
    (text) => [text, activation(text)] as const,
  ),
];

/** mpmath, 25 digits: [q, E f², E f'², E f]; test/golden/activation_moments.py. */
const golden: Record<string, [q: number, second: number, derivative: number, mean: number][]> =
  JSON.parse(
    readFileSync(new URL('../../test/golden/activation_moments.json', import.meta.url), 'utf8'),
  );

const relativeError = (value: number, expected: number): number =>
  Math.abs(value - expected) / Math.abs(expected);

test('names are unique and the names of the parametric activations carry the default', () => {
  expect(new Set(activations.map((record) => record.name)).size).toBe(activations.length);
  for (const { parameter } of activations) expect(parameter?.value).toBe(parameter?.default);
});

test.each(all)('%s: df is the derivative of f', (_, { f, df, breakpoints }) => {
  // The five-point formula has the error h⁴/30 |f⁽⁵⁾|, and |f⁽⁵⁾| <= 120 (softsign at 0) for all of
  // them; the 1.5 |f| / h of rounding counts with 4 roundings per value, of f and of x.
  const h = 2 ** -10;
  for (let x = -40.03; x < 40; x += 0.0937) {
    if (breakpoints.some((point) => Math.abs(x - point) <= 2 * h)) continue;
    const difference = (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
    const size = Math.abs(f(x)) + Math.abs(x * df(x));
    const tolerance = (120 / 30) * h ** 4 + (1.5 * 4 * Number.EPSILON * size) / h;
    expect(Math.abs(df(x) - difference), `x = ${x}`).toBeLessThan(tolerance);
  }
});

test.each(all)('%s: at a breakpoint df is the derivative from the left', (_, record) => {
  for (const point of record.breakpoints) {
    if (record.jumps?.some(({ at }) => at === point)) continue;
    const h = 2 ** -20;
    const difference = (record.f(point) - record.f(point - h)) / h;
    // The one-sided difference is off by h/2 |f''| with |f''| <= 2 on this side.
    expect(Math.abs(record.df(point) - difference)).toBeLessThan(2 * h);
  }
});

test.each(all)('%s: f and df are finite at every finite argument', (_, { f, df }) => {
  const sizes = [0, 1e-300, 1e-9, 8, 19.1, 40, 710, 1e4, 1e8, 1e160, 1e300];
  for (const x of sizes.flatMap((size) => [size, -size])) {
    expect(Number.isFinite(f(x)), `f(${x})`).toBe(true);
    expect(Number.isFinite(df(x)), `df(${x})`).toBe(true);
  }
  fc.assert(
    fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (x) => {
      expect(Number.isFinite(f(x)) && Number.isFinite(df(x))).toBe(true);
    }),
  );
});

test.each(all)('%s: what the record says about its shape is so', (_, record) => {
  const { f, df, homogeneous, odd, saturates, family } = record;
  const points = [0.01, 0.4, 1, 2.2, 5, 11].flatMap((x) => [x, -x]);
  const scales = points.every((x) => Math.abs(f(3 * x) - 3 * f(x)) < 1e-14 * Math.abs(x));
  expect(scales).toBe(homogeneous);
  expect(points.every((x) => Math.abs(f(-x) + f(x)) < 1e-15)).toBe(odd);
  for (const [limit, x] of [
    [saturates.low, -1e9],
    [saturates.high, 1e9],
  ] as const) {
    const levelsOff = Math.abs(df(x)) < 1e-8 && Math.abs(f(x)) < 1e6;
    expect(levelsOff && family !== 'periodic').toBe(limit !== null);
    if (limit !== null) expect(Math.abs(f(x) - limit)).toBeLessThan(1e-8);
  }
  const isBounded = saturates.low !== null && saturates.high !== null;
  if (family === 'sigmoidal') expect(isBounded).toBe(true);
  if (family === 'linear') expect(points.every((x) => f(x) === x)).toBe(true);
});

test.each(all)('%s: a jump has the height that the record says', (_, { f, jumps = [] }) => {
  for (const { at, height } of jumps) {
    expect(f(at + 1e-12) - f(at - 1e-12)).toBeCloseTo(height, 10);
  }
});

test.each(all)('%s: a closed form of a moment agrees with quadrature', (_, record) => {
  // At q = 1e8 a sine has more periods than quadrature can count.
  const large = record.family === 'periodic' ? [] : [1e8];
  for (const q of [1e-6, 1e-3, 0.1, 0.24, 0.26, 1, 7, 150, 1e4, ...large]) {
    if (record.secondMoment !== undefined) {
      const closed = record.secondMoment(q);
      expect(relativeError(closed, secondMomentByQuadrature(record, q))).toBeLessThan(1e-11);
    }
    if (record.derivativeSecondMoment !== undefined && record.jumps === undefined) {
      const closed = record.derivativeSecondMoment(q);
      expect(relativeError(closed, derivativeByQuadrature(record, q))).toBeLessThan(1e-11);
    }
  }
});

test('a clipped signal is short of its limit by what lies inside, however large it is', () => {
  // 1 - E min(|√q z|, 1)² = 4/3 n(0)/√q to order 1/q; the number itself is rounded to ε/2, 0.3 ε √q of it.
  for (const q of [1e8, 1e10, 1e12]) {
    const missing = 1 - secondMoment(activation('hard_tanh'), q);
    const expected = 4 / 3 / Math.sqrt(2 * Math.PI * q);
    const tolerance = 1 / q + 4 * Number.EPSILON * Math.sqrt(q);
    expect(relativeError(missing, expected)).toBeLessThan(tolerance);
  }
});

test.each(all)('%s: moments are finite wherever the parameter is a float32', (_, record) => {
  for (const value of record.parameter === undefined ? [] : [2 ** -149, 1e-6, 3.4e38]) {
    const extreme = record.parameter?.with(value) ?? record;
    for (const q of [1e-20, 1, 1e20]) {
      expect(secondMoment(extreme, q)).toBeGreaterThan(0);
      expect(secondMoment(extreme, q)).toBeLessThan(Infinity);
      expect(derivativeSecondMoment(extreme, q)).toBeGreaterThan(0);
      expect(derivativeSecondMoment(extreme, q)).toBeLessThan(Infinity);
    }
  }
});

test.each(all.filter(([name]) => name in golden))(
  '%s: moments are those of an independent quadrature in 25 digits',
  (name, record) => {
    for (const [q, second, derivative, mean] of golden[name]) {
      expect(relativeError(secondMoment(record, q), second)).toBeLessThan(1e-12);
      expect(relativeError(derivativeSecondMoment(record, q), derivative)).toBeLessThan(1e-12);
      expect(Math.abs(firstMoment(record, q) - mean)).toBeLessThan(1e-12 * Math.sqrt(second));
    }
  },
);

test('every activation has golden moments', () => {
  // Not those that jump: their E f'² is infinite.
  const missing = activations.filter(
    (record) => golden[activationText(record)] === undefined && record.jumps === undefined,
  );
  expect(missing).toEqual([]);
});

test('moments of a signal without size are refused', () => {
  const tanh = activation('tanh');
  expect(() => secondMoment(tanh, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: secondMoment: q must be positive and finite, got 0]`,
  );
  expect(() => derivativeSecondMoment(tanh, -1)).toThrow(RangeError);
  expect(() => firstMoment(tanh, Infinity)).toThrow(RangeError);
});

test.each(all)('%s: a graph gets nodes of its own under the given name', (_, record) => {
  const graph = builder('one');
  const x = graph.input('x', 'float32', ['n']);
  graph.output('y', record.build(graph, 'layer/act', x), 'float32', ['n']);
  const { nodes, constants, opsets } = graph.build();
  expect(opsets).toEqual({ '': 21 });
  const inner = nodes.slice(0, -1);
  if (record.name === 'linear') expect(inner).toEqual([]);
  else expect(inner[inner.length - 1].name).toBe('layer/act');
  for (const name of [...inner.map((node) => node.name), ...constants.keys()]) {
    expect(name).toMatch(/^layer\/act([/.]|$)/);
  }
});
