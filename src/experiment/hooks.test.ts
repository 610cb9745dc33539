import { expect, test } from 'vitest';
import { normals, subjectOf } from '../../test/learning.ts';
import { buildArchitecture } from '../network/index.ts';
import { singularValues } from '../numeric/index.ts';
import { toFloat64, type Tensor } from '../tensor/index.ts';
import { crossEntropy } from '../train/index.ts';
import { jacobianHook, momentsHook } from './hooks.ts';
import { MANY_NODES } from './prepare.ts';

const subject = subjectOf('linear:6-5-4', buildArchitecture('linear:6-5-4'), crossEntropy());
const weightNames = subject.network.parameters
  .map(({ name }) => name)
  .filter((name) => name.endsWith('weight'));
const weights = new Map<string, Tensor<'float32'>>([
  [weightNames[0], normals(11, [5, 6])],
  [weightNames[1], normals(12, [4, 5])],
]);

/** `A B` of an m × k and a k × n matrix. */
function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    let sum = 0;
    for (let i = 0; i < k; i++) sum += a[row * k + i] * b[i * n + column];
    return sum;
  });
}

test('the second moments of the layers are those of the given weights on the given examples', async () => {
  const input = normals(13, [3, 6]);
  const hook = await momentsHook(subject, { every: 5, feeds: { input } });
  const found = await hook.measure(weights, 0);
  await hook.close();
  const [w1, w2] = weightNames.map((name) => toFloat64(weights.get(name) ?? normals(0, [1])));
  const x = transposedOf(toFloat64(input), 3, 6);
  const first = product(w1, x, 5, 6, 3);
  const second = product(w2, first, 4, 5, 3);
  const moment = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const expected = [moment(first), moment(second)];
  const values = Object.values(found);
  expect(values).toHaveLength(2);
  // Sums of 11 products, squared, in float32.
  values.forEach((value, index) => {
    expect(Math.abs(value / expected[index] - 1)).toBeLessThan(2 * 11 * 2 ** -24);
  });
});

function transposedOf(a: Float64Array, m: number, n: number): Float64Array {
  return Float64Array.from(
    { length: m * n },
    (_, index) => a[(index % m) * n + Math.floor(index / m)],
  );
}

/** The largest singular value of the product of both weights. */
function largest(): number {
  const [w1, w2] = weightNames.map((name) => toFloat64(weights.get(name) ?? normals(0, [1])));
  return Math.max(...singularValues(product(w2, w1, 4, 5, 6), 4, 6));
}

// One example has 4 outputs, of which all rows are made; 20 have 80, each its own block of the same matrix.
test.each([1, 20])(
  'the largest singular value of the Jacobian of a linear network at %i examples is that of the product of its weights',
  async (examples) => {
    const feeds = { input: normals(13, [examples, 6]) };
    const hook = await jacobianHook(subject, { every: 5, feeds });
    const { sMax } = await hook.measure(weights, 0);
    await hook.close();
    // Products of 11 terms in float32, there and back.
    expect(Math.abs(sMax / largest() - 1)).toBeLessThan(2 * 11 * 2 ** -24);
  },
);

test('the Jacobian of a network of hundreds of layers, as loops, is the product of their weights', async () => {
  const layers = MANY_NODES;
  const spec = `linear:3-3x${layers}-2`;
  const deep = subjectOf(spec, buildArchitecture(spec), crossEntropy());
  const half = new Map<string, Tensor<'float32'>>(
    deep.network.parameters
      .filter(({ shape }) => shape.length === 2)
      .map(({ name, shape: [rows, columns] }, index) => {
        // Each layer turns the numbers around, and the first one doubles them.
        const data = new Float32Array(rows * columns);
        for (let i = 0; i < rows; i++)
          data[i * columns + ((i + 1) % columns)] = index === 0 ? 2 : 1;
        return [name, { dtype: 'float32', shape: [rows, columns], data }] as const;
      }),
  );
  const hook = await jacobianHook(deep, { every: 1, feeds: { input: normals(1, [1, 3]) } });
  const { sMax } = await hook.measure(half, 0);
  await hook.close();
  expect(sMax).toBe(2);
});
