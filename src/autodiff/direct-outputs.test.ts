import { expect, test } from 'vitest';
import { builder, type Graph } from '../graph/index.ts';
import { withDirectOutputs } from './direct-outputs.ts';

const outputsOf = ({ nodes }: Graph): string[] => nodes.flatMap(({ outputs }) => outputs);

test('a value that is copied to an output is made under its name, for its other readers too', () => {
  const b = builder('copies');
  const sine = b.node('sine', 'Sin', [b.input('x', 'float32', [2])]);
  b.output('y', sine, 'float32', [2]);
  b.output('z', b.node('square', 'Mul', [sine, sine]), 'float32', [2]);
  const graph = withDirectOutputs(b.build());
  expect(graph.nodes.map(({ operator, inputs, outputs }) => [operator, inputs, outputs])).toEqual([
    ['Sin', ['x'], ['y']],
    ['Mul', ['y', 'y'], ['z']],
  ]);
});

test('inputs, stored tensors and a second output of one value are still copied', () => {
  const b = builder('kept');
  const x = b.input('x', 'float32', [2]);
  const sine = b.node('sine', 'Sin', [x]);
  b.output('a', x, 'float32', [2]);
  b.output('b', b.parameter('w', [2]), 'float32', [2]);
  b.output('c', sine, 'float32', [2]);
  b.output('d', sine, 'float32', [2]);
  const graph = withDirectOutputs(b.build());
  expect(outputsOf(graph)).toEqual(['c', 'a', 'b', 'd']);
  expect(graph.nodes.at(-1)).toMatchObject({ operator: 'Identity', inputs: ['c'] });
});

test('what a subgraph reads keeps its name', () => {
  const branch = (name: string, operator: string): Graph => {
    const inner = builder(name);
    inner.output(`${name}/out`, inner.node(name, operator, ['sine_output']), 'float32', [2]);
    return inner.build();
  };
  const b = builder('captured');
  b.input('x', 'float32', [2]);
  b.input('choice', 'bool', []);
  const sine = b.node('sine', 'Sin', ['x']);
  const branches = { then_branch: branch('then', 'Exp'), else_branch: branch('else', 'Cos') };
  b.output('y', sine, 'float32', [2]);
  b.output('z', b.node('chosen', 'If', ['choice'], branches), 'float32', [2]);
  expect(outputsOf(withDirectOutputs(b.build()))).toEqual(['sine_output', 'y', 'z']);
});
