import { expect, test } from 'vitest';
import { activation, derivativeSecondMoment, secondMoment } from '../../activation/index.ts';
import { fillNormal, fold, key } from '../../random/index.ts';
import { mapPairs, type Pairs } from '../rules/pairs.ts';
import { runGru, runLstm, runPlain, type Cell, type Run } from './cells.ts';
import { evenSeries, momentsOfSeries } from './series.ts';
import type { Transfer } from './transfer.ts';

type Kind = 'RNN' | 'LSTM' | 'GRU';

const sigmoid = activation('sigmoid');
const tanh = activation('tanh');
const T = 6;
const UNITS = 128;
const INPUTS = 64;
const COUNTS = { RNN: 1, LSTM: 4, GRU: 3 };

/** The laws of one gate: variances of the sums over input and state, mean and variance of the biases. */
interface GateLaw {
  readonly input: number;
  readonly hidden: number;
  readonly bias: { readonly mean: number; readonly variance: number };
}

const transferOf = ({ f, df, breakpoints }: typeof tanh): Transfer => ({
  f,
  df,
  kinks: breakpoints,
  affine: null,
});

function cellOf(gates: readonly GateLaw[], isResetLast: boolean = false): Cell {
  return {
    gates: gates.map(({ input, hidden, bias }) => ({
      input: { mean: 0, variance: input / INPUTS, caveat: null },
      hidden: { mean: 0, variance: hidden / UNITS, caveat: null },
      inputBias: { ...bias, caveat: null },
      hiddenBias: { mean: 0, variance: 0, caveat: null },
    })),
    inputs: INPUTS,
    units: UNITS,
    f: transferOf(gates.length === 1 ? tanh : sigmoid),
    g: transferOf(tanh),
    h: transferOf(tanh),
    isResetLast,
  };
}

const NOTHING = { mean: 0, q: 0 };

function run(kind: Kind, cell: Cell, pairs: Pairs, steps: number): Run {
  const sequence = { mean: 0, series: evenSeries({ mean: 0, ...pairs }, steps) };
  if (kind === 'LSTM') return runLstm(cell, sequence, { h: NOTHING, c: NOTHING }, steps);
  return (kind === 'GRU' ? runGru : runPlain)(cell, sequence, NOTHING, steps);
}

/** Mean over steps of the gradient at the input for unit gradients at every state, or at the last. */
function factorOf({ back }: Run, isEvery: boolean): number {
  let [h, c, sum] = [0, 0, 0];
  for (let t = back.length - 1; t >= 0; t--) {
    const outer = isEvery || t === back.length - 1 ? 1 : 0;
    const before = back[t]({ h: h + outer, c });
    sum += before.x;
    ({ h, c } = before);
  }
  return sum / back.length;
}

function normals(name: string, size: number, std: number, mean: number = 0): Float64Array {
  const z = new Float64Array(size);
  fillNormal(fold(key(21), name), z, mean, std);
  return z;
}

function product(w: Float64Array, x: Float64Array, rows: number): Float64Array {
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += w[i * x.length + j] * x[j];
    y[i] = sum;
  }
  return y;
}

interface Drawn {
  readonly w: Float64Array[];
  readonly u: Float64Array[];
  readonly b: Float64Array[];
}

/** The states of a drawn network, step by step, straight from the operator's definition. */
function states(
  kind: Kind,
  { w, u, b }: Drawn,
  x: Float64Array[],
  resetLast: boolean,
): Float64Array[] {
  let h = new Float64Array(UNITS);
  let c = new Float64Array(UNITS);
  return x.map((input) => {
    const fromInput = w.map((matrix, g) =>
      product(matrix, input, UNITS).map((y, i) => y + b[g][i]),
    );
    const fromState = u.map((matrix) => product(matrix, h, UNITS));
    const pre = fromInput.map((y, g) => y.map((value, i) => value + fromState[g][i]));
    if (kind === 'RNN') {
      h = pre[0].map(Math.tanh);
    } else if (kind === 'LSTM') {
      c = c.map((y, i) => sigmoid.f(pre[2][i]) * y + sigmoid.f(pre[0][i]) * Math.tanh(pre[3][i]));
      h = c.map((y, i) => sigmoid.f(pre[1][i]) * Math.tanh(y));
    } else {
      const reset = pre[1].map(sigmoid.f);
      const inner = resetLast
        ? fromState[2].map((y, i) => reset[i] * y)
        : product(
            u[2],
            h.map((y, i) => reset[i] * y),
            UNITS,
          );
      const n = inner.map((y, i) => Math.tanh(fromInput[2][i] + y));
      const before = h;
      h = n.map((y, i) => {
        const z = sigmoid.f(pre[0][i]);
        return z * before[i] + (1 - z) * y;
      });
    }
    return h;
  });
}

