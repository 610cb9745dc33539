import { expect } from 'vitest';
import { builder, type Graph } from '../src/graph/index.ts';
import { cotangentKey } from '../src/measure/gradient-graph.ts';
import type { LayersMeasurement } from '../src/measure/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { castTo, sizeOf, type FloatDType, type Tensor } from '../src/tensor/index.ts';

/** A tensor drawn from N(0, std²). */
export function normal<D extends FloatDType>(
  dtype: D,
  seed: number,
  std: number,
  ...shape: readonly number[]
): Tensor<D> {
  const data = new Float64Array(sizeOf(shape));
  fillNormal(key(seed), data, 0, std);
  return { dtype, shape, data: castTo(dtype, data) };
}

/** The cotangent that draw and batch give a value of this shape, from seed 0. */
export function cotangent(
  value: string,
  shape: readonly number[],
  draw = 0,
  batch = 0,
): Float64Array {
  const data = new Float64Array(sizeOf(shape));
  fillNormal(fold(cotangentKey(0, draw, batch), value), data, 0, 1);
  const square = data.reduce((sum, x) => sum + x * x, 0);
  return data.map((x) => x * Math.sqrt(data.length / square));
}

/** `E x²`. */
export const meanSquare = (x: Float64Array): number =>
  x.reduce((sum, v) => sum + v * v, 0) / x.length;
/** `‖x‖`. */
export const norm = (x: Float64Array): number => Math.sqrt(meanSquare(x) * x.length);

/** A measured layer by its name. */
export function layer(
  measured: LayersMeasurement,
  name: string,
): LayersMeasurement['layers'][number] {
  const found = measured.layers.find((row) => row.name === name);
  if (found === undefined) throw new Error(`no layer ${name}`);
  return found;
}

/** A measured parameter by its name. */
export function parameter(
  measured: LayersMeasurement,
  name: string,
): LayersMeasurement['parameters'][number] {
  const found = measured.parameters.find((row) => row.name === name);
  if (found === undefined) throw new Error(`no parameter ${name}`);
  return found;
}

/** Expects a number to be near another one, relative to it. */
export function near(found: number | null, expected: number, relative: number): void {
  expect(Math.abs((found ?? NaN) - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

/** `y = relu(x W₁ + b) W₂`. */
export function mlp(dtype: FloatDType, batch: string | number = 'batch'): Graph {
  const b = builder('mlp');
  b.input('x', dtype, [batch, 4]);
  const product = b.node('first', 'MatMul', ['x', b.constant('w1', normal(dtype, 1, 0.5, 4, 6))]);
  const sum = b.node('shift', 'Add', [product, b.constant('b1', normal(dtype, 2, 0.5, 6))]);
  const hidden = b.node('relu', 'Relu', [sum]);
  const last = b.node('last', 'MatMul', [hidden, b.constant('w2', normal(dtype, 3, 0.5, 6, 3))]);
  b.output('y', last, dtype, [batch, 3]);
  return b.build();
}
