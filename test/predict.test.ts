import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { advise, applyPlan, lawsOfPlan } from '../src/advise/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { encodeModel, modelOf, type Model } from '../src/graph/index.ts';
import { predict, type Laws, type Prediction } from '../src/meanfield/index.ts';
import { layerValues, makeInputs, measureSignal, type Feeds } from '../src/measure/index.ts';
import {
  architectures,
  buildArchitecture,
  describeNetwork,
  type Network,
} from '../src/network/index.ts';
import { instrument, openSession } from '../src/runtime/index.ts';
import type { FloatDType, Tensor } from '../src/tensor/index.ts';

const MODELS = resolve(import.meta.dirname, '../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

const files = isThere
  ? ['torch', 'light'].flatMap((set) =>
      readdirSync(join(MODELS, set))
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(set, name)),
    )
  : [];
const specs = architectures.flatMap(({ examples }) => examples);

const load = (name: string): Model =>
  name.endsWith('.onnx') ? readModelFile(join(MODELS, name)) : modelOf(buildArchitecture(name));

/** A network with the weights that its plan draws, and what is predicted of it. */
interface Drawn {
  readonly model: Model;
  readonly network: Network;
  readonly values: ReadonlyMap<string, Tensor<FloatDType>>;
  readonly prediction: Prediction;
}

function drawn(name: string, seed: number, isStored: boolean = false): Drawn {
  const model = load(name);
  const network = describeNetwork(model.graph);
  const plan = advise(network, { model: name, seed });
  const laws: Laws = isStored ? () => null : lawsOfPlan(plan, network);
  const values = isStored ? [] : [...applyPlan(plan, network)];
  return {
    model,
    network,
    values: new Map(values.map(([parameter, draw]) => [parameter, draw()])),
    prediction: predict(model.graph, network, laws, { model: name }),
  };
}

/**
 * Variance of the logarithm of the second moment of a network of this width: 5/n per layer, as for rectifiers
 * with Gaussian weights, which spread the most (Hanin and Nica 2020, arXiv:1812.05994). Layers side by side
 * count as if they were in a row, so that this is an upper bound.
 */
function logVariance(network: Network): number {
  const fans = new Map(network.parameters.map(({ name, fanIn }) => [name, fanIn]));
  return network.layers.reduce((sum, { parts: [weight] }) => {
    const fanIn = weight.layout.length === 0 ? null : fans.get(weight.pieces[0].parameter);
    return sum + (fanIn ? 5 / fanIn : 0);
  }, 0);
}

/** The mean of a logarithm is half of its variance below the logarithm of the mean; three deviations around. */
const toleranceOf = (variance: number, draws: number): number =>
  variance / 2 + 3 * Math.sqrt(variance / draws);

/** Where what is known to be missing from the theory is larger than that, and by what factor it is off at most. */
const LOOSE: Readonly<Partial<Record<string, readonly [factor: number, why: string]>>> = {
  'rnn:28-128-10:relu:t28': [
    40,
    'the plan has an identity as recurrent weight, which is not drawn',
  ],
  'resnet:20-100:projection:silu': [
    30,
    'SiLU upon SiLU on closed blocks lives on the tails of sums over 16 inputs, which are not Gaussian',
  ],
};

/** A softmax has the exponential of what its logits are off by. */
const isSoftmax = (op: string): boolean => op.includes('Softmax');

