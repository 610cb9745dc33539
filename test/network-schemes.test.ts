import { join } from 'node:path';
import { expect, test } from 'vitest';
import { advise, applyPlan } from '../src/advise/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { modelOf } from '../src/graph/index.ts';
import { makeInputs, measureSignal, type SignalRow } from '../src/measure/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';

/** The signal of a named architecture under a scheme, layer by layer. */
async function signalOf(text: string, scheme: string): Promise<readonly SignalRow[]> {
  const graph = buildArchitecture(text);
  const network = describeNetwork(graph);
  const plan = advise(network, { model: text, seed: 1, scheme });
  const values = new Map([...applyPlan(plan, network)].map(([name, draw]) => [name, draw()]));
  const model = modelOf(graph);
  return measureSignal(model, makeInputs(model.graph, { seed: 1 }), { values });
}

const momentOf = (rows: readonly SignalRow[], name: string): number =>
  rows.find((row) => row.name.startsWith(name))?.secondMoment ?? NaN;

test.each([
  ['resnet:20:nonorm', 'fixup', /conv2|^fc/],
  ['resnet:20:nonorm', 'rezero', /conv2/],
  ['resnet:20', 'zero_gamma', /bn2/],
  ['resnet:20:nonorm', 'zero', /conv2|^fc/],
  ['transformer:v30-16x3h2-30:nonorm', 'fixup', /proj|fc2|head/],
])(
  '%s by %s: branches give exactly 0 at step zero, and sums pass the stream on',
  async (text, scheme, ends) => {
    const rows = await signalOf(text, scheme);
    const closed = rows.filter(({ name }) => ends.test(name));
    expect(closed.length).toBeGreaterThan(2);
    for (const { name, secondMoment } of closed) expect(secondMoment, name).toBe(0);
    const sums = rows.filter(({ kind }) => kind === 'sum').map((row) => row.secondMoment ?? NaN);
    expect(sums.every((moment) => moment > 0)).toBe(true);
    // Without strides and activations between the sums the stream is the same all along.
    if (text.startsWith('transformer')) expect(new Set(sums).size).toBe(1);
  },
);

test('Fixup feeds the inside of its branches with 1/L of what He gives', async () => {
  const [fixup, he] = [
    await signalOf('resnet:56:nonorm', 'fixup'),
    await signalOf('resnet:56:nonorm', 'rezero'),
  ];
  // The first branch has the same input in both: the variance of its first layer is 1/27 in Fixup.
  const ratio = momentOf(fixup, 'layer1.0.conv1') / momentOf(he, 'layer1.0.conv1');
  expect(ratio * 27).toBeCloseTo(1, 4);
});

test('an identity RNN keeps what it has taken in', async () => {
  const rows = await signalOf('rnn:8-16x2-4:relu:t16', 'identity_rnn(std=0.1)');
  const moments = rows.map((row) => row.secondMoment ?? NaN);
  expect(moments.every((moment) => Number.isFinite(moment) && moment > 0)).toBe(true);
});

const MODULES = join(import.meta.dirname, 'golden/pytorch_modules');

test.each([
  'encoder.ts',
  'encoder.dyn',
  'encoder_prenorm.raw',
  'blocks.ts',
  'gpt.ts',
  'mha.ts',
  'mha_cross.ts',
])('the heads of PyTorch’s %s are two, however they were exported', (name) => {
  const { attentions } = describeNetwork(readModelFile(join(MODULES, `${name}.onnx`)).graph);
  expect(attentions.length).toBeGreaterThan(0);
  expect(attentions.map(({ heads }) => heads)).toEqual(attentions.map(() => 2));
});

test('the encoder of PyTorch’s nn.Transformer is told from its decoder', () => {
  const { residuals } = describeNetwork(readModelFile(join(MODULES, 'transformer.raw.onnx')).graph);
  const count = (stack: string, crosses: boolean): number =>
    residuals.filter((branch) => branch.stack === stack && branch.crosses === crosses).length;
  const parts = [...new Set(residuals.flatMap(({ layers }) => layers.flat()))];
  expect(parts.every((name) => /encoder|decoder/.test(name))).toBe(true);
  for (const { stack, layers } of residuals) {
    expect(layers.flat().every((name) => name.includes(`t.${stack}.`))).toBe(true);
  }
  expect(count('decoder', true)).toBeGreaterThan(0);
  expect(count('encoder', true)).toBe(0);
});
