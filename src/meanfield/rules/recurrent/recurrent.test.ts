import { expect, test } from 'vitest';
import { activation, derivativeSecondMoment, secondMoment } from '../../../activation/index.ts';
import { fillNormal, fold, key } from '../../../random/index.ts';
import { mapPairs, type Pairs } from '../pairs.ts';
import type { GateLaw, RecurrentCell } from './cell.ts';
import { recurrent, type RecurrentKind } from './recurrent.ts';

const sigmoid = activation('sigmoid');
const tanh = activation('tanh');
const FUNCTIONS = { RNN: [tanh], LSTM: [sigmoid, tanh, tanh], GRU: [sigmoid, tanh] };
const COUNTS = { RNN: 1, LSTM: 4, GRU: 3 };

function cellOf(
  kind: RecurrentKind,
  gate: GateLaw,
  inputs: number,
  units: number,
  resetLast: boolean = false,
): RecurrentCell {
  const gates = Array.from({ length: COUNTS[kind] }, () => gate);
  return { gates, inputs, units, functions: FUNCTIONS[kind], resetLast };
}

const T = 6;
const UNITS = 160;
const INPUTS = 80;

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
  readonly d: Float64Array[];
}

/** The states of a drawn network, step by step, straight from the operator's definition. */
function states(
  kind: RecurrentKind,
  { w, u, b, d }: Drawn,
  x: Float64Array[],
  resetLast: boolean,
): Float64Array[] {
  let h = new Float64Array(UNITS);
  let c = new Float64Array(UNITS);
  return x.map((input) => {
    const fromInput = w.map((matrix, g) =>
      product(matrix, input, UNITS).map((y, i) => y + b[g][i]),
    );
    const fromState = u.map((matrix, g) => product(matrix, h, UNITS).map((y, i) => y + d[g][i]));
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
          ).map((y, i) => y + d[2][i]);
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
  kind: RecurrentKind,
  gate: GateLaw,
  pairs: Pairs,
  seed: number,
  resetLast: boolean,
): number[] {
  const each = (name: string, size: number, std: number, mean: number = 0): Float64Array[] =>
    Array.from({ length: COUNTS[kind] }, (_, g) => normals(`${name}${seed}/${g}`, size, std, mean));
  const { inputBias, hiddenBias } = gate;
  const net: Drawn = {
    w: each('w', UNITS * INPUTS, Math.sqrt(gate.input / INPUTS)),
    u: each('u', UNITS * UNITS, Math.sqrt(gate.hidden / UNITS)),
    b: each('b', UNITS, Math.sqrt(inputBias.variance), inputBias.mean),
    d: each('d', UNITS, Math.sqrt(hiddenBias.variance), hiddenBias.mean),
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

const NETWORKS = 12;

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
      inputBias: { mean: kind === 'RNN' ? 0 : 0.3, variance: 0.05 },
      hiddenBias: { mean: 0, variance: 0.05 },
    };
    const cell = cellOf(kind, gate, INPUTS, UNITS, resetLast);
    const found = recurrent(kind, cell, { moments: { mean: 0, pairs }, steps: T });
    const values = [
      found.every.pairs.q,
      found.every.pairs.k,
      found.every.pairs.p,
      found.every.pairs.r,
      found.last.pairs.q,
      found.factorOfEvery,
      found.factorOfLast,
    ];
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

const NO_LAW = { mean: 0, variance: 0 };

test('without a state that comes back an RNN is its function, step by step', () => {
  const gate = { input: 2, hidden: 0, inputBias: NO_LAW, hiddenBias: NO_LAW };
  const pairs = { q: 1, k: 0.5, p: 0.3, r: 0.1 };
  const output = recurrent('RNN', cellOf('RNN', gate, 4, 8), {
    moments: { mean: 0, pairs },
    steps: 5,
  });
  const expected = mapPairs(tanh, { q: 2, k: 1, p: 0.6, r: 0.2 });
  for (const pair of ['q', 'k', 'p', 'r'] as const) {
    expect(output.every.pairs[pair]).toBeCloseTo(expected[pair], 10);
  }
  // Every state has its own input: 2 E φ'² times 8 units over 4 inputs.
  const slope = derivativeSecondMoment(tanh, 2);
  expect(output.factorOfEvery).toBeCloseTo(2 * 2 * slope, 8);
  expect(output.factorOfLast).toBeCloseTo((2 * 2 * slope) / 5, 8);
});

test('an RNN follows the variance map of a dense layer with fresh input', () => {
  const gate = {
    input: 0.5,
    hidden: 1.5,
    inputBias: { mean: 0, variance: 0.1 },
    hiddenBias: { mean: 0, variance: 0.2 },
  };
  const pairs = { q: 1, k: 1, p: 0, r: 0 };
  const { seconds, every } = recurrent('RNN', cellOf('RNN', gate, 8, 8), {
    moments: { mean: 0, pairs },
    steps: 30,
  });
  let q = 0;
  for (const second of seconds) {
    q = secondMoment(tanh, 0.5 + 0.3 + 1.5 * q);
    expect(second).toBeCloseTo(q, 10);
  }
  expect(every.pairs.k).toBeCloseTo(every.pairs.q, 12);
});

test('an LSTM with open gates adds up its candidates, over steps that share their weights', () => {
  const open = {
    input: 0,
    hidden: 0,
    inputBias: { mean: 40, variance: 0 },
    hiddenBias: NO_LAW,
  };
  const candidate = { input: 0.01, hidden: 0, inputBias: NO_LAW, hiddenBias: NO_LAW };
  const steps = 10;
  for (const p of [0, 0.25, 1]) {
    const cell = { ...cellOf('LSTM', open, 8, 8), gates: [open, open, open, candidate] };
    const pairs = { q: 1, k: 0.5, p, r: p / 2 };
    const found = recurrent('LSTM', cell, { moments: { mean: 0, pairs }, steps }).cell;
    const g = mapPairs(tanh, { q: 0.01, k: 0.005, p: 0.01 * p, r: 0.005 * p });
    expect(found?.pairs.q).toBeCloseTo(steps * g.q + steps * (steps - 1) * g.p, 10);
    expect(found?.pairs.k).toBeCloseTo(steps * g.k + steps * (steps - 1) * g.r, 10);
  }
});

test('a GRU whose update gate is shut is an RNN of its candidate, one whose gate is open keeps its state', () => {
  const gateOf = (mean: number, hidden: number): GateLaw => ({
    input: 0,
    hidden,
    inputBias: { mean, variance: 0 },
    hiddenBias: NO_LAW,
  });
  const candidate = { input: 1, hidden: 0.8, inputBias: NO_LAW, hiddenBias: NO_LAW };
  const pairs = { q: 1, k: 0.6, p: 0.2, r: 0.1 };
  const input = { moments: { mean: 0, pairs }, steps: 7 };
  const shut = {
    ...cellOf('GRU', candidate, 8, 8),
    gates: [gateOf(-40, 0), gateOf(40, 0), candidate],
  };
  const plain = recurrent('RNN', cellOf('RNN', candidate, 8, 8), input);
  const found = recurrent('GRU', shut, input);
  for (const pair of ['q', 'k', 'p', 'r'] as const) {
    expect(found.every.pairs[pair]).toBeCloseTo(plain.every.pairs[pair], 10);
  }
  expect(found.factorOfEvery).toBeCloseTo(plain.factorOfEvery, 10);
  const keeps = { ...shut, gates: [gateOf(40, 0), gateOf(40, 0), candidate] };
  const h = { mean: 0, pairs: { q: 0.5, k: 0.4, p: 0.5, r: 0.4 } };
  const { last } = recurrent('GRU', keeps, input, { h });
  expect(last.pairs.q).toBeCloseTo(0.5, 12);
  expect(last.pairs.k).toBeCloseTo(0.4, 12);
});

test('a long sequence is as its last followed step', () => {
  const gate = { input: 1, hidden: 1, inputBias: NO_LAW, hiddenBias: NO_LAW };
  const pairs = { q: 1, k: 0.5, p: 0.2, r: 0.1 };
  const output = recurrent('GRU', cellOf('GRU', gate, 8, 8), {
    moments: { mean: 0, pairs },
    steps: 5000,
  });
  expect(output.seconds.length).toBe(5000);
  expect(output.seconds[4999]).toBe(output.last.pairs.q);
  // 192 steps in, a state whose gates are half open has settled.
  expect(output.every.pairs.q / output.last.pairs.q).toBeGreaterThan(0.998);
});

test('a cell that lacks gates, and a sequence without steps, are refused', () => {
  const gate = { input: 1, hidden: 1, inputBias: NO_LAW, hiddenBias: NO_LAW };
  const input = { moments: { mean: 0, pairs: { q: 1, k: 0, p: 0, r: 0 } }, steps: 3 };
  expect(() =>
    recurrent('LSTM', cellOf('GRU', gate, 4, 4), input),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: recurrent: gates of an LSTM must be 4, got 3]`,
  );
  expect(() =>
    recurrent('RNN', cellOf('RNN', gate, 4, 4), { ...input, steps: 0 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: recurrent: steps must be a whole number from 1 on, got 0]`,
  );
});
