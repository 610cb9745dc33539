import { expect } from 'vitest';
import { cotangentName, evaluate, gradientName, vjp } from '../src/autodiff/index.ts';
import { builder, modelOf, type Graph } from '../src/graph/index.ts';
import {
  makeInputs,
  measureJacobian,
  storedWeights,
  type Ensemble,
  type Feeds,
  type JacobianMeasurement,
  type JacobianOptions,
} from '../src/measure/index.ts';
import { singularValues } from '../src/numeric/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';

/** A float32 tensor. */
export const tensorOf = (shape: readonly number[], values: ArrayLike<number>): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** The graph with N(0, 2 / fan in) in its matrices and kernels. */
export function drawn(graph: Graph, seed = 1): Graph {
  const constants = new Map(graph.constants);
  for (const [name, constant] of constants) {
    const { dtype, shape } = constant;
    if (dtype !== 'float32' || shape.length < 2) continue;
    const values = new Float32Array(sizeOf(shape));
    fillNormal(fold(key(seed), name), values, 0, Math.sqrt(2 / sizeOf(shape.slice(1))));
    const tensor = tensorOf(shape, values);
    constants.set(name, { ...constant, source: 'initializer', read: () => tensor });
  }
  return { ...graph, constants };
}

/** These values for some of the parameters. */
export function withWeights(graph: Graph, weights: Readonly<Record<string, Tensor>>): Ensemble {
  expect(Object.keys(weights).every((name) => graph.constants.has(name))).toBe(true);
  return { seeds: [0], draw: () => new Map(Object.entries(weights)) };
}

/**
 * The singular values, in descending order, from the float64 reference of the derivative, one row of the Jacobian
 * after another; of the first example where there are several.
 */
export function reference(
  graph: Graph,
  feeds: Feeds,
  { from, to }: { readonly from: string; readonly to: string },
  toShape: readonly number[],
  examples = 1,
): Float64Array {
  const derivative = vjp(graph, { of: [to], withRespectTo: [from] });
  const rows = sizeOf(toShape) / examples;
  const list = Array.from({ length: rows }, (_, i) => {
    const seed = new Float32Array(rows * examples);
    seed[i] = 1;
    const found = evaluate(derivative, { ...feeds, [cotangentName(to)]: tensorOf(toShape, seed) });
    const gradient = found.get(gradientName(from))?.data ?? new Float64Array(0);
    return gradient.subarray(0, gradient.length / examples);
  });
  const cols = list[0].length;
  const matrix = new Float64Array(rows * cols);
  list.forEach((row, i) => matrix.set(row, i * cols));
  return singularValues(matrix, rows, cols).reverse();
}

/** Both to 1e-6 of the largest, some units of the rounding of float32 for each layer. */
export function expectSame(found: readonly number[] | null, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  found?.forEach((s, i) => expect(Math.abs(s - expected[i])).toBeLessThan(1e-6 * expected[0]));
}

/** The Jacobian of a graph with the weights that it stores. */
export const measure = (
  graph: Graph,
  feeds: Feeds,
  options: JacobianOptions = {},
): Promise<JacobianMeasurement> => measureJacobian(modelOf(graph), storedWeights, feeds, options);

/** Drawn inputs. */
export const inputsOf = (graph: Graph, batch = 1): Feeds =>
  makeInputs(graph, { seed: 1, batch })[0];

/** N(0, 1), the same for the same name. */
export function normals(name: string, count: number): Float64Array {
  const values = new Float64Array(count);
  fillNormal(fold(key(5), name), values, 0, 1);
  return values;
}

/** A list of integers. */
export const int64 = (values: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

/** Products of square matrices with an activation between them, without biases. */
export function chain(width: number, depth: number, phi: string | null): Graph {
  const b = builder('chain');
  let x = b.input('x', 'float32', ['batch', width]);
  for (let l = 0; l < depth; l++) {
    const w = b.parameter(`w${l}`, [width, width]);
    x = b.node(`h${l}`, 'Gemm', [x, w], { transB: 1 });
    if (phi !== null) x = b.node(`a${l}`, phi, [x]);
  }
  b.output('y', x, 'float32', ['batch', width]);
  return b.build();
}
