import { expect, test } from 'vitest';
import { meanAndError, meanProduct, normals, times } from '../../../test/wide-network.ts';
import { activation } from '../../activation/index.ts';
import { sigmoid } from '../../numeric/index.ts';
import { fold, key, type Key } from '../../random/index.ts';
import type { CandidateLaw, GateLaw, RecurrentPoint, SequenceInput } from './gate.ts';
import { gru, type GruLaws } from './gru.ts';
import { lstm, type LstmLaws } from './lstm.ts';
import { minimalRnn } from './minimal-rnn.ts';
import { vanillaRnn } from './vanilla-rnn.ts';

const tanh = activation('tanh');

test('the published critical minimalRNN has χ₁ = 0.99878 with the gate that stays open', () => {
  const point = minimalRnn({ sigmaW2: 6.88 ** 2, sigmaV2: 1.39 ** 2 }, { R: 0.46 });
  // c: derived and computed by independent quadrature; 0.590 is what is left without E u².
  expect(point.q).toBeCloseTo(15.936223, 6);
  expect(point.hidden).toBeCloseTo(0.317897, 6);
  expect(point.u2).toBeCloseTo(0.408662, 6);
  expect(point.gateTerm).toBeCloseTo(0.590117, 5);
  expect(Math.abs(point.chi1 - 0.998779)).toBeLessThan(1e-6);
  expect(point.cStar).toBe(1);
  expect(point.memory).toBeCloseTo(-1 / Math.log(point.chi1), 8);
});

test('a vanilla network with equal inputs is a feed-forward one whose bias is the input', () => {
  // tanh, σw = 2.5, σb = 0.3, c: computed twice by independent quadrature.
  const point = vanillaRnn(tanh, { sigmaW2: 6.25, sigmaV2: 0.18 }, { R: 0.5 });
  expect(point.q).toBeCloseTo(4.079123875, 9);
  expect(point.chiC).toBeCloseTo(0.8222291693, 8);
  expect(point.memory).toBeCloseTo(5.10891888, 6);
  const still = vanillaRnn(tanh, { sigmaW2: 0.8, sigmaV2: 1 }, { R: 0 });
  expect([still.q, still.hidden, still.cStar]).toEqual([0, 0, 1]);
  expect(still.chi1).toBeCloseTo(0.8, 14);
});

test('gates without spread leave scalar formulas: GRU and LSTM in closed form', () => {
  const fixed = (biasMean: number): GateLaw => ({ sigmaW2: 0, sigmaV2: 0, biasMean });
  const candidate: CandidateLaw = { sigmaW2: 0, sigmaV2: 1 };
  const z = sigmoid(1.5);
  // c: computed twice by independent quadrature, E tanh² and E tanh'² at variance 1.
  const [second, slope] = [0.3942944904, 0.4644029024];
  const unit = gru({ update: fixed(1.5), reset: fixed(0), candidate }, { R: 1 });
  expect(unit.hidden).toBeCloseTo(((1 - z) ** 2 * second) / (1 - z * z), 9);
  expect(unit.chi1).toBeCloseTo(z * z, 14);
  const coupled = gru(
    { update: fixed(1.5), reset: fixed(80), candidate: { sigmaW2: 1e-9, sigmaV2: 1 } },
    { R: 1 },
  );
  expect(coupled.chi1 - z * z).toBeCloseTo((1 - z) ** 2 * slope * 1e-9, 13);
  const cell = lstm({ forget: fixed(1.5), input: fixed(0), output: fixed(0), candidate }, { R: 1 });
  expect(cell.cell).toBeCloseTo((0.25 * second) / (1 - z * z), 9);
  expect(cell.chi1).toBeCloseTo(z * z, 8);
});

const [WIDTH, STEPS, BURN] = [96, 24, 12];

interface State {
  readonly h: Float64Array;
  readonly c: Float64Array;
}

/** Pre-activations of the three states: fresh weights, sequences a, b, and a again. */
type Maps = (name: string, law: GateLaw, vectors: readonly Float64Array[]) => Float64Array[];
type Cell = (states: readonly State[], maps: Maps) => State[];

const zip = (
  x: Float64Array,
  y: Float64Array,
  join: (x: number, y: number, i: number) => number,
): Float64Array => x.map((value, i) => join(value, y[i], i));

