import { expect, test } from 'vitest';
import { builder, type Builder, type Graph } from '../graph/index.ts';
import { activationBounds } from './bounds.ts';

const scalar = (b: Builder, name: string, value: number): string =>
  b.constant(name, { dtype: 'float32', shape: [], data: Float32Array.of(value) });

function graphOf(build: (b: Builder, x: string) => string): Graph {
  const b = builder('function');
  b.output('y', build(b, b.input('x', 'float32', ['batch', 3])), 'float32', ['batch', 3]);
  return b.build();
}

test.each([
  ['Tanh', -1, 1],
  ['Sigmoid', 0, 1],
  ['Softsign', -1, 1],
  ['Erf', -1, 1],
])('%s has its bounds', (operator, low, high) => {
  const graph = graphOf((b, x) => b.node('f', operator, [x]));
  expect(activationBounds(graph)('f_output')).toEqual({ low, high });
  expect(activationBounds(graph)('y')).toEqual({ low, high });
});

test('a function without a name has the levels at its ends', () => {
  const graph = graphOf((b, x) => {
    const inner = b.node('inner', 'Mul', [x, scalar(b, 'b', -2)]);
    return b.node('f', 'Mul', [b.node('tanh', 'Tanh', [inner]), scalar(b, 'a', 1.5)]);
  });
  const found = activationBounds(graph)('f_output');
  // At ±8 the function differs from its level by 3 e⁻³².
  expect(found?.low).toBeCloseTo(-1.5, 12);
  expect(found?.high).toBeCloseTo(1.5, 12);
});

test.each(['Relu', 'Softplus', 'Gelu', 'Elu', 'Sin', 'Abs'])('%s does not have two', (operator) => {
  const graph = graphOf((b, x) => b.node('f', operator, [x]));
  expect(activationBounds(graph)('f_output')).toBeNull();
  expect(activationBounds(graph)('x')).toBeNull();
});
