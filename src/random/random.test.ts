import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  fold,
  key,
  permutation,
  type FloatArray,
  type Key,
} from './index.ts';
import { ceilFloat32, insideOf } from './inside.ts';
import { philoxBlocks } from './philox.ts';

type Fill = (k: Key, out: FloatArray, offset: number) => void;

const fills: Readonly<Record<string, Fill>> = {
  uniform: (k, out, offset) => fillUniform(k, out, -1, 2, offset),
  normal: (k, out, offset) => fillNormal(k, out, 0.5, 2, offset),
  'truncated normal': (k, out, offset) => fillTruncatedNormal(k, out, 0, 1, -2, 2, offset),
  'narrow truncated normal': (k, out, offset) => fillTruncatedNormal(k, out, 0, 1, -0.2, 1, offset),
  'tail of a normal': (k, out, offset) => fillTruncatedNormal(k, out, 0, 1, -Infinity, -2, offset),
};

/** Mean of f over the numbers, and how many standard errors it is away from `expected`. */
function deviation(values: Float64Array, f: (x: number) => number, expected: number): number {
  let sum = 0;
  let sum2 = 0;
  for (const value of values) {
    sum += f(value);
    sum2 += f(value) ** 2;
  }
  const mean = sum / values.length;
  return (mean - expected) / Math.sqrt((sum2 / values.length - mean ** 2) / values.length);
}

test.each(Object.entries(fills))('%s: any piece is the same piece of the whole', (_, fill) => {
  fc.assert(
    fc.property(
      fc.nat(5000),
      fc.nat(3000),
      fc.nat(2 ** 40),
      fc.boolean(),
      (from, count, start, isSingle) => {
        const make = (n: number): FloatArray =>
          isSingle ? new Float32Array(n) : new Float64Array(n);
        const whole = make(from + count);
        fill(key(3), whole, start);
        const piece = make(count);
        fill(key(3), piece, start + from);
        expect(piece).toEqual(whole.subarray(from));
      },
    ),
    { numRuns: 12 },
  );
});

test.each(Object.entries(fills))('%s: float32 is the rounded float64', (_, fill) => {
  const single = new Float32Array(1000);
  const double = new Float64Array(1000);
  fill(key(4), single, 0);
  fill(key(4), double, 0);
  expect(single).toEqual(new Float32Array(double));
});

// E u^k = 1/(k + 1) of the uniform law; E z² = 1, E z⁴ = 3, E z⁶ = 15 of the normal law.
test('moments are those of the law within 5 standard errors', () => {
  const values = new Float64Array(400_000);
  fillUniform(key(11), values, 0, 1);
  for (const k of [1, 2, 3, 4]) {
    expect(Math.abs(deviation(values, (u) => u ** k, 1 / (k + 1)))).toBeLessThan(5);
  }
  fillNormal(key(12), values, 0, 1);
  for (const [k, moment] of [0, 1, 0, 3, 0, 15].entries()) {
    expect(Math.abs(deviation(values, (z) => z ** (k + 1), moment))).toBeLessThan(5);
  }
});

// χ² with 255 degrees of freedom has mean 255 and standard deviation √510; the bins have probability 1/256.
test('all bins are equally full: low bits of float64, high bits, and the normal distribution function', () => {
  const n = 256_000;
  const values = new Float64Array(n);
  const chi2 = (bin: (x: number) => number): number => {
    const counts = new Float64Array(256);
    for (const value of values) counts[bin(value)]++;
    return counts.reduce((sum, count) => sum + (count - n / 256) ** 2 / (n / 256), 0);
  };
  fillUniform(key(5), values, 0, 1);
  expect(Math.abs(chi2((u) => Math.floor(u * 2 ** 32) % 256) - 255)).toBeLessThan(
    5 * Math.sqrt(510),
  );
  expect(Math.abs(chi2((u) => Math.floor(u * 256)) - 255)).toBeLessThan(5 * Math.sqrt(510));
  // z₀² + z₁² of a pair is 2 times a unit exponential number: 1 - exp(-(z₀² + z₁²)/2) is uniform.
  fillNormal(key(6), values, 0, 1);
  const pairs = values.slice();
  for (let i = 0; i < n; i++) {
    const j = i ^ 1;
    const radius = 1 - Math.exp(-(pairs[i] ** 2 + pairs[j] ** 2) / 2);
    const angle = Math.atan2(pairs[i | 1], pairs[i & ~1]) / (2 * Math.PI) + 0.5;
    values[i] = i % 2 === 0 ? radius : angle;
  }
  expect(Math.abs(chi2((u) => Math.min(255, Math.floor(u * 256))) - 255)).toBeLessThan(
    5 * Math.sqrt(510),
  );
});

