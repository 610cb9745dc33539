import { expect, test } from 'vitest';
import { fillNormal, fold, key as keyOf } from '../../random/index.ts';
import { attention, attentionOverlaps, scoreContrasts, softmaxMoments } from './attention.ts';
import type { Moments, Pairs } from './pairs.ts';
import { softmaxSums } from './softmax.ts';

const T = 12;
const SIZE = 256;
const valuePairs: Pairs = { q: 1, k: 0.7, p: 0.3, r: 0.25 };

/** Values of `units` units at T positions of two inputs with given pairs: [input][position][unit]. */
function drawnValues(name: string, { q, k, p, r }: Pairs, units: number): Float64Array[][] {
  const z = new Float64Array(units * (3 + 3 * T));
  fillNormal(fold(keyOf(9), name), z, 0, 1);
  const at = (i: number): Float64Array => z.subarray(i * units, (i + 1) * units);
  // x = √r both + √(p-r) input + √(k-r) position + √(q-p-k+r) own.
  const rest = Math.sqrt(q - p - k + r);
  return [0, 1].map((input) =>
    Array.from({ length: T }, (_, t) =>
      Float64Array.from(
        { length: units },
        (__, u) =>
          Math.sqrt(r) * at(0)[u] +
          Math.sqrt(p - r) * at(1 + input)[u] +
          Math.sqrt(k - r) * at(3 + t)[u] +
          rest * at(3 + T + input * T + t)[u],
      ),
    ),
  );
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);

function softmax(scores: number[]): number[] {
  const weights = scores.map((s) => Math.exp(s - Math.max(...scores)));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

interface Row {
  readonly y: number[];
  readonly back: number[];
}

/** Moments of the output and squares of gradients of one head with freshly drawn tokens. */
function oneHead(seed: number, causal: boolean, queryPairs: Pairs, keyPairs: Pairs): Row {
  const [query, key, value] = [
    drawnValues(`q${seed}`, queryPairs, SIZE),
    drawnValues(`k${seed}`, keyPairs, SIZE),
    drawnValues(`v${seed}`, valuePairs, SIZE),
  ];
  const scale = 1 / Math.sqrt(SIZE);
  const seen = (i: number): number => (causal ? i + 1 : T);
  const weights = [0, 1].map((input) =>
    query[input].map((one, i) =>
      softmax(key[input].slice(0, seen(i)).map((other) => scale * dot(one, other))),
    ),
  );
  const outputs = [0, 1].map((input) =>
    weights[input].map((a) =>
      Float64Array.from({ length: SIZE }, (_, u) =>
        a.reduce((sum, weight, t) => sum + weight * value[input][t][u], 0),
      ),
    ),
  );
  const over = (inputs: [number, number], same: boolean): number => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < T; i++) {
      for (let j = 0; j < T; j++) {
        if ((i === j) !== same) continue;
        sum += dot(outputs[inputs[0]][i], outputs[inputs[1]][j]) / SIZE;
        count++;
      }
    }
    return sum / count;
  };
  const y = [over([0, 0], true), over([0, 1], true), over([0, 0], false), over([0, 1], false)];

  const delta = new Float64Array(T * SIZE);
  fillNormal(fold(keyOf(9), `g${seed}`), delta, 0, 1);
  const g = Array.from({ length: T }, (_, i) => delta.subarray(i * SIZE, (i + 1) * SIZE));
  const scores = weights[0].map((a, i) => {
    const gradients = a.map((_, t) => dot(g[i], value[0][t]));
    const level = a.reduce((sum, weight, t) => sum + weight * gradients[t], 0);
    return a.map((weight, t) => weight * (gradients[t] - level));
  });
  const square = (column: (u: number) => number): number => {
    let sum = 0;
    for (let u = 0; u < SIZE; u++) sum += column(u) ** 2;
    return sum / SIZE;
  };
  const back = [0, 0, 0];
  for (let i = 0; i < T; i++) {
    back[0] += square((u) => scale * scores[i].reduce((s, d, t) => s + d * key[0][t][u], 0)) / T;
    back[1] +=
      square((u) => scores.reduce((s, d, j) => s + scale * (d[i] ?? 0) * query[0][j][u], 0)) / T;
    back[2] += square((u) => weights[0].reduce((s, a, j) => s + (a[i] ?? 0) * g[j][u], 0)) / T;
  }
  return { y, back };
}

const moments = (pairs: Pairs): Moments => ({ mean: 0, pairs });