/** Numbers that the rule predicts, of one drawn network. */
function drawn(
  kind: Kind,
  gate: GateLaw,
  pairs: Pairs,
  seed: number,
  resetLast: boolean,
): number[] {
  const each = (name: string, size: number, std: number, mean: number = 0): Float64Array[] =>
    Array.from({ length: COUNTS[kind] }, (_, g) => normals(`${name}${seed}/${g}`, size, std, mean));
  const net: Drawn = {
    w: each('w', UNITS * INPUTS, Math.sqrt(gate.input / INPUTS)),
    u: each('u', UNITS * UNITS, Math.sqrt(gate.hidden / UNITS)),
    b: each('b', UNITS, Math.sqrt(gate.bias.variance), gate.bias.mean),
  };
  const { q, k, p, r } = pairs;
  const part = (name: string, variance: number): Float64Array =>
    normals(`${name}${seed}`, INPUTS, Math.sqrt(variance));
  const both = part('both', r);
  const input = [0, 1].map((i) => part(`input${i}`, p - r));
  const step = Array.from({ length: T }, (_, t) => part(`step${t}`, k - r));
  const x = [0, 1].map((i) =>
    step.map((shared, t) => {
      const own = part(`own${i}/${t}`, q - p - k + r);
      return own.map((y, j) => y + shared[j] + both[j] + input[i][j]);
    }),
  );
  const h = x.map((sequence) => states(kind, net, sequence, resetLast));
  const over = (i: number, j: number, isSame: boolean): number => {
    let [sum, count] = [0, 0];
    for (let t = 0; t < T; t++) {
      for (let s = 0; s < T; s++) {
        if ((t === s) !== isSame) continue;
        sum += h[i][t].reduce((total, y, unit) => total + y * h[j][s][unit], 0) / UNITS;
        count++;
      }
    }
    return sum / count;
  };
  const last = h[0][T - 1].reduce((sum, y) => sum + y * y, 0) / UNITS;
  // E |J d|² of independent d at the inputs is the squared norm of J, as E |Jᵀ g|² is.
  const epsilon = 1e-4;
  const tangent = x[0].map((y, t) => normals(`tangent${seed}/${t}`, y.length, 1));
  const [up, down] = [epsilon, -epsilon].map((by) =>
    states(
      kind,
      net,
      x[0].map((y, t) => y.map((value, j) => value + by * tangent[t][j])),
      resetLast,
    ),
  );
  const change = (t: number): number =>
    up[t].reduce((sum, y, i) => sum + ((y - down[t][i]) / (2 * epsilon)) ** 2, 0);
  const every = h[0].reduce((sum, _, t) => sum + change(t), 0);
  return [
    over(0, 0, true),
    over(0, 1, true),
    over(0, 0, false),
    over(0, 1, false),
    last,
    every / (T * INPUTS),
    change(T - 1) / (T * INPUTS),
  ];
}

const NETWORKS = 8;

