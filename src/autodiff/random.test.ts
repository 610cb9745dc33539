import { assert, asyncProperty, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { numbersFrom, tensor64 } from '../../test/operator-check.ts';
import { randomGraph } from '../../test/random-graph.ts';
import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import { toFloat64, type Tensor } from '../tensor/index.ts';
import { cotangentName, evaluate, gradientName, vjp } from './index.ts';

/** Numbers in (-1, 1), as many as there are elements, that float32 holds. */
function random(tensor: { readonly data: ArrayLike<unknown> }, next: () => number): Float64Array {
  return Float64Array.from({ length: tensor.data.length }, () => Math.fround(2 * next() - 1));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}

/** The vector-Jacobian product with its arguments; `null` where the outputs depend on no input. */
function productOf(graph: Graph, feeds: Record<string, Tensor>, next: () => number) {
  const values = evaluate(graph, feeds);
  const cotangents = new Map([...values].map(([name, value]) => [name, random(value, next)]));
  let product: Graph;
  try {
    product = vjp(graph);
  } catch (error) {
    if (error instanceof RangeError && /must depend/.test(error.message)) return null;
    throw error;
  }
  const given: Record<string, Tensor> = { ...feeds };
  for (const [name, data] of cotangents) {
    given[cotangentName(name)] = tensor64(values.get(name)?.shape ?? [], data);
  }
  return { product, given, cotangents };
}

// Of the central difference along a direction: h² times a third derivative, and rounding by h.
const steps = [1e-4, 1e-5, 1e-6];
const tolerance = 1e-6;

test('the vector-Jacobian product of random graphs is that of differences, in onnxruntime too', async () => {
  await assert(
    asyncProperty(integer({ min: 0, max: 1_000_000 }), async (seed) => {
      const { graph, feeds } = randomGraph(seed);
      const next = numbersFrom(seed + 2);
      const found = graph.outputs.length === 0 ? null : productOf(graph, feeds, next);
      if (found === null) return;
      const { product, given, cotangents } = found;
      const gradients = evaluate(product, given);
      const directions = new Map(
        Object.entries(feeds).map(([name, tensor]) => [name, random(tensor, next)]),
      );
      let derivative = 0;
      let scale = 1e-3;
      for (const [name, direction] of directions) {
        const gradient = gradients.get(gradientName(name));
        if (gradient === undefined) continue;
        expect(gradient.shape).toEqual(feeds[name].shape);
        derivative += dot(gradient.data, direction);
        scale += dot(gradient.data.map(Math.abs), direction.map(Math.abs));
      }
      const value = (by: number): number => {
        const moved = Object.entries(feeds).map(([name, tensor]): [string, Tensor] => {
          const direction = directions.get(name) ?? new Float64Array(0);
          const data = toFloat64(tensor).map((own, index) => own + by * direction[index]);
          return [name, tensor64(tensor.shape, data)];
        });
        let sum = 0;
        for (const [name, { data }] of evaluate(graph, Object.fromEntries(moved))) {
          sum += dot(data, cotangents.get(name) ?? data);
        }
        return sum;
      };
      const errors = steps.map((h) => Math.abs((value(h) - value(-h)) / (2 * h) - derivative));
      expect(Math.min(...errors) / scale).toBeLessThan(tolerance);

      const session = await openSession(encodeModel(modelOf(product)), { threads: 1 });
      const names = new Set(product.inputs.map(({ name }) => name));
      const floats = Object.entries(given)
        .filter(([name]) => names.has(name))
        .map(([name, { shape, data }]): [string, Tensor] => [
          name,
          { dtype: 'float32', shape, data: Float32Array.from(data, Number) },
        ]);
      const ran = await session.run(Object.fromEntries(floats));
      await session.close();
      for (const [name, { shape, data }] of gradients) {
        expect(ran[name].shape).toEqual([...shape]);
        const size = Math.max(1, ...data.map(Math.abs));
        for (const [index, own] of data.entries()) {
          expect(Math.abs(Number(ran[name].data[index]) - own) / size).toBeLessThan(1e-4);
        }
      }
    }),
    { numRuns: 60, seed: 1, endOnFailure: true },
  );
});