// The mean of x y over n independent pairs of variance 1 has standard deviation 1/√n.
test('neighbours in a stream and streams of neighbouring keys are uncorrelated', () => {
  const n = 100_000;
  const draw = (k: Key): Float64Array => {
    const out = new Float64Array(n);
    fillNormal(k, out, 0, 1);
    return out;
  };
  const correlation = (a: Float64Array, b: Float64Array, lag: number): number => {
    let sum = 0;
    for (let i = 0; i + lag < n; i++) sum += a[i] * b[i + lag];
    return sum / Math.sqrt(n);
  };
  const a = draw(key(7));
  for (const lag of [1, 2, 3, 4, 5, 8]) expect(Math.abs(correlation(a, a, lag))).toBeLessThan(5);
  const others = [key(8), key(7n + 2n ** 32n), fold(key(7), ''), fold(key(7), 'a')];
  for (const other of others) expect(Math.abs(correlation(a, draw(other), 0))).toBeLessThan(5);
  const siblings = [draw(fold(key(7), 'w/0')), draw(fold(key(7), 'w/1'))];
  expect(Math.abs(correlation(siblings[0], siblings[1], 0))).toBeLessThan(5);
});

// mpmath 1.3, 160 bits, by quadrature of exp(-z²/2): low, high, E z, √Var z.
const cuts = [
  [-2, 2, 0, 0.8796256610342398],
  [-1, 3, 0.282786110727154, 0.784946963404426],
  [-0.5, 1.5, 0.35627288417705977, 0.5293846901367899],
  [0.5, Infinity, 1.1410777703680646, 0.5181509501640221],
  [-Infinity, 1, -0.2875999709391784, 0.7935277473262075],
  [-4, -3.5, -3.6766541657029337, 0.13237397263302758],
  [3, 3.1, 3.0474631086506943, 0.028795789232649437],
  [30, 31, 30.033259667433622, 0.03322305693092197],
  [1000, Infinity, 1000.000999998, 0.0009999970000204997],
] as const;

test.each(cuts)(
  'normal numbers cut to [%f, %f] have the moments of the law',
  (low, high, mean, std) => {
    const values = new Float64Array(40_000);
    fillTruncatedNormal(key(13), values, 0, 1, low, high);
    for (const value of values) expect(value >= low && value <= high).toBe(true);
    expect(Math.abs(deviation(values, (z) => z - mean, 0))).toBeLessThan(5);
    expect(Math.abs(deviation(values, (z) => ((z - mean) / std) ** 2, 1))).toBeLessThan(5);
  },
);

// Distribution function of N(0, 1) from numpy/scipy: scipy.special.ndtr.
test('a cut normal has the distribution function of the law (Kolmogorov and Smirnov)', () => {
  const n = 40_000;
  const values = new Float64Array(n);
  fillTruncatedNormal(key(14), values, 0, 1, 1, Infinity);
  const upper = 0.15865525393145707;
  const known = [
    [1.1, 0.13566606094638267],
    [1.5, 0.06680720126885809],
    [2, 0.022750131948179212],
    [3, 0.0013498980316300933],
  ];
  for (const [z, tail] of known) {
    const p = tail / upper;
    const share = values.reduce((count, value) => count + (value > z ? 1 : 0), 0) / n;
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
  }
});

test('no float32 lies outside of the interval, however narrow', () => {
  fc.assert(
    fc.property(fc.double({ min: -10, max: 10, noNaN: true }), fc.nat(40), (low, e) => {
      const high = low + 2 ** -e;
      const out = new Float32Array(64);
      const [least, most] = insideOf(out, low, high);
      fillUniform(key(1), out, low, high);
      for (const value of out) expect(value >= least && value <= most).toBe(true);
      if (ceilFloat32(low) <= high) {
        expect(out.every((value) => value >= low && value <= high)).toBe(true);
      }
    }),
  );
  expect(ceilFloat32(0.1)).toBe(Math.fround(0.1));
  expect(ceilFloat32(-0.1)).toBe(-0.09999999403953552);
  expect([1e-60, 0, -1e-60, 1e60].map(ceilFloat32)).toEqual([2 ** -149, 0, -0, Infinity]);
});

