import { expect, test } from 'vitest';
import {
  checkClose,
  checkGraph,
  graphOfCase,
  type OperatorCase,
} from '../../test/operator-check.ts';
import { encodeModel, modelOf, type Attribute, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import { evaluate, vjp, withProducts } from './index.ts';

const conv = (
  x: number[],
  w: number[],
  attributes: Record<string, Attribute> = {},
  hasBias = true,
): OperatorCase => ({
  operator: 'Conv',
  operands: [x, w, ...(hasBias ? [[w[0]]] : [])],
  attributes,
  symbols: [[0, 0]],
  twice: false,
});

const small: OperatorCase[] = [
  conv([2, 8, 4, 3], [9, 8, 3, 3], { pads: [1, 1, 1, 1] }),
  conv([3, 8, 5, 4], [8, 8, 3, 2], { strides: [2, 1], pads: [1, 0, 0, 2] }, false),
  conv([2, 9, 5, 5], [8, 9, 2, 3], { dilations: [2, 1], pads: [0, 1, 1, 1] }),
  conv([2, 8, 6], [8, 8, 3], { auto_pad: 'SAME_UPPER', strides: [2] }),
  conv([1, 8, 2, 3, 2], [8, 8, 2, 2, 2]),
];

const named = small.map((one) => [JSON.stringify(one), one] as const);

const count = ({ nodes }: Graph, operator: string): number =>
  nodes.filter((node) => node.operator === operator).length;

test.each(named)('a small convolution is a product of columns: %s', async (_, one) => {
  const { graph, feeds } = graphOfCase(one);
  const product = withProducts(graph);
  expect([count(product, 'Conv'), count(product, 'Gather')]).toEqual([0, 1]);
  const values = evaluate(product, feeds);
  for (const [name, value] of evaluate(graph, feeds)) {
    const own = values.get(name);
    expect(own?.shape).toEqual(value.shape);
    value.data.forEach((number, index) => expect(own?.data[index]).toBeCloseTo(number, 12));
  }
  const session = await openSession(encodeModel(modelOf(product)), { threads: 1 });
  const ran = await session.run(feeds);
  await session.close();
  for (const [name, value] of values) checkClose(ran[name], value, name);
});

test.each(named)('its weight gradient is one as well: %s', async (_, one) => {
  const { graph, feeds } = graphOfCase(one);
  const name = graph.inputs[1].name;
  expect(count(vjp(graph, { withRespectTo: [name] }), 'Gather')).toBe(1);
  await checkGraph(graph, feeds, one);
});

test('the gradients of the images and of the weight are products of the same columns', () => {
  const { graph } = graphOfCase(small[0]);
  const withRespectTo = graph.inputs.slice(0, 2).map(({ name }) => name);
  const product = withProducts(vjp(graph, { withRespectTo }));
  expect([count(product, 'Conv'), count(product, 'Gather'), count(product, 'Gemm')]).toEqual([
    0, 1, 2,
  ]);
});

test.each([
  ['few channels', conv([2, 7, 4, 4], [8, 7, 3, 3])],
  ['many channels', conv([1, 8, 3, 3], [65, 8, 2, 2])],
  ['large images', conv([1, 8, 11, 10], [8, 8, 2, 2])],
  ['groups', conv([1, 16, 4, 4], [16, 8, 3, 3], { group: 2 })],
  ['kernels of one place', conv([1, 8, 4, 4], [8, 8, 1, 1])],
])('convolutions of %s stay as they are', (_, one) => {
  const { graph } = graphOfCase(one);
  expect(count(withProducts(graph), 'Conv')).toBe(1);
});

test('a graph without convolutions stays the same', () => {
  const { graph } = graphOfCase({ operator: 'Tanh', operands: [[2, 3]] });
  expect(withProducts(graph)).toBe(graph);
});