describe('what is predicted and what is measured', () => {
  test.each([...specs, ...files])('%s: the same rows, all of them known', (name) => {
    const model = load(name);
    const network = describeNetwork(model.graph);
    const laws = lawsOfPlan(advise(network, { model: name, seed: 0 }), network);
    const { layers } = predict(model.graph, network, laws, { model: name });
    expect(layers.map(({ name: row, op }) => [row, op])).toEqual(
      layerValues(model.graph).map(({ name: row, op }) => [row, op]),
    );
    for (const { name: row, known, note } of layers) expect(known, `${row}: ${note}`).toBe(true);
    expect(JSON.parse(JSON.stringify(layers))).toEqual(layers);
  });

  test.each([...specs, ...files.filter((file) => file.startsWith('torch'))])(
    '%s: the second moments of drawn networks agree with the prediction within their spread',
    async (name) => {
      const isLarge = /^resnet:(18|50)$/.test(name);
      const seeds = isLarge ? [3] : [3, 4, 5, 6];
      const logs = new Map<string, number[]>();
      let last: Drawn | null = null;
      for (const seed of seeds) {
        last = drawn(name, seed);
        const { model, values, prediction } = last;
        const batches = makeInputs(model.graph, { seed, batch: isLarge ? 2 : 8 });
        const q = new Map(prediction.layers.map((row) => [row.name, row.q]));
        for (const row of await measureSignal(model, batches, { values })) {
          const expected = q.get(row.name) ?? 0;
          if (expected === 0 || isSoftmax(row.op)) {
            if (expected === 0) expect(row.secondMoment, row.name).toBe(0);
            continue;
          }
          const list = logs.get(row.name) ?? [];
          list.push(Math.log(row.secondMoment! / expected));
          logs.set(row.name, list);
        }
      }
      const [factor, why] = LOOSE[name] ?? [1, ''];
      const tolerance = toleranceOf(logVariance(last!.network), seeds.length) + Math.log(factor);
      let [worst, at] = [0, ''];
      for (const [row, list] of logs) {
        const mean = list.reduce((sum, log) => sum + log, 0) / list.length;
        if (Math.abs(mean) > Math.abs(worst)) [worst, at] = [mean, row];
      }
      const farthest = last!.prediction.layers.find((row) => row.name === at);
      console.log(
        `${name}: measured / predicted is farthest from 1 at ${at} (${farthest?.op}): ${Math.exp(worst).toFixed(3)}, within a factor ${Math.exp(tolerance).toFixed(2)}${why === '' ? '' : ` (${why})`}`,
      );
      expect(Math.abs(worst), `${at}, predicted ${farthest?.q}`).toBeLessThan(tolerance);
    },
    60_000,
  );

  test.each(files.filter((file) => file.startsWith('torch')))(
    '%s as it is stored: mean and variance of every tensor say what it does',
    async (name) => {
      const { model, network, prediction } = drawn(name, 0, true);
      const rows = await measureSignal(model, makeInputs(model.graph, { seed: 3, batch: 8 }));
      const q = new Map(prediction.layers.map((row) => [row.name, row.q]));
      // Stored weights are one draw.
      const tolerance = toleranceOf(logVariance(network), 1);
      let [worst, at] = [0, ''];
      for (const row of rows) {
        const expected = q.get(row.name) ?? 0;
        if (expected === 0 || isSoftmax(row.op)) continue;
        const log = Math.log(row.secondMoment! / expected);
        if (Math.abs(log) > Math.abs(worst)) [worst, at] = [log, row.name];
      }
      console.log(
        `${name} as stored: farthest at ${at}: ${Math.exp(worst).toFixed(3)}, within a factor ${Math.exp(tolerance).toFixed(2)}`,
      );
      expect(Math.abs(worst), at).toBeLessThan(tolerance);
    },
    60_000,
  );
});

/** One value of a network for some inputs. */
async function valueOf(
  { model, values }: Drawn,
  feeds: Feeds,
  name: string,
): Promise<ArrayLike<number>> {
  const session = await openSession(encodeModel(instrument(model, { outputs: [name] }), values));
  try {
    return (await session.run(feeds))[name].data as Float32Array;
  } finally {
    await session.close();
  }
}

describe('the gradient', () => {
  // ‖J δ‖² of a random direction δ is ‖J‖² on average, n times the gradient's second moment at n inputs.
  const chosen = [
    'mlp:784-512x10-10:relu',
    'mlp:784-300-100-10:tanh',
    'cnn:1x28x28-32x10-10:tanh',
    'resnet:20',
    'resnet:110:nonorm',
    'transformer:48-64x2h4-10:full',
    ...files.filter((file) => /lenet5|mlp|timm/.test(file)),
  ];
  test.each(chosen)(
    '%s: agrees with the change of the output by a change of the input',
    async (name) => {
      const seeds = [3, 4, 5, 6];
      const logs: number[] = [];
      let network: Network | null = null;
      for (const seed of seeds) {
        const net = drawn(name, seed);
        network = net.network;
        const [first] = net.prediction.layers;
        const head = net.prediction.layers.findLast(({ gradient }) => gradient === 1)!;
        const [feeds] = makeInputs(net.model.graph, { seed, batch: 4 });
        const [directions] = makeInputs(net.model.graph, { seed: 100 + seed, batch: 4 });
        const [[input, x]] = Object.entries(feeds);
        const step = 1e-2;
        const moved = Float32Array.from(
          x.data as Float32Array,
          (value, i) => value + step * Number(directions[input].data[i]),
        );
        const [before, after] = [
          await valueOf(net, feeds, head.name),
          await valueOf(net, { [input]: { ...x, dtype: 'float32', data: moved } }, head.name),
        ];
        let square = 0;
        for (let i = 0; i < before.length; i++) square += ((after[i] - before[i]) / step) ** 2;
        logs.push(Math.log(square / moved.length / (first.gradient! * first.chi!)));
      }
      const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
      // Gradients spread as signals do; ‖J δ‖² over 4 examples and at least 10 outputs by √(2/40) besides.
      const variance = logVariance(network!) + 0.05;
      const tolerance = toleranceOf(variance, seeds.length);
      console.log(
        `${name}: measured / predicted gradient at the input ${Math.exp(mean).toFixed(3)}, within a factor ${Math.exp(tolerance).toFixed(2)}`,
      );
      expect(Math.abs(mean)).toBeLessThan(tolerance);
    },
    60_000,
  );
});
