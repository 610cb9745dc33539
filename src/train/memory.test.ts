import { expect, test } from 'vitest';
import { buildArchitecture } from '../network/index.ts';
import { adam, sgd, type Optimizer } from '../optim/index.ts';
import { isFloat } from '../tensor/index.ts';
import {
  checkpointed,
  crossEntropy,
  rollUp,
  stepGraph,
  stepMemory,
  type Rolled,
  type StepMemory,
} from './index.ts';

function memoryOf({ graph }: Rolled, batch: number, optimizer: Optimizer = sgd()): StepMemory {
  const parameters = [...graph.constants.values()].filter(({ dtype }) => isFloat(dtype));
  const step = stepGraph(graph, parameters, {
    output: 'output',
    classes: 10,
    loss: crossEntropy(),
    optimizer,
  });
  return stepMemory(step, batch);
}

const deep = (layers: number): Rolled =>
  rollUp(buildArchitecture(`cnn:1x7x7-16x${layers}-10:tanh`));

test('parameters, gradients and state are counted by their numbers', () => {
  const rolled: Rolled = {
    graph: buildArchitecture('mlp:20-30-10:relu'),
    stacks: new Map(),
    layers: 0,
  };
  const bytes = 4 * (20 * 30 + 30 + 30 * 10 + 10);
  expect(memoryOf(rolled, 8)).toMatchObject({ parameters: bytes, gradients: bytes, state: 0 });
  expect(memoryOf(rolled, 8, adam()).state).toBe(2 * bytes);
});

test('a loop keeps one state for each of its layers', () => {
  const [one, two] = [deep(201), deep(401)].map((rolled) => memoryOf(rolled, 32));
  const state = 4 * 32 * 16 * 7 * 7;
  expect(two.activations - one.activations).toBeGreaterThan(0.95 * 200 * state);
  expect(two.activations - one.activations).toBeLessThan(1.05 * 200 * state);
});

test('blocks of √L layers keep about 2√L states', () => {
  const state = 4 * 32 * 16 * 7 * 7;
  // 400 layers in the loop: 20 blocks of 20 layers, and what one step computes besides.
  const { activations, bytes } = memoryOf(checkpointed(deep(401), 20), 32);
  expect(activations).toBeLessThan(100 * state);
  expect(bytes).toBeLessThan(memoryOf(deep(401), 32).bytes);
});

test('a batch must have examples', () => {
  expect(() => memoryOf(deep(8), 0)).toThrow(
    new RangeError('stepMemory: batch must be a whole number of at least 1, got 0'),
  );
});