test.each([
  ['all tokens', false],
  ['a causal mask', true],
])('attention with %s mixes values and carries gradients as drawn heads do', (_, causal) => {
  const queryPairs = { q: 2, k: 1.2, p: 0.8, r: 0.5 };
  const keyPairs = { q: 1.5, k: 1, p: 0.3, r: 0.2 };
  const predicted = attention(moments(queryPairs), moments(keyPairs), moments(valuePairs), {
    tokens: T,
    queries: T,
    size: SIZE,
    scale: 1 / Math.sqrt(SIZE),
    causal,
  });
  const count = 24;
  const rows = Array.from({ length: count }, (__, seed) =>
    oneHead(seed, causal, queryPairs, keyPairs),
  );
  const compare = (value: number, of: (row: Row) => number, accuracy: number): void => {
    const values = rows.map(of);
    const mean = values.reduce((a, b) => a + b, 0) / count;
    const spread = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
    // Five standard errors and the finite head: scores of 256 units are Gaussian to 1/256 or so, twice.
    const tolerance = 5 * Math.sqrt(spread / count) + (accuracy + 2 / SIZE) * Math.abs(mean);
    expect(Math.abs(value - mean)).toBeLessThan(tolerance);
  };
  const { pairs } = predicted.moments;
  // Under a mask the overlap of two different rows is a stated approximation.
  const apart = causal ? 0.03 : 0;
  for (const [i, value] of [pairs.q, pairs.k, pairs.p, pairs.r].entries()) {
    compare(value, ({ y }) => y[i], i < 2 ? 0 : apart);
  }
  const { query, key, value } = predicted.factors;
  // Keys of drawn heads meet queries that are alike by p/q, which the factor leaves out: gradients differ in sign.
  for (const [i, factor] of [query, key, value].entries()) {
    compare(factor, ({ back }) => back[i], 0.05);
  }
});

test('scores lose what all tokens share', () => {
  const query = { q: 2, k: 1, p: 0.5, r: 0.25 };
  const key = { q: 3, k: 2, p: 1, r: 0.5 };
  expect(scoreContrasts(query, key, { size: 64, scale: 1 / 8 })).toEqual({
    q: 4,
    k: 1.5,
    p: 1,
    r: 0.375,
  });
  expect(scoreContrasts(query, { ...key, p: 3 }, { size: 64, scale: 1 / 8 }).q).toBe(0);
});

test('without differences of scores attention is an average over all tokens', () => {
  const none = { q: 0, k: 0, p: 0, r: 0 };
  const alike = { q: 1, k: 1, p: 1, r: 1 };
  const { moments: y, factors } = attention(moments(none), moments(alike), moments(valuePairs), {
    tokens: 8,
    queries: 8,
    size: 64,
    scale: 0.125,
    gradientCorrelation: 1,
  });
  expect(y.pairs.q).toBeCloseTo(0.3 + 0.7 / 8, 9);
  expect(y.pairs.k).toBeCloseTo(0.25 + 0.45 / 8, 9);
  expect(y.pairs.p).toBeCloseTo(y.pairs.q, 9);
  // Equal gradients at all 8 positions add up: (1/8 + 7/8), while scores get nothing.
  expect(factors.value).toBeCloseTo(1, 9);
  expect([factors.query, factors.key]).toEqual([0, 0]);
});

test('the outputs of a softmax over classes have the mean 1/T and the second moment E Σ aₜ² / T', () => {
  const { mean, pairs } = softmaxMoments({ q: 2, k: 1, p: 2, r: 1 }, { tokens: 10 });
  expect(mean).toBe(0.1);
  expect(pairs.q).toBe(softmaxSums(10, 2).second / 10);
  expect(pairs.p).toBe(pairs.q);
  expect(pairs.k).toBeLessThan(pairs.q);
  expect(pairs.k).toBeGreaterThan(0.01);
});

test('equal weights under a causal mask overlap by 1 over the longer length', () => {
  const zero = { q: 0, k: 0, p: 0, r: 0 };
  let sum = 0;
  for (let t = 1; t <= 7; t++) for (let u = 1; u <= 7; u++) if (t !== u) sum += 1 / Math.max(t, u);
  const { q, p } = attentionOverlaps(zero, { tokens: 7, causal: true });
  expect(p).toBeCloseTo(sum / 42, 9);
  expect(q).toBeCloseTo([1, 2, 3, 4, 5, 6, 7].reduce((a, t) => a + 1 / t, 0) / 7, 9);
});
