import { expect, test } from 'vitest';
import { advise, drawsOfPlan } from '../advise/index.ts';
import { drawGlyphs } from '../data/index.ts';
import { encodeModel, modelOf } from '../graph/index.ts';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import { adam, sgd, type Optimizer } from '../optim/index.ts';
import { fold, key } from '../random/index.ts';
import { openSession, type Session } from '../runtime/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { crossEntropy } from './loss.ts';
import { nextName, stateName, stepGraph } from './step.ts';
import { rolesOf, stackName, stepsGraph } from './steps.ts';

type Tensors = Readonly<Record<string, Tensor>>;

const BATCH = 50;
const SPEC = 'mlp:784-32-10:relu';

const graph = buildArchitecture(SPEC);
const network = describeNetwork(graph);
const parameters = network.parameters.map(({ name, shape }) => ({ name, shape }));

/** Drawn weights and the empty state of an optimizer. */
function startOf(optimizer: Optimizer): Tensors {
  const weights = drawsOfPlan(network, { model: SPEC, seed: 0 })(
    advise(network, { model: SPEC, seed: 0 }).seed,
  );
  const values: Record<string, Tensor> = {};
  for (const { name, shape } of parameters) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    values[name] = weights.get(name) ?? { dtype: 'float32', shape, data: new Float32Array(size) };
    for (const slot of optimizer.state) {
      values[stateName(slot, name)] = { dtype: 'float32', shape, data: new Float32Array(size) };
    }
  }
  return values;
}

/** Batches of drawn digits, one after another. */
function digits(steps: number): { readonly images: Float32Array; readonly classes: BigInt64Array } {
  const { images, labels } = drawGlyphs(fold(key(0), 'train'), steps * BATCH);
  return { images, classes: BigInt64Array.from(labels, BigInt) };
}

const scalar = (value: number): Tensor => ({
  dtype: 'float64',
  shape: [],
  data: Float64Array.of(value),
});

function nextOf(values: Tensors, made: Tensors): Tensors {
  return Object.fromEntries(
    Object.keys(values).map((name) => [name, made[nextName(name)]] as const),
  );
}

async function oneByOne(
  session: Session,
  start: Tensors,
  steps: number,
  rate: number,
): Promise<{ readonly losses: number[]; readonly end: Tensors }> {
  const { images, classes } = digits(steps);
  let values = start;
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const made = await session.run({
      ...values,
      input: {
        dtype: 'float32',
        shape: [BATCH, 784],
        data: images.subarray(i * BATCH * 784, (i + 1) * BATCH * 784),
      },
      target: {
        dtype: 'int64',
        shape: [BATCH],
        data: classes.subarray(i * BATCH, (i + 1) * BATCH),
      },
      learning_rate: { dtype: 'float32', shape: [], data: Float32Array.of(rate) },
      step: scalar(i + 1),
    });
    losses.push(Number(made['loss'].data[0]));
    values = nextOf(values, made);
  }
  return { losses, end: values };
}

test.each([
  ['sgd with momentum', sgd({ momentum: 0.9 })],
  ['adam', adam()],
])('%s: many steps in one run are the single steps, bit for bit', async (_name, optimizer) => {
  const step = stepGraph(graph, parameters, {
    output: 'output',
    classes: 10,
    loss: crossEntropy(),
    optimizer,
    clip: 1,
  });
  expect(rolesOf(step).metrics).toEqual(['loss', 'accuracy', 'gradient_norm']);
  const steps = 6;
  const start = startOf(optimizer);
  const single = await openSession(encodeModel(modelOf(step)));
  const { losses, end } = await oneByOne(single, start, steps, 0.01);
  await single.close();
  const many = await openSession(encodeModel(modelOf(stepsGraph(step))));
  const { images, classes } = digits(steps);
  const made = await many.run({
    ...start,
    steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(steps)) },
    first_step: scalar(1),
    [stackName('input')]: { dtype: 'float32', shape: [steps, BATCH, 784], data: images },
    [stackName('target')]: { dtype: 'int64', shape: [steps, BATCH], data: classes },
    [stackName('learning_rate')]: {
      dtype: 'float32',
      shape: [steps],
      data: new Float32Array(steps).fill(0.01),
    },
  });
  await many.close();
  expect([...made['loss'].data]).toEqual(losses);
  expect(nextOf(start, made)).toEqual(end);
});

test('drawn digits are learnt', async () => {
  const optimizer = adam();
  const step = stepGraph(graph, parameters, {
    output: 'output',
    classes: 10,
    loss: crossEntropy(),
    optimizer,
  });
  const session = await openSession(encodeModel(modelOf(step)));
  const { losses } = await oneByOne(session, startOf(optimizer), 120, 0.003);
  await session.close();
  // ln 10 is the loss of a guess.
  expect(losses[0]).toBeGreaterThan(2);
  expect(losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10).toBeLessThan(1);
});