test('a permutation holds every index once, and every order of 4 is equally likely', () => {
  fc.assert(
    fc.property(fc.nat(3000), (n) => {
      const order = permutation(key(n), n).toSorted();
      expect(order.every((value, i) => value === i)).toBe(true);
    }),
    { numRuns: 20 },
  );
  const counts = new Map<string, number>();
  const n = 12_000;
  for (let seed = 0; seed < n; seed++) {
    const order = permutation(key(seed), 4).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  const chi2 = [...counts.values()].reduce((sum, c) => sum + (c - n / 24) ** 2 / (n / 24), 0);
  expect(Math.abs(chi2 - 23)).toBeLessThan(5 * Math.sqrt(46));
});

test('a permutation is the one of exact 64-bit arithmetic, also where products carry', () => {
  // Of n²/2^34 steps the lower product carries into the upper one: 5 of 300 000.
  const n = 300_000;
  const words = new Uint32Array(2 * n);
  philoxBlocks(key(4), 0, 0, words);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i >= 1; i--) {
    const bits = (BigInt(words[2 * i]) << 32n) | BigInt(words[2 * i + 1]);
    const j = Number((bits * BigInt(i + 1)) >> 64n);
    [order[i], order[j]] = [order[j], order[i]];
  }
  expect(permutation(key(4), n)).toEqual(order);
});

test('a cut normal is never put on an end by being clamped', () => {
  // Were a number up to 1e-3 too high let through, 20 of these would be.
  const values = new Float64Array(400_000);
  fillTruncatedNormal(key(8), values, 0, 1, -1.26, 1.26);
  expect(values.filter((value) => Math.abs(value) === 1.26)).toEqual(new Float64Array(0));
});

test('empty arrays are filled with nothing', () => {
  for (const fill of Object.values(fills)) fill(key(0), new Float32Array(0), 5);
  expect(permutation(key(0), 0).length).toBe(0);
});

test('arguments that have no meaning are refused', () => {
  const out = new Float32Array(8);
  expect(() => key(-1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: key: seed must be an integer in 0…2^53-1 (a bigint may reach 2^64-1), got -1]`,
  );
  expect(() => key(2 ** 53)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: key: seed must be an integer in 0…2^53-1 (a bigint may reach 2^64-1), got 9007199254740992]`,
  );
  expect(() => key(0.5)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: key: seed must be an integer in 0…2^53-1 (a bigint may reach 2^64-1), got 0.5]`,
  );
  expect(() => key(2n ** 64n)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: key: seed must be an integer in 0…2^64-1, got 18446744073709551616]`,
  );
  expect(() => fillUniform(key(0), out, 1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillUniform: low and high must be finite with low <= high, got 1 and 0]`,
  );
  expect(() => fillUniform(key(0), out, -Infinity, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillUniform: low and high must be finite with low <= high, got -Infinity and 0]`,
  );
  expect(() => fillNormal(key(0), out, 0, -1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillNormal: mean must be finite and std finite and >= 0, got 0 and -1]`,
  );
  expect(() => fillNormal(key(0), out, NaN, 1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillNormal: mean must be finite and std finite and >= 0, got NaN and 1]`,
  );
  expect(() => fillNormal(key(0), out, 0, 1, -4)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillNormal: offset and offset + length must be integers in 0…2^53-1, got -4 and length 8]`,
  );
  expect(() => fillTruncatedNormal(key(0), out, 0, 1, 2, 1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillTruncatedNormal: low must be <= high and one of them finite or both of different sign, got 2 and 1]`,
  );
  expect(() =>
    fillTruncatedNormal(key(0), out, 0, 1, Infinity, Infinity),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fillTruncatedNormal: low must be <= high and one of them finite or both of different sign, got Infinity and Infinity]`,
  );
  expect(() => permutation(key(0), -1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: permutation: n must be an integer in 0…2^32-1, got -1]`,
  );
});
