import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filled, numbers, outputsOf } from '../../test/rolled-fixture.ts';
import { readModelFile } from '../files/index.ts';
import { builder, type Builder, type Graph } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { isFloat } from '../tensor/index.ts';
import { rollUp, stackValues, unstackValues, type Rolled } from './index.ts';

async function expectSameOutputs(graph: Graph, rolled: Rolled): Promise<void> {
  expect(await outputsOf(rolled.graph)).toEqual(await outputsOf(graph));
}

const loopsOf = ({ nodes }: Graph): number =>
  nodes.filter(({ operator }) => operator === 'Scan').length;

const net = (make: (b: Builder, x: string) => string, width = 8): Graph => {
  const b = builder('test');
  const y = make(b, b.input('x', 'float32', ['batch', width]));
  b.output('y', y, 'float32', ['batch', width]);
  return filled(b.build());
};

/** A dense layer with tanh. */
function layer(b: Builder, index: number, x: string, weight?: string): string {
  const w = weight ?? b.parameter(`w${index}`, [8, 8]);
  return b.node(`tanh${index}`, 'Tanh', [b.node(`dense${index}`, 'Gemm', [x, w])]);
}

test.each([
  ['mlp:784-100x20-10:tanh', 19, 1],
  ['cnn:1x14x14-16x30-10:tanh', 29, 1],
  ['resnet:26', 4, 1],
  ['transformer:v32-16x6h2-32', 6, 1],
])('%s: equal layers become loops that give the same bits', async (spec, layers, loops) => {
  const graph = filled(buildArchitecture(spec));
  const rolled = rollUp(graph);
  expect([rolled.layers, loopsOf(rolled.graph)]).toEqual([layers, loops]);
  await expectSameOutputs(graph, rolled);
});

test('recurrent layers become a loop', async () => {
  const graph = filled(buildArchitecture('lstm:8-12x6-5'));
  const rolled = rollUp(graph);
  expect([rolled.layers, rolled.stacks.size]).toEqual([4, 3]);
  const [{ data: one }, { data: all }] = [
    await outputsOf(graph),
    await outputsOf(rolled.graph),
  ].map(({ output }) => output);
  // onnxruntime multiplies stored weights of an LSTM in another order than others.
  all.forEach((value, index) => expect(value).toBeCloseTo(Number(one[index]), 5));
});

test.each([
  ['cnn:1x14x14-16x10000-10:tanh', 9999],
  ['mlp:784-100x200-10:tanh', 199],
  ['resnet:110', 52],
])('%s has a handful of nodes when it is rolled up', (spec, layers) => {
  const rolled = rollUp(buildArchitecture(spec));
  expect(rolled.layers).toBe(layers);
  expect(rolled.graph.nodes.length).toBeLessThan(30);
});

test('a run ends where a value inside of it is read further on', async () => {
  const graph = net((b, x) => {
    let y = x;
    let skip = x;
    for (let index = 0; index < 20; index++) {
      y = layer(b, index, y);
      if (index === 9) skip = y;
    }
    return b.node('sum', 'Add', [y, skip]);
  });
  const rolled = rollUp(graph);
  expect([rolled.layers, loopsOf(rolled.graph)]).toEqual([20, 2]);
  await expectSameOutputs(graph, rolled);
});

test('an inner layer that the graph gives is still given', async () => {
  const graph = net((b, x) => {
    let y = x;
    for (let index = 0; index < 12; index++) {
      y = layer(b, index, y);
      if (index === 5) b.output('inner', `dense${index}_output`, 'float32', ['batch', 8]);
    }
    return y;
  });
  const rolled = rollUp(graph);
  expect([rolled.layers, loopsOf(rolled.graph)]).toEqual([11, 2]);
  await expectSameOutputs(graph, rolled);
});

test('a tensor that all layers share is read from around the loop', async () => {
  const graph = net((b, x) => {
    const shared = b.parameter('shared', [8, 8]);
    let y = x;
    for (let index = 0; index < 10; index++) y = layer(b, index, y, shared);
    return y;
  });
  const rolled = rollUp(graph);
  expect(rolled.layers).toBe(10);
  expect(rolled.stacks.size).toBe(0);
  expect([...rolled.graph.constants.keys()]).toContain('shared');
  await expectSameOutputs(graph, rolled);
});