/** One network of weights drawn anew at each step, on two sequences and beside the first of them. */
function simulate(run: Key, cell: Cell, { R, correlation = 1 }: SequenceInput) {
  const start = (): State => ({ h: new Float64Array(WIDTH), c: new Float64Array(WIDTH) });
  let states = [start(), start(), start()];
  const averages = { hidden: 0, cell: 0, c: 0 };
  let early = 0;
  for (let t = 0; t < STEPS; t++) {
    if (t === 2) {
      const nudge = normals(run, 'nudge', WIDTH, 1e-12);
      states[2] = {
        h: zip(states[0].h, nudge, (x, dx) => x + dx),
        c: zip(states[0].c, nudge, (x, dx) => x + dx),
      };
    }
    states = cell(states, (name, law, vectors) => {
      const w = normals(run, `${name}/w${t}`, WIDTH * WIDTH, law.sigmaW2 / WIDTH);
      const own = normals(run, `${name}/x${t}`, WIDTH, law.sigmaV2 * R);
      const fresh = normals(run, `${name}/y${t}`, WIDTH, law.sigmaV2 * R);
      const rest = Math.sqrt(1 - correlation ** 2);
      const other = zip(own, fresh, (x, y) => correlation * x + rest * y);
      const bias = normals(run, `${name}/b${t}`, WIDTH, law.sigmaB2 ?? 0);
      return vectors.map((vector, k) =>
        zip(
          times(w, vector),
          k === 1 ? other : own,
          (wh, vx, i) => wh + vx + bias[i] + (law.biasMean ?? 0),
        ),
      );
    });
    if (t === BURN) early = distance(states[0], states[2]);
    if (t >= BURN) {
      averages.hidden += meanProduct(states[0].h, states[0].h) / (STEPS - BURN);
      averages.cell += meanProduct(states[0].c, states[0].c) / (STEPS - BURN);
      averages.c += meanProduct(states[0].h, states[1].h) / (STEPS - BURN);
    }
  }
  const growth = (distance(states[0], states[2]) / early) ** (1 / (STEPS - 1 - BURN));
  return { ...averages, cStar: averages.c / averages.hidden, chi1: growth };
}

function distance(x: State, y: State): number {
  const difference = zip(x.h, y.h, (a, b) => a - b);
  return meanProduct(difference, difference);
}

const vanillaLaw: CandidateLaw = { sigmaW2: 1.6, sigmaV2: 1, sigmaB2: 0.05 };
const vanillaCell: Cell = (states, maps) =>
  maps(
    'h',
    vanillaLaw,
    states.map(({ h }) => h),
  ).map((pre, k) => ({
    h: pre.map(Math.tanh),
    c: states[k].c,
  }));

const minimalLaw: GateLaw = { sigmaW2: 9, sigmaV2: 1, biasMean: 0.5 };
const minimalInput: SequenceInput = { R: 0.6, correlation: 0.6 };
let inputs: Float64Array[] = [];
/** The input itself enters here, so it is drawn through a map of weights 0. */
const minimalCell: Cell = (states, maps) => {
  inputs = maps(
    'x',
    { sigmaW2: 0, sigmaV2: 1 },
    states.map(({ h }) => h),
  );
  return maps(
    'u',
    minimalLaw,
    states.map(({ h }) => h),
  ).map((pre, k) => {
    const u = pre.map(sigmoid);
    return { h: states[k].h.map((h, i) => u[i] * h + (1 - u[i]) * inputs[k][i]), c: states[k].c };
  });
};

const gruLaws: GruLaws = {
  update: { sigmaW2: 4, sigmaV2: 1, biasMean: 1 },
  reset: { sigmaW2: 2, sigmaV2: 1, sigmaB2: 0.2 },
  candidate: { sigmaW2: 9, sigmaV2: 1 },
};
const gruCell: Cell = (states, maps) => {
  const h = states.map((state) => state.h);
  const z = maps('z', gruLaws.update, h).map((pre) => pre.map(sigmoid));
  const r = maps('r', gruLaws.reset, h).map((pre) => pre.map(sigmoid));
  const gated = r.map((gate, k) => zip(gate, h[k], (a, b) => a * b));
  const n = maps('n', gruLaws.candidate, gated).map((pre) => pre.map(Math.tanh));
  return h.map((old, k) => ({
    h: old.map((value, i) => z[k][i] * value + (1 - z[k][i]) * n[k][i]),
    c: states[k].c,
  }));
};

const afterLaws: GruLaws = { ...gruLaws, resetPlace: 'after', recurrentSigmaB2: 0.1 };
const afterCell: Cell = (states, maps) => {
  const h = states.map((state) => state.h);
  const z = maps('z', gruLaws.update, h).map((pre) => pre.map(sigmoid));
  const r = maps('r', gruLaws.reset, h).map((pre) => pre.map(sigmoid));
  const inner = maps('n', { sigmaW2: 9, sigmaV2: 0, sigmaB2: 0.1 }, h);
  const outer = maps('v', { sigmaW2: 0, sigmaV2: 1 }, h);
  return h.map((old, k) => ({
    h: old.map((value, i) => {
      const n = Math.tanh(outer[k][i] + r[k][i] * inner[k][i]);
      return z[k][i] * value + (1 - z[k][i]) * n;
    }),
    c: states[k].c,
  }));
};

