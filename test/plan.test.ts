import { expect, test } from 'vitest';
import { activation } from '../src/activation/index.ts';
import { advise, applyPlan, calibrate, type Plan } from '../src/advise/index.ts';
import { builder, modelOf, type Graph } from '../src/graph/index.ts';
import { makeInputs, measureSignal, type SignalRow } from '../src/measure/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { toFloat64 } from '../src/tensor/index.ts';

async function measure(graph: Graph, plan: Plan, seed = 0): Promise<readonly SignalRow[]> {
  const draws = applyPlan(plan, describeNetwork(graph));
  const values = new Map([...draws].map(([name, draw]) => [name, draw()]));
  const model = modelOf(graph);
  return measureSignal(model, makeInputs(model.graph, { seed }), { values });
}

/** Second moments of the hidden layers of a network that was planned for. */
async function hiddenMoments(text: string, seed: number, scheme?: string): Promise<number[]> {
  const graph = buildArchitecture(text);
  const options = { model: text, seed, ...(scheme === undefined ? {} : { scheme }) };
  const rows = await measure(graph, advise(describeNetwork(graph), options), seed);
  return rows
    .filter(({ kind }) => kind === 'linear')
    .map((row) => row.secondMoment ?? NaN)
    .slice(0, -1);
}

const ratioOf = (moments: readonly number[]): number => moments[moments.length - 1] / moments[0];

/**
 * Five standard errors of the logarithm of the second moment of a rectifier chain, averaged over some
 * seeds: each layer adds a log-variance of about 5/width and a mean of half as much below.
 * Reference: Hanin & Nica 2020, arXiv:1812.05994
 */
function luck(layers: number, width: number, seeds: number): number {
  const variance = (5 * layers) / width;
  return 5 * Math.sqrt(variance / seeds) + variance / 2;
}

test.each(['gelu', 'silu', 'mish', 'hard_swish', 'softplus', 'elu', 'sigmoid', 'sin'])(
  'fifty layers of %s keep the size of the signal, but for the luck of the draw',
  async (phi) => {
    const logs: number[] = [];
    for (const seed of [0, 1]) {
      logs.push(Math.log(ratioOf(await hiddenMoments(`mlp:128-256x50-10:${phi}`, seed))));
    }
    const average = logs.reduce((sum, x) => sum + x, 0) / logs.length;
    expect(Math.abs(average)).toBeLessThan(luck(49, 256, logs.length));
  },
);

test('an orthogonal chain of tanh keeps the size of the signal within a tenth, every time', async () => {
  for (const seed of [0, 1, 2]) {
    const ratio = ratioOf(await hiddenMoments('mlp:128-128x50-10:tanh', seed));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
  }
});

/** Factor of the mean square of a small change from the first hidden layer to the last of an MLP. */
function growthOfChanges(text: string, phi: string, seed: number): number {
  const network = describeNetwork(buildArchitecture(text));
  const draws = applyPlan(advise(network, { model: text, seed }), network);
  const { f, df } = activation(phi);
  const weights = network.parameters.filter(({ role }) => role === 'dense').slice(0, -1);
  const vector = (name: string, n: number): Float64Array => {
    const out = new Float64Array(n);
    fillNormal(fold(key(seed), name), out, 0, 1);
    return out;
  };
  let x = vector('x', weights[0].shape[1]);
  let h = new Float64Array();
  let change = vector('change', weights[0].shape[0]);
  const start = change.reduce((sum, value) => sum + value ** 2, 0);
  for (const [layer, { name, shape }] of weights.entries()) {
    const values = toFloat64(
      draws.get(name)?.() ?? { dtype: 'float32', shape: [0], data: new Float32Array() },
    );
    const times = (v: Float64Array): Float64Array<ArrayBuffer> =>
      Float64Array.from({ length: shape[0] }, (_, row) => {
        let sum = 0;
        for (let i = 0; i < shape[1]; i++) sum += values[row * shape[1] + i] * v[i];
        return sum;
      });
    if (layer > 0) change = times(change.map((value, i) => value * df(h[i])));
    h = times(x);
    x = h.map(f);
  }
  return change.reduce((sum, value) => sum + value ** 2, 0) / start;
}

test('gradients of a deep tanh chain change by less than 20 %, as its reason says', () => {
  for (const seed of [0, 1, 2]) {
    const growth = growthOfChanges('mlp:128-128x40-10:tanh', 'tanh', seed);
    // One direction in 128 finds the mean of 128 squared singular values to about √(2 · 0.2 / 128) = 6 %.
    expect(Math.abs(Math.log(growth))).toBeLessThan(Math.log(1.2) + 0.3);
  }
});

