import { expect, test } from 'vitest';
import { buildArchitecture, describeNetwork, type Network } from '../../network/index.ts';
import { toFloat64 } from '../../tensor/index.ts';
import { advise } from '../advise.ts';
import { applyPlan } from '../apply.ts';
import type { Plan, PlanEntry } from '../plan.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));

function planOf(text: string, base: string, scheme = 'mup'): Plan {
  return advise(networkOf(text), { model: text, seed: 0, scheme, base: networkOf(base) });
}

const entriesOf = (plan: Plan): Map<string, PlanEntry> =>
  new Map(plan.parameters.map((entry) => [entry.name, entry]));

/** The factors on the learning rates that a reason gives. */
function ratesOf(entry: PlanEntry | undefined): { adam: number; sgd: number } {
  const [, adam, sgd] = /Adam × ([\d.e+-]+), SGD × ([\d.e+-]+)\./.exec(entry?.reason ?? '') ?? [];
  return { adam: Number(adam), sgd: Number(sgd) };
}

test.each([2, 4, 16])('%d times the width: input, hidden and output weights as in table 3', (m) => {
  const [base, wide] = [`mlp:8-16x3-10:relu`, `mlp:8-${16 * m}x3-10:relu`];
  const [before, after] = [
    entriesOf(advise(networkOf(base), { model: base, seed: 0 })),
    entriesOf(planOf(wide, base)),
  ];
  const expected = {
    'layers.0.weight': { std: 1, adam: 1, sgd: m },
    'layers.1.weight': { std: 1 / Math.sqrt(m), adam: 1 / m, sgd: 1 },
    'layers.2.weight': { std: 1 / Math.sqrt(m), adam: 1 / m, sgd: 1 },
    'layers.3.weight': { std: 1 / m, adam: 1 / m, sgd: 1 / m },
    'layers.1.bias': { std: 0, adam: 1, sgd: m },
    'layers.3.bias': { std: 0, adam: 1, sgd: 1 },
  };
  for (const [name, { std, ...rates }] of Object.entries(expected)) {
    const ratio = (after.get(name)?.std ?? NaN) / (before.get(name)?.std || 1);
    expect(ratio, name).toBeCloseTo(std, 10);
    expect(ratesOf(after.get(name)), name).toEqual(rates);
  }
});

test('at the widths of the base nothing but the words changes', () => {
  for (const text of [
    'mlp:8-16x3-10:tanh',
    'resnet:8',
    'transformer:v20-16x2h2-20',
    'lstm:3-8x2-2',
  ]) {
    const plain = advise(networkOf(text), { model: text, seed: 0 }).parameters;
    const same = planOf(text, text).parameters;
    for (const [i, { name, std, scheme }] of same.entries()) {
      expect(scheme, name).toBe(plain[i].scheme);
      if (std === null) expect(plain[i].std).toBeNull();
      else expect(std, name).toBeCloseTo(plain[i].std ?? NaN, 11);
    }
  }
});

test('embeddings keep their std, and wider heads are told of; more heads of one width are not', () => {
  const base = 'transformer:v20-16x2h2-20';
  const wider = entriesOf(planOf('transformer:v20-64x2h2-20', base));
  expect(wider.get('embed.weight')?.std).toBeCloseTo(1 / 4, 12);
  expect(wider.get('blocks.0.attn.qkv.weight')?.reason).toContain('Heads are 4 times wider');
  const more = entriesOf(planOf('transformer:v20-64x2h8-20', base));
  expect(more.get('blocks.0.attn.qkv.weight')?.reason).not.toContain('Heads');
});

test('the base can stand in the scheme, and the readout can start at 0', () => {
  const wide = networkOf('mlp:8-64x2-3:relu');
  const scheme = 'mup(base=mlp:8-16x2-3:relu, readout=zero)';
  const plan = entriesOf(advise(wide, { model: 'm', seed: 0, scheme }));
  expect(plan.get('layers.2.weight')).toMatchObject({ scheme: 'zeros', std: 0 });
  expect(ratesOf(plan.get('layers.2.weight'))).toEqual({ adam: 0.25, sgd: 0.25 });
});

/** Weights of an MLP of two hidden layers as rows, with the learning rate of each. */
interface Trained {
  readonly weights: Float64Array[];
  readonly rates: readonly number[];
}

const SIZES = (width: number): number[] => [8, width, width, 4];

/** Pre-activations of each layer for an input. */
function forward(weights: readonly Float64Array[], sizes: readonly number[], x: Float64Array) {
  const layers = [x];
  for (const [l, w] of weights.entries()) {
    const input = l === 0 ? x : layers[l].map((value) => Math.max(0, value));
    const out = new Float64Array(sizes[l + 1]);
    for (let o = 0; o < out.length; o++) {
      for (let i = 0; i < sizes[l]; i++) out[o] += w[o * sizes[l] + i] * input[i];
    }
    layers.push(out);
  }
  return layers;
}

