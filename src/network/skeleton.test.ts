import { expect, test } from 'vitest';
import { builder, type Builder, type Graph } from '../graph/index.ts';
import { buildArchitecture } from './architectures/index.ts';
import { networkSkeleton, type Joint } from './skeleton.ts';

function graphOf(make: (b: Builder, x: string) => string): Graph {
  const b = builder('test');
  const x = b.input('x', 'float32', ['n', 8]);
  b.output('y', make(b, x), 'float32', ['n', 8]);
  return b.build();
}

const dense = (b: Builder, name: string, x: string): string =>
  b.node(name, 'MatMul', [x, b.parameter(`${name}.weight`, [8, 8], 0.5)]);

const kindsOf = (joints: readonly Joint[]): string[] =>
  joints.map((joint) => (joint.kind === 'activation' ? joint.activation : joint.kind));

test('only activations with a layer after them count', () => {
  const { joints, outputs } = networkSkeleton(
    graphOf((b, x) => {
      const hidden = b.node('act', 'Relu', [dense(b, 'first', x)]);
      return b.node('last', 'Sigmoid', [dense(b, 'second', hidden)]);
    }),
  );
  expect(kindsOf(joints)).toEqual(['input', 'relu']);
  expect(outputs).toEqual([1]);
});

test('a residual sum tells its branch from its shortcut', () => {
  const { joints } = networkSkeleton(
    graphOf((b, x) => {
      const stream = b.node('act', 'Tanh', [dense(b, 'first', x)]);
      const inner = b.node('inner', 'Relu', [dense(b, 'second', stream)]);
      const sum = b.node('sum', 'Add', [dense(b, 'third', inner), stream]);
      return dense(b, 'head', sum);
    }),
  );
  expect(joints).toEqual([
    { kind: 'input', name: 'x' },
    { kind: 'activation', name: 'act', activation: 'tanh', from: 0 },
    { kind: 'activation', name: 'inner', activation: 'relu', from: 1 },
    { kind: 'sum', name: 'sum', from: [2, 1], branches: [true, false] },
  ]);
});

test('a gate weighs the signal and is passed over', () => {
  const { joints, passed } = networkSkeleton(
    graphOf((b, x) => {
      const signal = b.node('act', 'Tanh', [dense(b, 'first', x)]);
      const squeezed = b.node('squeezed', 'Relu', [dense(b, 'second', signal)]);
      const gate = b.node('gate', 'Sigmoid', [dense(b, 'third', squeezed)]);
      return dense(b, 'head', b.node('gated', 'Mul', [signal, gate]));
    }),
  );
  expect(kindsOf(joints)).toEqual(['input', 'tanh']);
  expect(passed).toEqual([{ node: 'gated', operator: 'Mul', kind: 'gate' }]);
});

test('a sum with what only layers made of it is listed', () => {
  const { joints, passed } = networkSkeleton(
    graphOf((b, x) => {
      const stream = b.node('act', 'Relu', [dense(b, 'first', x)]);
      return dense(b, 'head', b.node('sum', 'Add', [stream, dense(b, 'second', stream)]));
    }),
  );
  expect(kindsOf(joints)).toEqual(['input', 'relu']);
  expect(passed).toEqual([{ node: 'sum', operator: 'Add', kind: 'sum' }]);
});

test('a concatenation has the sizes of its parts', () => {
  const { joints } = networkSkeleton(
    graphOf((b, x) => {
      const left = b.node('left', 'Relu', [dense(b, 'first', x)]);
      const wide = b.node('wide', 'MatMul', [x, b.parameter('wide.weight', [8, 24], 0.5)]);
      const both = b.node('both', 'Concat', [left, b.node('right', 'Tanh', [wide])], { axis: 1 });
      return b.node('head', 'MatMul', [both, b.parameter('head.weight', [32, 8], 0.5)]);
    }),
  );
  expect(joints.at(-1)).toEqual({ kind: 'concat', name: 'both', from: [1, 2], sizes: [8, 24] });
});

test('named architectures have the activations and sums of their depth', () => {
  const count = (text: string, kind: Joint['kind']): number =>
    networkSkeleton(buildArchitecture(text)).joints.filter((joint) => joint.kind === kind).length;
  // A stem, then two convolutions with an activation each in 8 blocks, or three in 16.
  expect(count('resnet:18', 'sum')).toBe(8);
  expect(count('resnet:18', 'activation')).toBe(17);
  expect(count('resnet:50', 'sum')).toBe(16);
  expect(count('resnet:50', 'activation')).toBe(49);
  expect(count('mlp:16-32x10-4:tanh', 'activation')).toBe(10);
});

test('a signal through a body is refused', () => {
  const body: Graph = { ...graphOf((_, x) => x), inputs: [] };
  const graph = graphOf((b, x) => {
    const input = dense(b, 'first', x);
    return b.node('loop', 'Loop', ['', '', input], { body });
  });
  expect(() => networkSkeleton(graph)).toThrow(
    'networkSkeleton: the signal must not run through a body, got Loop at loop',
  );
});