test.each(['gelu', 'silu'])('gradients of a deep %s chain grow as its reason says', (phi) => {
  const text = `mlp:256-256x20-10:${phi}`;
  const plan = advise(describeNetwork(buildArchitecture(text)), { model: text, seed: 0 });
  const reason = plan.parameters.find(({ name }) => name === 'layers.5.weight')?.reason ?? '';
  const said = Number(/the gradient by ([\d.]+) over the 19 steps/.exec(reason)?.[1]);
  const seeds = [0, 1, 2, 3, 4, 5];
  const logs = seeds.map((seed) => Math.log(growthOfChanges(text, phi, seed)));
  const average = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  expect(Math.abs(average - Math.log(said))).toBeLessThan(luck(19, 256, seeds.length));
});

test('a transformer without normalisation keeps its stream within the e-fold that L branches add', async () => {
  const text = 'transformer:v20-64x24h2-10:nonorm:t8';
  const graph = buildArchitecture(text);
  const rows = await measure(graph, advise(describeNetwork(graph), { model: text, seed: 0 }));
  const sums = rows.filter(({ kind }) => kind === 'sum').map((row) => row.secondMoment ?? NaN);
  // ∏ (1 + 1/L) < e; below 1 by the chance of the first tokens alone.
  expect(ratioOf(sums)).toBeGreaterThan(0.8);
  expect(ratioOf(sums)).toBeLessThan(Math.E * 1.2);
});

test('a residual network of 54 blocks without normalisation keeps its signal', async () => {
  const text = 'resnet:110:nonorm';
  const graph = buildArchitecture(text);
  const rows = await measure(graph, advise(describeNetwork(graph), { model: text, seed: 0 }));
  const sums = rows.filter(({ kind }) => kind === 'sum').map((row) => row.secondMoment ?? NaN);
  expect(Math.abs(Math.log(ratioOf(sums)))).toBeLessThan(Math.log(4));
});

const numberIn = (text: string, before: RegExp): number => {
  const found = new RegExp(`${before.source} (10\\^)?(-?[\\d.e-]*\\d)`).exec(text);
  return found?.[1] === undefined ? Number(found?.[2]) : 10 ** Number(found[2]);
};

test.each([
  'mlp:256-256x6-10:tanh',
  'mlp:256-256x6-10:relu',
  'mlp:256-256x6-10:silu',
  'linear:256-256x6-10',
])('the answer to “why not” for %s holds with those weights', async (text) => {
  const network = describeNetwork(buildArchitecture(text));
  const { whyNot } = advise(network, { model: text, seed: 0 });
  for (const [scheme, said] of [
    ['normal(std=0.01)', numberIn(whyNot, /would keep/)],
    ['lecun_uniform(gain=0.57735026919)', numberIn(whyNot, /U\(±1\/√n\)/)],
  ] as const) {
    const ratio = ratioOf(await hiddenMoments(text, 1, scheme));
    // The exponent is rounded: half a decade, and the luck of five layers.
    expect(Math.abs(Math.log(ratio / said))).toBeLessThan(0.5 * Math.LN10 + luck(5, 256, 1));
  }
});

/** Convolutions, a flattening, and dense layers behind leaky ReLU. */
function flattenedChain(): Graph {
  const b = builder('flattened');
  let x = b.input('input', 'float32', ['batch', 2, 6, 6]);
  let channels = 2;
  for (let i = 0; i < 5; i++) {
    x = b.node(`conv${i}`, 'Conv', [x, b.parameter(`conv${i}.weight`, [8, channels, 3, 3])], {
      pads: [1, 1, 1, 1],
    });
    x = b.node(`act${i}`, 'LeakyRelu', [x], { alpha: 0.1 });
    channels = 8;
  }
  x = b.node('flat', 'Flatten', [x]);
  let inputs = 8 * 36;
  for (let i = 0; i < 4; i++) {
    const weight = b.parameter(`fc${i}.weight`, [12, inputs]);
    x = b.node(`fc${i}`, 'Gemm', [x, weight], { transB: 1 });
    if (i < 3) x = b.node(`fcact${i}`, 'LeakyRelu', [x], { alpha: 0.1 });
    inputs = 12;
  }
  b.output('output', x, 'float32', ['batch', 12]);
  return b.build();
}

test('a run takes the luck out of a chain of convolutions, a flattening and dense layers, once', async () => {
  const graph = flattenedChain();
  const network = describeNetwork(graph);
  expect(network.links.length).toBe(7);
  let calibrations = 0;
  for (let seed = 0; seed < 6; seed++) {
    const plan = advise(network, { model: 'flattened', seed });
    const momentsOf = async (some: Plan): Promise<(name: string) => number | null> => {
      const rows = new Map((await measure(graph, some)).map((row) => [row.name, row.secondMoment]));
      return (name) => rows.get(name) ?? null;
    };
    const result = calibrate(plan, network, await momentsOf(plan));
    if (result === null) continue;
    calibrations++;
    const after = await momentsOf(result);
    for (const { from, to } of network.links) {
      // Factors of four digits are off by at most 5e-4, their squares by twice that.
      expect(Math.abs((after(to) ?? 0) / (after(from) ?? 1) - 1)).toBeLessThan(1.1e-3);
    }
    expect(calibrate(result, network, after)).toBeNull();
  }
  expect(calibrations).toBeGreaterThan(0);
});
