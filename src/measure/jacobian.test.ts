import { expect, test } from 'vitest';
import { cotangentName, evaluate, gradientName, vjp } from '../autodiff/index.ts';
import { modelOf, type Graph } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { singularValues } from '../numeric/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { makeInputs, type Feeds } from './inputs.ts';
import { measureJacobian } from './jacobian.ts';

/** The graph with N(0, 2/fan in) weights, so that no signal dies. */
function drawn(graph: Graph, seed = 1): Graph {
  const constants = new Map(graph.constants);
  for (const [name, constant] of constants) {
    if (constant.dtype !== 'float32' || constant.shape.length < 2) continue;
    const { dtype, shape } = constant;
    const values = new Float32Array(sizeOf(shape));
    fillNormal(fold(key(seed), name), values, 0, Math.sqrt(2 / sizeOf(shape.slice(1))));
    const tensor: Tensor = { dtype, shape, data: values };
    constants.set(name, { ...constant, source: 'initializer', read: () => tensor });
  }
  return { ...graph, constants };
}

/** The singular values from the float64 reference of the derivative, one row of the Jacobian after another. */
function reference(graph: Graph, feeds: Feeds, from: string, to: string, toShape: number[]) {
  const derivative = vjp(graph, { of: [to], withRespectTo: [from] });
  const rows = sizeOf(toShape);
  const columns: Float64Array[] = [];
  for (let i = 0; i < rows; i++) {
    const data = new Float32Array(rows);
    data[i] = 1;
    const seed: Tensor = { dtype: 'float32', shape: toShape, data };
    const found = evaluate(derivative, { ...feeds, [cotangentName(to)]: seed });
    columns.push(found.get(gradientName(from))?.data ?? new Float64Array(0));
  }
  const cols = columns[0].length;
  const matrix = new Float64Array(rows * cols);
  columns.forEach((row, i) => matrix.set(row, i * cols));
  return singularValues(matrix, rows, cols).reverse();
}

test('an MLP has the singular values of the float64 reference', async () => {
  const graph = drawn(buildArchitecture('mlp:20-30x3-10:tanh'));
  const [feeds] = makeInputs(graph, { seed: 1, batch: 1 });
  const found = await measureJacobian(modelOf(graph), { seeds: [0], draw: () => new Map() }, feeds);
  const expected = reference(graph, feeds, 'input', 'output', [1, 10]);
  expect(found).toMatchObject({ from: 'input', to: 'output', rows: 10, cols: 20, method: 'exact' });
  found.singularValues?.forEach((s, i) =>
    expect(Math.abs(s - expected[i])).toBeLessThan(1e-6 * expected[0]),
  );
});