test('a layer whose tensor is read elsewhere stands alone', async () => {
  const graph = net((b, x) => {
    let y = x;
    for (let index = 0; index < 11; index++) y = layer(b, index, y);
    return b.node('again', 'MatMul', [y, 'w5']);
  });
  const rolled = rollUp(graph);
  expect([rolled.layers, loopsOf(rolled.graph)]).toEqual([10, 2]);
  await expectSameOutputs(graph, rolled);
});

test('several values can go from layer to layer', async () => {
  const graph = net((b, x) => {
    let [y, z] = [x, x];
    for (let index = 0; index < 6; index++) {
      const next = layer(b, index, b.node(`sum${index}`, 'Add', [y, z]));
      [y, z] = [next, b.node(`product${index}`, 'Mul', [z, next])];
    }
    return b.node('last', 'Add', [y, z]);
  });
  const rolled = rollUp(graph);
  expect(rolled.layers).toBe(6);
  await expectSameOutputs(graph, rolled);
});

test('layers whose shapes shrink do not become a loop', () => {
  const b = builder('shrinking');
  let x = b.input('x', 'float32', ['batch', 2, 30]);
  for (let index = 0; index < 8; index++) {
    x = b.node(`conv${index}`, 'Conv', [x, b.parameter(`w${index}`, [2, 2, 3])]);
  }
  b.output('y', x, 'float32', ['batch', 2, null]);
  expect(rollUp(b.build()).layers).toBe(0);
});

test('the fewest layers that become a loop can be chosen', () => {
  const graph = net((b, x) => layer(b, 2, layer(b, 1, layer(b, 0, x))));
  expect(rollUp(graph).layers).toBe(0);
  expect(rollUp(graph, { least: 3 }).layers).toBe(3);
  expect(() => rollUp(graph, { least: 1 })).toThrow(
    new RangeError('rollUp: least must be a whole number of at least 2, got 1'),
  );
});

test('values are stacked and taken apart again by the names of both', () => {
  const rolled = rollUp(buildArchitecture('mlp:4-4x6-2:tanh'));
  const names = Array.from({ length: 6 }, (_, index) => `layers.${index}.weight`);
  const values = new Map(names.map((name, index) => [name, numbers([4, 4], index)] as const));
  const stacked = stackValues(rolled, values);
  expect(unstackValues(rolled, stacked)).toEqual(values);
  const title = (name: string): string => `momentum(${name})`;
  const states = new Map([...values].map(([name, tensor]) => [title(name), tensor] as const));
  expect(unstackValues(rolled, stackValues(rolled, states, title), title)).toEqual(states);
  const [stack, members] = [...rolled.stacks][0];
  expect(stacked.get(stack)?.shape).toEqual([members.length, 4, 4]);
  values.delete(members[1]);
  expect(() => stackValues(rolled, values)).toThrow(
    new RangeError(
      `stackValues: ${stack} must have a value for every layer, got none for ${members[1]}`,
    ),
  );
});

const MODELS = resolve(import.meta.dirname, '../../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

const files = isThere
  ? readdirSync(join(MODELS, 'torch')).filter((name) => name.endsWith('.onnx'))
  : [];

describe.skipIf(!isThere)('exported networks', () => {
  test.each(files)('%s: gives the same bits when it is rolled up', async (file) => {
    const { graph } = readModelFile(join(MODELS, 'torch', file));
    const rolled = rollUp(graph);
    const floats = [...graph.constants.values()].filter(({ dtype }) => isFloat(dtype));
    const stacked = new Set([...rolled.stacks.values()].flat());
    const kept = floats.filter(({ name }) => rolled.graph.constants.has(name));
    expect(kept.length + stacked.size).toBeLessThanOrEqual(floats.length);
    if (rolled.layers > 0) await expectSameOutputs(graph, rolled);
  });
});
