import { expect, test } from 'vitest';
import { activation, activations, activationText, type Activation } from '../activation/index.ts';
import { buildArchitecture, describeNetwork, type Network } from '../network/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { advise } from './advise.ts';
import { applyPlan } from './apply.ts';
import type { Plan, PlanEntry } from './plan.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));
const planOf = (text: string): Plan => advise(networkOf(text), { model: text, seed: 0 });
const named = [
  ...activations.map((record) => activationText(record)),
  'leaky_relu:-1',
  'leaky_relu:0.2',
];

const templates = [
  'mlp:12-16x1-3',
  'mlp:12-16x2-3',
  'mlp:12-16x10-3',
  'mlp:12-16x100-3',
  'mlp:16-40-8-24-3',
  'cnn:3x8x8-4x3-8s2-2',
  'resnet:8',
  'resnet:8:nonorm',
  'transformer:v10-8x2h2-5',
  'transformer:v10-8x2h2-5:post',
  'transformer:v10-8x2h2-5:nonorm',
];

const texts = [
  ...named.flatMap((phi) => templates.map((template) => `${template}:${phi}`)),
  ...['rnn', 'gru', 'lstm'].flatMap((cell) => [`${cell}:3-4-2`, `${cell}:v9e3-4x3-2:bi`]),
  'rnn:3-4x2-2:relu',
  'linear:4-4x100-4',
  'linear:4-7-2-4',
  'mlp:5-2:relu',
  'resnet:50',
];

/** Paths of what JSON would lose: NaN, infinities, undefined, functions. */
function lost(value: unknown, path: string): string[] {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, inner]) => lost(inner, `${path}.${key}`));
}

/** Roles that start at plain zeros, ones or what they are, for which no paper is needed. */
const PLAIN = /^(bias|norm_|constant|initial_state|recurrent_bias)/;

test.each(texts)(
  'the plan of %s is complete, finite, plain data with a reason for everything',
  (text) => {
    const network = networkOf(text);
    const plan = advise(network, { model: text, seed: 0 });
    expect(lost(plan, 'plan')).toEqual([]);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.parameters.map(({ name }) => name)).toEqual(
      network.parameters.map(({ name }) => name),
    );
    for (const entry of plan.parameters) {
      const { scheme, std, bound, reason, reference, role } = entry;
      const sentences = reason.match(/\.(?= |$)/g) ?? [];
      expect([1, 2], reason).toContain(sentences.length);
      expect(reason).not.toMatch(/NaN|Infinity|undefined|null|\[object/);
      if (scheme === 'keep') {
        expect([std, bound]).toEqual([null, null]);
        continue;
      }
      expect(bound).toBe(Math.sqrt(3) * (std ?? NaN));
      expect(reason, entry.name).toMatch(/\d/);
      if (!PLAIN.test(role)) expect(reference, `${entry.name} ${reason}`).not.toBeNull();
      // A reason that tells the deviation tells the entry's.
      const told = [...reason.matchAll(/\bstd ([\d.e-]+\d)/g)].map((match) => Number(match[1]));
      if (told.length > 0) expect(told.at(-1)).toBe(Number((std ?? NaN).toPrecision(4)));
    }
    expect(plan.whyNot).toMatch(/\.$/);
  },
);

