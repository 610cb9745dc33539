import { builder, type Builder, type Graph } from '../src/graph/index.ts';
import { describeNetwork, type ParameterInfo } from '../src/network/index.ts';
import type { Tensor } from '../src/tensor/index.ts';

export const integers = (...values: number[]): Tensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

export const floats = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** Numbers without a rule, as learned ones are: the fractional parts of multiples of √2. */
export const learned = (...shape: number[]): Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return floats(shape, ...Array.from({ length: size }, (_, i) => ((i + 1) * Math.SQRT2) % 1));
};

export const scalar = (b: Builder, name: string, value: number): string =>
  b.constant(name, floats([], value));

/** A graph with one float input `x` of the given shape; `make` returns the value that goes out. */
export function graphOf(shape: readonly (number | string)[], make: (b: Builder) => string): Graph {
  const b = builder('test');
  b.input('x', 'float32', shape);
  b.output('y', make(b), 'float32', [null]);
  return b.build();
}

export function described(graph: Graph): Record<string, ParameterInfo> {
  return Object.fromEntries(describeNetwork(graph).parameters.map((info) => [info.name, info]));
}

export function rolesOf(graph: Graph): Record<string, string> {
  return Object.fromEntries(Object.values(described(graph)).map(({ name, role }) => [name, role]));
}