test.each([
  ['RNN', { q: 1, k: 0.6, p: 0.4, r: 0.3 }, 1.2, 0.9, false],
  ['LSTM', { q: 1, k: 0.5, p: 0, r: 0 }, 1, 1, false],
  ['LSTM', { q: 1, k: 0.6, p: 0.5, r: 0.4 }, 2, 1, false],
  ['GRU', { q: 1, k: 0.6, p: 0.4, r: 0.3 }, 1, 1, false],
  ['GRU', { q: 1, k: 0.5, p: 0, r: 0 }, 1.5, 1.5, true],
] as const)(
  '%s over a sequence of pairs %o is that of drawn networks',
  (kind, pairs, input, hidden, resetLast) => {
    const gate: GateLaw = {
      input,
      hidden,
      bias: { mean: kind === 'RNN' ? 0 : 0.3, variance: 0.1 },
    };
    const gates = Array.from({ length: COUNTS[kind] }, () => gate);
    const found = run(kind, cellOf(gates, resetLast), pairs, T);
    const { q, k, p, r } = momentsOfSeries(found.series, found.mean);
    const last = found.series.own[T - 1][T - 1];
    const values = [q, k, p, r, last, factorOf(found, true), factorOf(found, false)];
    const rows = Array.from({ length: NETWORKS }, (_, seed) =>
      drawn(kind, gate, pairs, seed, resetLast),
    );
    for (const [i, value] of values.entries()) {
      const column = rows.map((row) => row[i]);
      const mean = column.reduce((a, b) => a + b, 0) / NETWORKS;
      const spread = column.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (NETWORKS - 1);
      // The RNN is exact. Gates that are correlated from step to step by their bias and by p, which is left out of
      // all products but one, have here a part 0.1 of the size of q.
      const size = i < 5 ? values[0] : Math.abs(mean);
      const approximation = kind === 'RNN' ? 0 : 0.1 * size;
      const tolerance = 4 * Math.sqrt(spread / NETWORKS) + approximation;
      expect(Math.abs(value - mean)).toBeLessThan(tolerance);
    }
  },
);

const still = { mean: 0, variance: 0 };

test('without a state that comes back an RNN is its function, step by step', () => {
  const pairs = { q: 1, k: 0.5, p: 0.3, r: 0.1 };
  const found = run('RNN', cellOf([{ input: 2, hidden: 0, bias: still }]), pairs, 5);
  const expected = mapPairs(tanh, { q: 2, k: 1, p: 0.6, r: 0.2 });
  const moments = momentsOfSeries(found.series, found.mean);
  for (const pair of ['q', 'k', 'p', 'r'] as const) {
    expect(moments[pair]).toBeCloseTo(expected[pair], 8);
  }
  // Every state has its own input: 2 E φ'² times the units over the inputs.
  const factor = (2 * derivativeSecondMoment(tanh, 2) * UNITS) / INPUTS;
  expect(factorOf(found, true)).toBeCloseTo(factor, 8);
  expect(factorOf(found, false)).toBeCloseTo(factor / 5, 8);
});

test('an RNN follows the variance map of a dense layer with fresh input', () => {
  const gate = { input: 0.5, hidden: 1.5, bias: { mean: 0, variance: 0.3 } };
  const found = run('RNN', cellOf([gate]), { q: 1, k: 1, p: 0, r: 0 }, 30);
  let q = 0;
  for (let t = 0; t < 30; t++) {
    q = secondMoment(tanh, 0.5 + 0.3 + 1.5 * q);
    expect(found.series.own[t][t]).toBeCloseTo(q, 7);
    expect(found.series.other[t][t]).toBeCloseTo(q, 7);
  }
});

test('an LSTM with open gates adds up its candidates, over steps that share their weights', () => {
  const open = { input: 0, hidden: 0, bias: { mean: 40, variance: 0 } };
  const candidate = { input: 0.01, hidden: 0, bias: still };
  const steps = 10;
  for (const p of [0, 0.25, 1]) {
    const pairs = { q: 1, k: 0.5, p, r: p / 2 };
    const { cell } = run('LSTM', cellOf([open, open, open, candidate]), pairs, steps);
    const g = mapPairs(tanh, { q: 0.01, k: 0.005, p: 0.01 * p, r: 0.005 * p });
    expect(cell.q).toBeCloseTo(steps * g.q + steps * (steps - 1) * g.p, 9);
    expect(cell.k).toBeCloseTo(steps * g.k + steps * (steps - 1) * g.r, 9);
  }
});

test('a GRU whose update gate is shut is an RNN of its candidate', () => {
  const gate = (mean: number): GateLaw => ({ input: 0, hidden: 0, bias: { mean, variance: 0 } });
  const candidate = { input: 1, hidden: 0.8, bias: still };
  const pairs = { q: 1, k: 0.6, p: 0.2, r: 0.1 };
  const shut = run('GRU', cellOf([gate(-40), gate(40), candidate]), pairs, 7);
  const plain = run('RNN', cellOf([candidate]), pairs, 7);
  for (const of of ['own', 'other'] as const) {
    for (let t = 0; t < 7; t++) {
      for (let s = 0; s <= t; s++) {
        expect(shut.series[of][t][s]).toBeCloseTo(plain.series[of][t][s], 9);
      }
    }
  }
  expect(factorOf(shut, true)).toBeCloseTo(factorOf(plain, true), 9);
});