const lstmLaws: LstmLaws = {
  input: { sigmaW2: 2, sigmaV2: 1 },
  forget: { sigmaW2: 2, sigmaV2: 1, biasMean: 1.5 },
  output: { sigmaW2: 2, sigmaV2: 1, biasMean: 0.5 },
  candidate: { sigmaW2: 6, sigmaV2: 1 },
};
const lstmCell: Cell = (states, maps) => {
  const h = states.map((state) => state.h);
  const [i, f, o] = [
    ['i', lstmLaws.input] as const,
    ['f', lstmLaws.forget] as const,
    ['o', lstmLaws.output] as const,
  ].map(([name, law]) => maps(name, law, h).map((pre) => pre.map(sigmoid)));
  const g = maps('g', lstmLaws.candidate, h).map((pre) => pre.map(Math.tanh));
  return states.map(({ c }, k) => {
    const cell = c.map((value, j) => f[k][j] * value + i[k][j] * g[k][j]);
    return { c: cell, h: zip(cell, o[k], (value, gate) => gate * Math.tanh(value)) };
  });
};

const half: SequenceInput = { R: 0.5, correlation: 0.5 };
const cells: [string, Cell, SequenceInput, RecurrentPoint & { cell?: number }][] = [
  ['vanilla', vanillaCell, half, vanillaRnn(tanh, vanillaLaw, half)],
  ['minimalRNN', minimalCell, minimalInput, minimalRnn(minimalLaw, minimalInput)],
  ['GRU', gruCell, half, gru(gruLaws, half)],
  ['GRU with late reset', afterCell, half, gru(afterLaws, half)],
  ['LSTM', lstmCell, half, lstm(lstmLaws, half)],
];

test.each(cells)(
  'random %s cells of width 96 settle where the point says',
  (name, cell, input, point) => {
    const draws = 10;
    const runs = Array.from({ length: draws }, (_, i) =>
      simulate(fold(key(2), `${name}/${i}`), cell, input),
    );
    for (const [quantity, value] of [
      ['hidden', point.hidden],
      ['cell', point.cell],
      ['cStar', point.cStar],
      ['chi1', point.chi1],
    ] as const) {
      if (value === undefined) continue;
      const { mean, error } = meanAndError(runs.map((run) => run[quantity]));
      // 4.8 standard errors over 10 networks (Student's law leaves 1e-3 beyond), a bias of some 3 / width, and for the
      // correlation of LSTMs the Gaussian shape that it takes.
      const tolerance =
        4.8 * error + (3 / WIDTH) * value + (quantity === 'cStar' && name === 'LSTM' ? 0.01 : 0);
      expect(Math.abs(mean - value), `${quantity}: ${mean} ± ${error}, ${value}`).toBeLessThan(
        tolerance,
      );
    }
  },
);

test('the place of the reset does not matter where it is always open', () => {
  const open: GruLaws = { ...gruLaws, reset: { sigmaW2: 0, sigmaV2: 0, biasMean: 30 } };
  const before = gru(open, half);
  const after = gru({ ...open, resetPlace: 'after' }, half);
  expect(before.reset2).toBeCloseTo(1, 12);
  for (const name of ['hidden', 'chi1', 'cStar', 'chiC'] as const) {
    // The late reset is averaged by the trapezoidal rule, to some 1e-7.
    expect(Math.abs(after[name] / before[name] - 1), name).toBeLessThan(1e-6);
  }
});

test('what has no fixed point or no sense is refused with the reason', () => {
  const law = { sigmaW2: 1, sigmaV2: 1 };
  expect(() => vanillaRnn(activation('relu'), { sigmaW2: 2.5, sigmaV2: 1 }, { R: 1 })).toThrow(
    new RangeError(
      'vanillaRnn: q = σw² E φ² + σv² R + σb² must have a solution, got none for relu and sigmaW2 = 2.5, as ' +
        'states grow without bound; there is one for sigmaW2 below 2',
    ),
  );
  expect(() => minimalRnn({ ...law, biasMean: 40 }, { R: 1 })).toThrow(
    new RangeError(
      'minimalRnn: the gate must let go of something, so that states settle, got E u² = 1; take its biasMean ' +
        'below 27',
    ),
  );
  expect(() =>
    gru({ update: law, reset: { ...law, sigmaW2: -1 }, candidate: law }, { R: 1 }),
  ).toThrow(new RangeError('gru: reset: sigmaW2 must be finite and not negative, got -1'));
  const four = { input: law, forget: law, output: law, candidate: law };
  expect(() => lstm(four, { R: 1, correlation: 2 })).toThrow(
    new RangeError('lstm: correlation must be in [0, 1], got 2'),
  );
  expect(() => lstm(four, { R: -1 })).toThrow(
    new RangeError('lstm: R must be finite and not negative, got -1'),
  );
});
