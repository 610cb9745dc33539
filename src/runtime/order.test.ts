import { expect, test } from 'vitest';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { endsLast } from './order.ts';
import { instrument } from './instrument.ts';
import { openSession } from './session.ts';

/** `a = |x|`, then `first = -a`, `b = |a|`, `second = -b`, of which `first` has a name besides. */
function chain(): Graph {
  const b = builder('chain');
  const x = b.input('x', 'float32', [2]);
  const a = b.node('a', 'Abs', [x]);
  const first = b.node('first', 'Neg', [a]);
  const second = b.node('second', 'Neg', [b.node('b', 'Abs', [a])]);
  b.output('named', b.node('name', 'Identity', [first]), 'float32', [2]);
  b.output('same', b.node('again', 'Identity', [first]), 'float32', [2]);
  b.output('other', second, 'float32', [2]);
  return b.build();
}

test('what nothing reads stands at the end, the last first, and its names behind it', () => {
  const { node } = modelOf(chain()).proto.graph;
  expect(endsLast(node).map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "a",
      "first",
      "b",
      "again",
      "name",
      "second",
      "same_identity",
      "named_identity",
      "other_identity",
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
  expect(outputs.map((name) => [...results[name].data])).toEqual([
    [-1, -2],
    [-1, -2],
    [-1, -2],
  ]);
});
