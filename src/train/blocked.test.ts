import { expect, test } from 'vitest';
import { advise, drawsOfPlan } from '../advise/index.ts';
import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import { sgd } from '../optim/index.ts';
import { fillNormal, key } from '../random/index.ts';
import { channelBlock, openSession } from '../runtime/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import { inBlocks } from './blocked.ts';
import { crossEntropy } from './loss.ts';
import { stepGraph } from './step.ts';

type Tensors = Readonly<Record<string, Tensor>>;

const BATCH = 3;

function stepOf(spec: string): { readonly step: Graph; readonly feeds: Tensors } {
  const graph = buildArchitecture(spec);
  const network = describeNetwork(graph);
  const parameters = network.parameters
    .filter(({ name }) => !name.includes('running_'))
    .map(({ name, shape }) => ({ name, shape }));
  const step = stepGraph(graph, parameters, {
    output: 'output',
    classes: 10,
    loss: crossEntropy(),
    optimizer: sgd(),
  });
  const plan = { model: spec, seed: 0 };
  const drawn = drawsOfPlan(network, plan)(advise(network, plan).seed);
  const shape = [BATCH, ...(graph.inputs[0].shape?.slice(1) ?? []).map(Number)];
  const data = new Float32Array(sizeOf(shape));
  fillNormal(key(0), data, 0, 1);
  const feeds: Record<string, Tensor> = {
    input: { dtype: 'float32', shape, data },
    target: { dtype: 'int64', shape: [BATCH], data: BigInt64Array.of(1n, 4n, 7n) },
    learning_rate: { dtype: 'float32', shape: [], data: Float32Array.of(1) },
    step: { dtype: 'float64', shape: [], data: Float64Array.of(1) },
  };
  for (const { name } of parameters) {
    const value = drawn.get(name) ?? graph.constants.get(name)?.read();
    if (value !== undefined) feeds[name] = value;
  }
  return { step, feeds };
}

async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await openSession(encodeModel(modelOf(graph)));
  const made = await session.run(feeds);
  await session.close();
  return made;
}

const norm = (values: Float64Array): number => Math.hypot(...values);

test.each([
  ['convolutions and tanh, with a stride', 'cnn:1x9x9-32-16s2-32x2-10:tanh'],
  ['channels that are no whole blocks beside others', 'cnn:3x8x8-12-32x2-10:relu'],
  ['normalisations and shortcuts', 'resnet:8'],
])('a step is the same with channels in blocks: %s', async (_what, spec) => {
  const block = await channelBlock();
  const { step, feeds } = stepOf(spec);
  const blocked = inBlocks(step, block);
  const isThere = blocked.nodes.some(({ domain }) => domain !== '');
  expect(isThere).toBe(block > 1);
  const [plain, found] = [await run(step, feeds), await run(blocked, feeds)];
  for (const [name, tensor] of Object.entries(plain)) {
    const a = toFloat64(tensor);
    const b = toFloat64(found[name]);
    const apart = norm(a.map((value, index) => value - b[index]));
    // Sums of at most 3 · 32² products in another order, through at most 10 layers.
    expect(apart, name).toBeLessThanOrEqual(10 * Math.sqrt(3 * 32 * 32) * 2 ** -24 * norm(a));
  }
});

test('a block of one channel changes nothing', () => {
  const { step } = stepOf('cnn:1x9x9-16x2-10:tanh');
  expect(inBlocks(step, 1)).toBe(step);
});
