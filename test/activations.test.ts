import { expect, test } from 'vitest';
import { activation, activations, activationText } from '../src/activation/index.ts';
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';
import { openSession } from '../src/runtime/index.ts';
import type { Tensor } from '../src/tensor/index.ts';

const others = ['leaky_relu:-0.3', 'prelu:0.5', 'hard_sigmoid:0.125', 'elu:0.5', 'celu:2'];
const all = [...activations, ...others.map(activation)].map(
  (record) => [activationText(record), record] as const,
);

const EDGES = [0, 1e-20, 3, 6, 88, 1e4].flatMap((x) => [x, -x]);
const ARGUMENTS = Float32Array.from([
  ...Array.from({ length: 2001 }, (_, i) => (i - 1000) / 97),
  ...EDGES,
]);

test.each(all)('%s computes in onnxruntime what its record says', async (_, record) => {
  const graph = builder('one');
  const x = graph.input('x', 'float32', ['n']);
  graph.output('y', record.build(graph, 'act', x), 'float32', ['n']);
  // A prelu has its slope as the parameter that it stores.
  const session = await openSession(encodeModel(modelOf(graph.build()), new Map()));
  const feed: Tensor = { dtype: 'float32', shape: [ARGUMENTS.length], data: ARGUMENTS };
  const { y } = await session.run({ x: feed });
  await session.close();
  expect(y.shape).toEqual(feed.shape);
  for (const [i, argument] of ARGUMENTS.entries()) {
    // At most four float32 operations on numbers up to 1 + |x|, each good to one unit in the last
    // place (2^-23); sines of large arguments need their argument exactly, which it is.
    const tolerance = 4 * 2 ** -23 * (1 + Math.abs(argument));
    const error = Math.abs(Number(y.data[i]) - record.f(argument));
    expect(error, `x = ${argument}`).toBeLessThan(tolerance);
  }
});
