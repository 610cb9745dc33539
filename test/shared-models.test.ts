import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { advise, applyPlan, calibrate, type Plan } from '../src/advise/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { judgeSignal, makeInputs, measureSignal } from '../src/measure/index.ts';
import { describeNetwork, type Network, type Role } from '../src/network/index.ts';
import { isFloat } from '../src/tensor/index.ts';

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

function described(file: string): Network {
  return describeNetwork(readModelFile(join(MODELS, file)).graph);
}

const rolesOf = (network: Network): Partial<Record<Role, number>> => {
  const counts: Partial<Record<Role, number>> = {};
  for (const { role } of network.parameters) counts[role] = (counts[role] ?? 0) + 1;
  return counts;
};

const schemesOf = (plan: Plan, role: Role): string[] => [
  ...new Set(plan.parameters.filter((entry) => entry.role === role).map(({ scheme }) => scheme)),
];

describe.skipIf(!isThere)('real networks', () => {
  test.each(files)('%s: every float tensor has a role, and a plan with finite numbers', (file) => {
    const { graph } = readModelFile(join(MODELS, file));
    const network = describeNetwork(graph);
    const floats = [...graph.constants.values()].filter(({ dtype }) => isFloat(dtype));
    expect(network.parameters.map(({ name }) => name).sort()).toEqual(
      floats.map(({ name }) => name).sort(),
    );
    const plan = advise(network, { model: file, seed: 0 });
    for (const { name, role, std, scheme, reason } of plan.parameters) {
      expect(role, name).not.toBe('unknown');
      expect(reason.length, name).toBeGreaterThan(20);
      expect(scheme === 'keep' || scheme === 'forget_bias' || Number.isFinite(std), name).toBe(
        true,
      );
    }
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('ResNet-50 has 53 convolutions in 16 branches that normalisations close', () => {
    const network = described('light/light_resnet50.onnx');
    expect(network.branches).toBe(16);
    expect(network.depth).toBe(50);
    expect(rolesOf(network)).toMatchObject({
      conv: 53,
      dense: 1,
      norm_scale: 53,
      norm_variance: 53,
    });
    const plan = advise(network, { model: 'resnet50', seed: 0 });
    expect(schemesOf(plan, 'conv')).toEqual(['he_normal']);
    const zeroed = plan.parameters.filter(
      ({ role, scheme }) => role === 'norm_scale' && scheme === 'zeros',
    );
    expect(zeroed.map(({ name }) => name).every((name) => name.includes('branch2c'))).toBe(true);
    expect(zeroed).toHaveLength(16);
  });

  test('ShuffleNet has grouped and depthwise convolutions with the fans of their groups', () => {
    const { parameters } = described('light/light_shufflenet.onnx');
    const find = (name: string) => parameters.find((info) => info.name === name);
    expect(find('gpu_0/gconv1_1_w_0')).toMatchObject({
      role: 'grouped_conv',
      fanIn: 28,
      fanOut: 28,
    });
    expect(find('gpu_0/gconv3_1_w_0')).toMatchObject({
      role: 'depthwise_conv',
      fanIn: 9,
      fanOut: 9,
    });
  });

  test('the LSTM has its gates, in the packed file layout and in the one that PyTorch stores', () => {
    const { parameters } = described('torch/lstm_classifier.onnx');
    const starts = (name: string) =>
      Object.fromEntries(
        parameters
          .find((info) => info.name === name)!
          .blocks.map((block) => [block.name.split('/')[1], block.start.at(-2)]),
      );
    expect(starts('val_41')).toEqual({ input: 0, output: 64, forget: 128, cell: 192 });
    expect(starts('r.weight_ih_l1')).toEqual({ input: 0, forget: 64, cell: 128, output: 192 });
  });

  test('the vision transformer has 12 branches, packed projections and a positional embedding', () => {
    const network = described('torch/timm_test_vit.onnx');
    expect(network.branches).toBe(12);
    expect(rolesOf(network)).toMatchObject({
      attention_packed: 6,
      attention_output: 6,
      positional_embedding: 1,
      token: 1,
      constant: 1,
    });
  });

  test.each(files.filter((file) => file.startsWith('torch')))(
    '%s: the signal neither dies nor explodes between the first and the last hidden layer',
    async (file) => {
      const model = readModelFile(join(MODELS, file));
      const network = describeNetwork(model.graph);
      const plan = advise(network, { model: file, seed: 3 });
      const values = new Map([...applyPlan(plan, network)].map(([key, draw]) => [key, draw()]));
      const rows = await measureSignal(model, makeInputs(model.graph, { seed: 3 }), { values });
      const { state, ratio } = judgeSignal(rows);
      expect(state).toBe('healthy');
      expect(ratio).toBeGreaterThan(1e-2);
      expect(ratio).toBeLessThan(1e2);
    },
  );

  test.each(
    ['mlp_relu_20x128', 'mlp_tanh_50x128'].flatMap((name) =>
      [0, 1, 2, 3].map((seed) => [name, seed] as const),
    ),
  )('%s keeps its second moment within a factor 2, seed %i', async (name, seed) => {
    const model = readModelFile(join(MODELS, `torch/${name}.onnx`));
    const network = describeNetwork(model.graph);
    const batches = makeInputs(model.graph, { seed });
    const run = (plan: Plan) =>
      measureSignal(model, batches, {
        values: new Map([...applyPlan(plan, network)].map(([key, draw]) => [key, draw()])),
      });
    const drawn = advise(network, { model: name, seed });
    const rows = await run(drawn);
    const moments = new Map(rows.map((row) => [row.name, row.secondMoment]));
    const plan = calibrate(drawn, network, (value) => moments.get(value) ?? null);
    const hidden = (plan === null ? rows : await run(plan))
      .filter(({ op }) => op === 'Gemm')
      .slice(0, -1);
    const ratio = hidden.at(-1)!.secondMoment! / hidden[0].secondMoment!;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});