/** `E g(√q z)`, z ~ N(0, 1), by the trapezoidal rule: good to 1e-6 also for kinks. */
function mean(q: number, g: (x: number) => number): number {
  const step = 1e-3;
  let sum = 0;
  for (let z = -10; z <= 10; z += step) sum += g(Math.sqrt(q) * z) * Math.exp((-z * z) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

const power = ({ f }: Activation, q: number): number => mean(q, (x) => f(x) ** 2);
const slope = ({ df }: Activation, q: number): number => mean(q, (x) => df(x) ** 2);

const weightsOf = (text: string): PlanEntry[] =>
  planOf(text).parameters.filter(({ role }) => role === 'dense' || role === 'conv');

const RECTIFIERS: Record<string, number> = {
  relu: 0,
  'leaky_relu:0.01': 0.01,
  'leaky_relu:0.2': 0.2,
  'prelu:0.25': 0.25,
  prelu: 0.25,
  leaky_relu: 0.01,
  abs: -1,
};

test.each(Object.entries(RECTIFIERS))(
  'layers around %s have He’s variance with slope %d',
  (phi, a) => {
    const weights = weightsOf(`mlp:12-16x3-5:${phi}`);
    expect(weights.map(({ scheme }) => scheme)).toEqual([
      ...Array<string>(3).fill('he_normal'),
      'lecun_normal',
    ]);
    for (const { std, fanIn } of weights.slice(0, 3)) {
      expect((std ?? 0) ** 2 * (fanIn ?? 0)).toBeCloseTo(2 / (1 + a * a), 12);
    }
    expect((weights[3].std ?? 0) ** 2 * 16).toBeCloseTo(1, 12);
    for (const { options } of weights.slice(0, 3)) expect(options['slope'] ?? 0).toBe(a);
  },
);

test.each(['gelu', 'gelu_tanh', 'silu', 'mish', 'elu', 'celu', 'softplus', 'relu6', 'hard_swish'])(
  'a shallow chain of %s has the exact gain at unit size',
  (phi) => {
    const [first, second, third] = weightsOf(`mlp:12-16x2-5:${phi}`);
    expect([first.std, third.std].map((std) => (std ?? 0) ** -2)).toEqual([
      expect.closeTo(12, 10),
      expect.closeTo(16, 10),
    ]);
    expect(second.scheme).toBe('lecun_normal');
    // The mean of the squares is good to 1e-6.
    expect((second.std ?? 0) ** 2 * 16 * power(activation(phi), 1)).toBeCloseTo(1, 5);
  },
);

test.each(['gelu', 'silu', 'mish', 'hard_swish'])(
  'a deep chain of %s starts, holds and ends the size at which errors hardly grow',
  (phi) => {
    const record = activation(phi);
    for (const depth of [40, 60]) {
      const weights = weightsOf(`mlp:12-16x${depth}-5:${phi}`);
      const q = (weights[0].std ?? 0) ** 2 * 12;
      const h = 0.01;
      const chi =
        Math.log(power(record, q * Math.exp(h)) / power(record, q * Math.exp(-h))) / (2 * h);
      expect(chi ** (depth - 1)).toBeCloseTo(1.2, 2);
      for (const { std } of weights.slice(1, -1)) {
        expect(((std ?? 0) ** 2 * 16 * power(record, q)) / q).toBeCloseTo(1, 5);
      }
      expect((weights.at(-1)?.std ?? 0) ** 2 * 16 * power(record, q)).toBeCloseTo(1, 5);
    }
  },
);

test.each(['tanh', 'erf', 'arctan', 'softsign', 'hard_tanh', 'sin'])(
  'a chain of %s is orthogonal at the gain whose gradients change by 1.2 over the depth',
  (phi) => {
    const record = activation(phi);
    for (const depth of [2, 10, 100]) {
      const weights = weightsOf(`mlp:32-16x${depth - 1}-5:${phi}`);
      expect(weights[0].scheme).toBe('orthogonal');
      const q = (weights[0].std ?? 0) ** 2 * 32;
      for (const { scheme, std } of weights.slice(1, -1)) {
        expect(scheme).toBe('orthogonal');
        const sigmaW2 = (std ?? 0) ** 2 * 16;
        expect((sigmaW2 * power(record, q)) / q).toBeCloseTo(1, 4);
        if (q < 1) expect((sigmaW2 * slope(record, q)) ** depth).toBeCloseTo(1.2, 2);
      }
    }
  },
);

test('a layer between two activations brings the signal from the one’s size to the other’s', () => {
  const [first, second] = weightsOf('cnn:4x8x8-8x12-3:tanh:circular');
  expect(first.scheme).toBe('scaled_orthogonal');
  expect(second.scheme).toBe('delta_orthogonal');
  // gain · √(out/in) of a delta kernel has the same mean square per output as the matrix in its centre.
  const q = (first.std ?? 0) ** 2 * 36;
  expect(((second.std ?? 0) ** 2 * 72 * power(activation('tanh'), q)) / q).toBeCloseTo(1, 4);
});

test('sigmoid is said to be hard with the number that makes it so', () => {
  const [first, second] = weightsOf('mlp:16-16x9-2:sigmoid');
  const record = activation('sigmoid');
  const q = (first.std ?? 0) ** 2 * 16;
  expect(second).toMatchObject({ scheme: 'glorot_normal', options: { gain: 4 } });
  expect((16 * power(record, q)) / q).toBeCloseTo(1, 5);
  const chi = Number(/χ₁ = ([\d.]+)/.exec(second.reason)?.[1]);
  expect(chi).toBeCloseTo(16 * slope(record, q), 4);
  const over = Number(/width, ([\d.e-]+) over 8/.exec(second.reason)?.[1]);
  expect(over / chi ** 8).toBeCloseTo(1, 2);
});

test('no claim about an orthogonal matrix where none is drawn, nor about depth where a norm resets it', () => {
  for (const text of texts) {
    const network = networkOf(text);
    for (const { scheme, reason } of planOf(text).parameters) {
      if (/orthogonal matrix/.test(reason)) expect(scheme).toMatch(/orthogonal/);
      if (network.normalised) expect(reason).not.toMatch(/over the depth|q\*/);
    }
  }
});

test('residual branches end in 1/√L, or in a scale of zero that is not shared', () => {
  const plain = new Map(planOf('resnet:20:nonorm').parameters.map((entry) => [entry.name, entry]));
  const inner = plain.get('layer1.0.conv1.weight')?.std ?? 0;
  expect(plain.get('layer1.0.conv2.weight')?.std).toBeCloseTo(inner / 3, 12);
  const normed = new Map(planOf('resnet:20').parameters.map((entry) => [entry.name, entry]));
  expect(normed.get('layer1.0.conv2.weight')?.std).toBeCloseTo(inner, 12);
  expect(normed.get('layer1.0.bn1.weight')?.scheme).toBe('ones');
  expect(normed.get('layer1.0.bn2.weight')?.scheme).toBe('zeros');
});

test('a weight that ends several branches is smaller, since what it adds points the same way', () => {
  const entry = (text: string) =>
    planOf(text).parameters.find(({ name }) => /^block[^.]*\.(0\.)?mlp\.fc2\.weight$/.test(name));
  const own = entry('transformer:v10-16x4h2-10');
  const shared = entry('transformer:v10-16x4h2-10:shared');
  expect(shared?.std).toBeCloseTo((own?.std ?? 0) / Math.sqrt(4), 12);
  expect(shared?.reason).toContain(
    'It ends 4 of 8 residual branches: times 1/√(8 · 4) = 0.1768 (std 0.03389), so that all branches together add about one unit at most',
  );
});

test('an embedding is small before normalisations and has unit variance without them', () => {
  const stdOf = (text: string): number | null | undefined =>
    planOf(text).parameters.find(({ role }) => role === 'embedding')?.std;
  expect(stdOf('transformer:v10-16x2h2-5')).toBe(1 / 4);
  expect(stdOf('transformer:v10-16x2h2-5:nonorm')).toBe(1);
  expect(stdOf('gru:v10e16-8-2')).toBe(1);
});

const drawn = [
  'mlp:40-64x2-32:gelu',
  'cnn:8x8x8-32x2-16:tanh',
  'resnet:20',
  'transformer:v50-32x1h2-20',
  'lstm:16-32-8:bi',
  'gru:16-32-8',
  'rnn:16-32-8:relu',
];

test.each(drawn)('what is drawn for %s has the planned deviation', (text) => {
  const plan = planOf(text);
  const draws = applyPlan(plan, networkOf(text));
  for (const entry of plan.parameters) {
    const draw = draws.get(entry.name);
    expect(draw === undefined).toBe(entry.scheme === 'keep');
    // Constants that differ from gate to gate: nothing is random.
    if (draw === undefined || entry.scheme === 'forget_bias') continue;
    const tensor = draw();
    expect(tensor.shape).toEqual(entry.shape);
    const values = toFloat64(tensor);
    const n = values.length;
    const average = values.reduce((sum, x) => sum + x, 0) / n;
    const moment = (k: number): number =>
      values.reduce((sum, x) => sum + (x - average) ** k, 0) / n;
    // The standard error of a variance is √((μ₄ − μ₂²)/n); float32 rounds at 6e-8.
    const error = Math.sqrt(Math.max(0, moment(4) - moment(2) ** 2) / n);
    const variance = (entry.std ?? NaN) ** 2;
    expect(Math.abs(moment(2) - variance), entry.name).toBeLessThanOrEqual(
      5 * error + 1e-6 * variance + 1e-12,
    );
  }
});

/** Elements of box `block` of a tensor as rows along its last axis. */
function rowsOf(plan: Plan, network: Network, name: string): Map<string, number[][]> {
  const entry = plan.parameters.find((some) => some.name === name);
  const draw = applyPlan(plan, network).get(name);
  if (entry === undefined || draw === undefined) throw new Error(`${name} must be drawn`);
  const values = toFloat64(draw());
  const width = entry.shape[entry.shape.length - 1];
  const stacked = entry.shape[entry.shape.length - 2];
  return new Map(
    entry.blocks.map((block) => {
      const [direction, row, column] = block.start.length === 3 ? block.start : [0, ...block.start];
      const [rows, columns] = block.shape.slice(-2);
      return [
        block.name,
        Array.from({ length: rows }, (_, r) => {
          const from = (direction * stacked + row + r) * width + column;
          return [...values.subarray(from, from + columns)];
        }),
      ];
    }),
  );
}

test('every gate of every direction has an orthogonal matrix of its own', () => {
  for (const text of ['lstm:3-16-2:bi', 'gru:3-16-2:bi', 'rnn:3-16-2']) {
    const gates = rowsOf(planOf(text), networkOf(text), 'rnn.weight_hh_l0');
    expect(gates.size).toBe({ lstm: 8, gru: 6, rnn: 1 }[text.split(':')[0]]);
    for (const rows of gates.values()) {
      for (const [i, a] of rows.entries()) {
        for (const [j, b] of rows.entries()) {
          const product = a.reduce((sum, x, k) => sum + x * b[k], 0);
          // Sixteen products of float32 numbers below 1.
          expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(16 * 2 ** -23);
        }
      }
    }
    const flat = [...gates.values()].map((rows) => rows.join());
    expect(new Set(flat).size).toBe(flat.length);
  }
});

test('the forget gates of an LSTM have a bias of 1 once, every other bias is 0', () => {
  const text = 'lstm:3-4-2:bi';
  const draw = applyPlan(planOf(text), networkOf(text)).get('rnn.bias_l0');
  const bias = toFloat64(draw?.() ?? { dtype: 'float32', shape: [0], data: new Float32Array() });
  // ONNX stacks input, output, forget, cell, for the input and then for the state.
  const direction = [0, 0, 1, 0, 0, 0, 0, 0].flatMap((value) => Array<number>(4).fill(value));
  expect([...bias]).toEqual([...direction, ...direction]);
  const gru = applyPlan(planOf('gru:3-4-2'), networkOf('gru:3-4-2')).get('rnn.bias_l0')?.();
  expect(gru?.data.every((value) => value === 0)).toBe(true);
});

test('query, key and value in one tensor are drawn one by one within Glorot’s bound of each', () => {
  const text = 'transformer:v10-64x1h2-5';
  const parts = rowsOf(planOf(text), networkOf(text), 'blocks.0.attn.qkv.weight');
  const bound = Math.sqrt(6 / 128);
  expect([...parts.keys()]).toEqual(['query', 'key', 'value']);
  for (const rows of parts.values()) {
    const largest = Math.max(...rows.flat().map(Math.abs));
    // Of 4096 uniform numbers the largest is within 1 % of the bound but for a chance of 1e-18.
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.99 * bound);
  }
});

test('another seed gives other weights and the same plan', () => {
  const network = networkOf('mlp:4-8x2-2:silu');
  const [a, b] = [1, 2].map((seed) => advise(network, { model: 'm', seed }));
  expect(a.parameters).toEqual(b.parameters);
  const [x, y] = [a, b].map((plan) => applyPlan(plan, network).get('layers.1.weight')?.().data);
  expect(x).not.toEqual(y);
});

test('the deviation of a bias of ones and zeros is that of its elements, √(p (1 - p)) for a share p of ones', () => {
  const network = describeNetwork(buildArchitecture('lstm:8-16-3'));
  const plan = advise(network, { model: 'lstm', seed: 0 });
  const bias = plan.parameters.find(({ scheme }) => scheme === 'forget_bias');
  expect(bias?.std).toBeCloseTo(Math.sqrt((1 / 8) * (7 / 8)), 12);
  const constant = advise(network, {
    model: 'lstm',
    seed: 0,
    set: ['*bias_l0=constant(value=0.3)'],
  });
  expect(constant.parameters.find(({ name }) => name.endsWith('bias_l0'))?.std).toBeCloseTo(0, 7);
});
