import { expect, test } from 'vitest';
import { encodeModel, modelOf, type Graph, type Node } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { sgd } from '../optim/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { channelBlock, openSession } from '../runtime/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import { inBlocks } from './blocked.ts';
import { crossEntropy } from './loss.ts';
import { rollUp } from './rolled.ts';
import { stepGraph, type Carried } from './step.ts';

type Tensors = Readonly<Record<string, Tensor>>;

const BATCH = 3;

/** A graph with its batch normalisations in training mode, and what they move. */
function inTraining(graph: Graph): { readonly graph: Graph; readonly running: Carried[] } {
  const running: Carried[] = [];
  const nodes = graph.nodes.map((node): Node => {
    if (node.operator !== 'BatchNormalization') return node;
    const next = node.inputs.slice(3).map((name) => {
      const { shape } = graph.constants.get(name) ?? { shape: [] };
      running.push({ name, shape, next: `${name}/next` });
      return `${name}/next`;
    });
    const attributes = { ...node.attributes, training_mode: 1 };
    return { ...node, attributes, outputs: [node.outputs[0], ...next] };
  });
  return { graph: { ...graph, nodes }, running };
}

/** A step of a network with Gaussian weights, and what it is run on. */
function stepOf(
  graph: Graph,
  running: readonly Carried[] = [],
): { readonly step: Graph; readonly feeds: Tensors } {
  const parameters = [...graph.constants.values()].filter(
    ({ name, dtype }) => dtype === 'float32' && !name.includes('running_'),
  );
  const step = stepGraph(graph, parameters, {
    output: 'output',
    classes: 10,
    loss: crossEntropy(),
    optimizer: sgd(),
    running,
  });
  const normal = (name: string, shape: readonly number[], std: number): Tensor => {
    const data = new Float32Array(sizeOf(shape));
    fillNormal(fold(key(0), name), data, 0, std);
    return { dtype: 'float32', shape, data };
  };
  const extents = (graph.inputs[0].shape?.slice(1) ?? []).map(Number);
  const feeds: Record<string, Tensor> = {
    input: normal('input', [BATCH, ...extents], 1),
    target: { dtype: 'int64', shape: [BATCH], data: BigInt64Array.of(1n, 4n, 7n) },
    learning_rate: { dtype: 'float32', shape: [], data: Float32Array.of(1) },
    step: { dtype: 'float64', shape: [], data: Float64Array.of(1) },
  };
  for (const { name, shape } of [...parameters, ...running]) feeds[name] = normal(name, shape, 0.1);
  return { step, feeds };
}

async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await openSession(encodeModel(modelOf(graph)));
  const made = await session.run(feeds);
  await session.close();
  return made;
}

const norm = (values: Float64Array): number => Math.hypot(...values);

const built = buildArchitecture;

test.each([
  ['convolutions and tanh, with a stride', built('cnn:1x9x9-32-16s2-32x2-10:tanh')],
  ['channels that are no whole blocks beside others', built('cnn:3x8x8-12-32x2-10:relu')],
  ['normalisations and shortcuts', built('resnet:8')],
  ['equal layers in a loop', rollUp(built('cnn:1x7x7-16x6-10:tanh')).graph],
])('a step is the same with channels in blocks: %s', async (_what, graph) => {
  const block = await channelBlock();
  const { step, feeds } = stepOf(graph);
  const blocked = inBlocks(step, block);
  expect(blocked !== step).toBe(block > 1);
  await expectSame(step, blocked, feeds);
});

test('normalisations in training are the same in blocks, with their running statistics, and take ReLU in', async () => {
  const block = await channelBlock();
  const { graph, running } = inTraining(built('resnet:8'));
  const { step, feeds } = stepOf(graph, running);
  const blocked = inBlocks(step, block);
  const left = ({ nodes }: Graph): number =>
    nodes.filter(({ operator }) => ['BatchNormalization', 'Relu'].includes(operator)).length;
  expect(left(blocked)).toBe(block > 1 ? 0 : left(step));
  await expectSame(step, blocked, feeds);
});

/** Fails unless two steps give the same. */
async function expectSame(step: Graph, blocked: Graph, feeds: Tensors): Promise<void> {
  const [plain, found] = [await run(step, feeds), await run(blocked, feeds)];
  for (const [name, tensor] of Object.entries(plain)) {
    const a = toFloat64(tensor);
    const b = toFloat64(found[name]);
    const apart = norm(a.map((value, index) => value - b[index]));
    // Sums of at most 3 · 32² products in another order, through at most 10 layers.
    expect(apart, name).toBeLessThanOrEqual(10 * Math.sqrt(3 * 32 * 32) * 2 ** -24 * norm(a));
  }
}

test('rows of images that lie in blocks are picked there, so that no image is put back for a weight gradient', async () => {
  const block = await channelBlock();
  if (block === 1) return;
  const { step } = stepOf(built('cnn:1x9x9-32x3-10:tanh'));
  const blocked = inBlocks(step, block);
  const gathers = blocked.nodes.filter(({ operator }) => operator === 'Gather');
  const picks = gathers.filter(({ inputs }) => inputs[1].endsWith('in blocks'));
  // Two layers have 32 channels on either side: rows of what each reads and of the cotangent of what it gives.
  expect(picks.length).toBe(4);
  for (const { inputs } of picks) {
    const rows = blocked.constants.get(inputs[1])?.read();
    // All numbers of an image, and the zeros.
    expect(rows && new Set(toFloat64(rows)).size).toBe(32 * 81 + 1);
  }
});

test('a block of one channel changes nothing', () => {
  const { step } = stepOf(built('cnn:1x9x9-16x2-10:tanh'));
  expect(inBlocks(step, 1)).toBe(step);
});