/** A step of Adam without memory, `w ← w - η sign(g)`, on `½ ‖f(x) - 1‖²`. */
function step({ weights, rates }: Trained, sizes: readonly number[], x: Float64Array): void {
  const layers = forward(weights, sizes, x);
  let back: Float64Array = layers[weights.length].map((value) => value - 1);
  for (let l = weights.length - 1; l >= 0; l--) {
    const w = weights[l];
    const next = new Float64Array(sizes[l]);
    for (let i = 0; i < sizes[l]; i++) {
      const input = l === 0 ? x[i] : Math.max(0, layers[l][i]);
      for (let o = 0; o < back.length; o++) {
        next[i] += w[o * sizes[l] + i] * back[o];
        w[o * sizes[l] + i] -= rates[l] * Math.sign(back[o] * input);
      }
      if (l > 0 && layers[l][i] <= 0) next[i] = 0;
    }
    back = next;
  }
}

/** Root mean square of the change of every layer's coordinates by three steps. */
function changes(width: number, isMup: boolean): number[] {
  const text = `mlp:8-${width}x2-4:relu`;
  const network = networkOf(text);
  const plan = isMup
    ? planOf(text, 'mlp:8-32x2-4:relu')
    : advise(network, { model: text, seed: 0 });
  const [entries, draws] = [entriesOf(plan), applyPlan(plan, network)];
  const names = [0, 1, 2].map((l) => `layers.${l}.weight`);
  const trained: Trained = {
    weights: names.map((name) => {
      const tensor = draws.get(name)?.();
      if (tensor === undefined) throw new Error(`${name} must be drawn`);
      return toFloat64(tensor);
    }),
    rates: names.map((name) => 1e-4 * (isMup ? ratesOf(entries.get(name)).adam : 1)),
  };
  const x = Float64Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / 8));
  const sizes = SIZES(width);
  const before = forward(trained.weights, sizes, x);
  for (let i = 0; i < 3; i++) step(trained, sizes, x);
  return forward(trained.weights, sizes, x)
    .slice(1)
    .map((layer, l) => {
      const sum = layer.reduce((all, value, i) => all + (value - before[l + 1][i]) ** 2, 0);
      return Math.sqrt(sum / layer.length);
    });
}

test('coordinate check: steps move every layer alike at 16 times the width, and by usual rules far more', () => {
  const narrow = changes(32, true);
  const wide = changes(512, true);
  // What widths leave is the chance of 32 units: √(5/32) = 40 % of a squared sum, three of them in a row.
  for (const [l, change] of wide.entries()) {
    expect(change / narrow[l]).toBeGreaterThan(1 / 3);
    expect(change / narrow[l]).toBeLessThan(3);
  }
  const usual = changes(512, false);
  // Signs of gradients add up over 16 times the inputs at a rate 16 times as large as muP's. What the layer
  // before has moved by counts too, in the hidden layer against this and in the output on top of it.
  expect(usual[1] / wide[1]).toBeGreaterThan(8);
  expect(usual[2] / wide[2]).toBeGreaterThan(16);
});

test('networks that are not the same but for their widths get one sentence', () => {
  const messageOf = (text: string, base: string, scheme = 'mup'): string => {
    try {
      planOf(text, base, scheme);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  const conv = (kernel: string): string => `cnn:3x8x8-8x2-4:${kernel}`;
  expect([
    messageOf('mlp:8-64x3-10', 'mlp:8-16x2-10'),
    messageOf('mlp:8-64x3-10', 'lstm:8-16x2-10'),
    messageOf(conv('k3'), conv('k5')),
    messageOf('mlp:8-64x3-10', 'mlp:8-16x3-10', 'mup(base=mlp:8-16x3-10)'),
    messageOf('mlp:8-64x3-10', 'mlp:8-16x3-10', 'mup(readout=small)'),
  ]).toMatchInlineSnapshot(`
    [
      "RangeError: mup: the base network must have parameters of the same names, got layers.3.weight in this network alone",
      "RangeError: mup: the base network must have parameters of the same names, got layers.0.weight in this network alone",
      "RangeError: layers.0.weight: mup: only widths may differ from the base, got [8, 3, 3, 3] and [8, 3, 5, 5]",
      "RangeError: mup: the base network must be given once, got --base and base=mlp:8-16x3-10",
      "RangeError: mup: readout must be one of scaled, zero, got small",
    ]
  `);
  expect(() => advise(networkOf('mlp:8-64x3-10'), { model: 'm', seed: 0, scheme: 'mup' })).toThrow(
    'mup: a base network of other widths must be given with --base MODEL or mup(base=mlp:…), got none',
  );
});
