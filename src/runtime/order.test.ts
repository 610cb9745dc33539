import { expect, test } from 'vitest';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { endsLast } from './order.ts';
import { instrument } from './instrument.ts';
import { openSession } from './session.ts';

/** `a = |x|`, then `first = -a`, which is two outputs, `b = |a|` and `second = -b`, which is one. */
function chain(): Graph {
  const b = builder('chain');
  const x = b.input('x', 'float32', [2]);
  const a = b.node('a', 'Abs', [x]);
  const first = b.node('first', 'Neg', [a]);
  const second = b.node('second', 'Neg', [b.node('b', 'Abs', [a])]);
  b.output('named', first, 'float32', [2]);
  b.output('same', first, 'float32', [2]);
  b.output('other', second, 'float32', [2]);
  return b.build();
}

test('what nothing reads stands at the end, the last first, and its names behind it', () => {
  const { node } = modelOf(chain()).proto.graph;
  expect(endsLast(node).map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "a",
      "b",
      "second",
      "first",
      "other_identity",
      "named_identity",
      "same_identity",
    ]
  `);
});

test('every node stands behind those whose values it reads', () => {
  const { node } = modelOf(chain()).proto.graph;
  const made = new Set(['x']);
  for (const { input, output } of endsLast(node)) {
    for (const name of input) expect(made).toContain(name);
    for (const name of output) made.add(name);
  }
  expect(endsLast(node)).toHaveLength(node.length);
});

test('a model whose nodes stand in this order gives the same values', async () => {
  const model = modelOf(chain());
  const outputs = model.graph.outputs.map(({ name }) => name);
  const session = await openSession(encodeModel(instrument(model, { outputs })));
  const x = { dtype: 'float32', shape: [2], data: Float32Array.of(-1, 2) } as const;
  const results = await session.run({ x });
  await session.close();
  expect(outputs.map((name) => Array.from(results[name].data, Number))).toEqual([
    [-1, -2],
    [-1, -2],
    [-1, -2],
  ]);
});
