import { grad, jit, numpy as np, random, vmap, type Array as JaxArray } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { scheme, schemes, specOf } from '../init/index.ts';
import { key } from '../random/index.ts';
import { specOfAxes } from './axes.ts';
import { heNormal, initializer, lecunNormal, orthogonal, zeros } from './index.ts';

/** A shape for which a scheme is defined. */
function shapeFor(name: string): number[] {
  const found = [
    [6, 6],
    [8, 8],
    [3, 3, 4, 8],
    [16, 1, 9],
  ].find((shape) => {
    try {
      scheme(name).check(specOf(shape, 'io'), {});
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`${name} must be defined for a shape of the list`);
  return found;
}

test.each(schemes.map(({ name }) => name))(
  '%s gives the values of `stepzero sample --layout io --seed 7` for random.key(7)',
  (name) => {
    const shape = shapeFor(name);
    const drawn = initializer(name)(random.key(7), shape);
    expect([drawn.shape, drawn.dtype]).toEqual([shape, 'float32']);
    expect(drawn.dataSync()).toEqual(scheme(name).draw(key(7), specOf(shape, 'io'), {}).data);
  },
);

test('both words of a key are its seed, the high one first', () => {
  const [, second] = random.split(random.key(1));
  const [high, low] = second.ref.dataSync();
  expect(high).toBeGreaterThan(0);
  const { data } = scheme('he_normal').draw(
    key((BigInt(high) << 32n) | BigInt(low)),
    specOf([3, 4], 'io'),
    {},
  );
  expect(heNormal()(second, [3, 4]).dataSync()).toEqual(data);
});

test('a key is used up, one that is referred to is not, and nothing else is held', () => {
  const held = random.key(3);
  const weights = heNormal()(held.ref, [2, 2]);
  expect([held.refCount, weights.refCount]).toEqual([1, 1]);
  heNormal()(held, [2, 2]).dispose();
  expect(held.refCount).toBe(0);
  weights.dispose();
});

test('a key is not used up by a shape that the scheme refuses', () => {
  const held = random.key(3);
  expect(() => orthogonal()(held, [4])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: orthogonal: shape must have at least 2 dimensions, got [4]]`,
  );
  expect(held.refCount).toBe(1);
  held.dispose();
});

test('scalars, vectors and tensors without elements are drawn', () => {
  expect(zeros()(random.key(0), []).js()).toBe(0);
  expect(heNormal()(random.key(0), [3]).dataSync()).toEqual(
    scheme('he_normal').draw(key(0), specOf([3], 'io'), {}).data,
  );
  expect(heNormal()(random.key(0), [0, 3]).shape).toEqual([0, 3]);
});

test('axes are those that JAX names: an input of several axes, a stack of weights, a kernel that is turned round', () => {
  const fans = (shape: number[], options: Parameters<typeof specOfAxes>[1]): number[] => {
    const { fanIn, fanOut } = specOfAxes(shape, options);
    return [fanIn, fanOut];
  };
  // jax.nn.initializers._compute_fans(shape, in_axis, out_axis, batch_axis) of jax 0.10.2.
  expect(fans([3, 3, 16, 32], {})).toEqual([144, 288]);
  expect(fans([64, 32], { inAxis: -1, outAxis: -2 })).toEqual([32, 64]);
  expect(fans([64, 4, 16], { inAxis: 0, outAxis: [1, 2] })).toEqual([64, 64]);
  expect(fans([4, 16, 64], { inAxis: [0, 1], outAxis: 2 })).toEqual([64, 64]);
  expect(fans([5, 64, 32], { batchAxis: 0 })).toEqual([64, 32]);
  // Groups count, where JAX counts all outputs.
  expect(fans([3, 3, 4, 32], { groups: 4 })).toEqual([36, 72]);
});

test('each weight of a stack is orthogonal by itself', () => {
  const stack = orthogonal({ batchAxis: 0 })(random.key(5), [3, 4, 4]);
  const products = np.matmul(stack.ref.transpose([0, 2, 1]), stack);
  const values = products.dataSync();
  for (let i = 0; i < values.length; i++) {
    const expected = Number(Math.floor((i % 16) / 4) === i % 4);
    // Sums of four products, each operand off by at most 2^-25, added in float32.
    expect(Math.abs(values[i] - expected)).toBeLessThan(8 * 2 ** -24);
  }
});

test('weights work in a step of gradient descent', () => {
  const w = lecunNormal()(random.key(1), [4, 1]);
  const x = np.ones([8, 4]);
  const loss = (w: JaxArray): JaxArray => np.square(np.matmul(x.ref, w)).sum();
  const before = Number(loss(w.ref));
  const step = grad(loss)(w.ref).mul(0.01);
  expect(Number(loss(w.sub(step)))).toBeLessThan(before);
  x.dispose();
});

test('what is no concrete key is refused with what to do', () => {
  const message = (run: () => unknown): string => {
    try {
      run();
      return 'no error';
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  };
  const any = heNormal() as (key: unknown, shape: number[]) => JaxArray;
  expect(
    [
      () => jit((k: JaxArray) => heNormal()(k, [2, 2]))(random.key(0)),
      () => vmap((k: JaxArray) => heNormal()(k, [2, 2]))(random.split(random.key(0), 3)),
      () => any(0, [2, 2]),
      () => any(random.split(random.key(0), 3), [2, 2]),
      () => any(np.zeros([2]), [2, 2]),
      () => heNormal({ outAxis: -2 })(random.key(0), [2, 2]),
      () => heNormal({ inAxis: 3 })(random.key(0), [2, 2]),
      () => heNormal({ inAxis: 0 })(random.key(0), [2]),
      () => heNormal({ groups: 3 })(random.key(0), [2, 2]),
      () => initializer('he_normal', { slope: [1] }),
      () => initializer('he_normal', { slop: 1 }),
    ].map(message),
  ).toMatchInlineSnapshot(`
    [
      "TypeError: stepzero/jax-js: key must be a concrete array such as random.key(0), got a value that jit, grad or vmap traces (draw outside of it) or no array",
      "TypeError: stepzero/jax-js: key must be a concrete array such as random.key(0), got a value that jit, grad or vmap traces (draw outside of it) or no array",
      "TypeError: stepzero/jax-js: key must be a concrete array such as random.key(0), got a value that jit, grad or vmap traces (draw outside of it) or no array",
      "TypeError: stepzero/jax-js: key must be one key, uint32 of shape [2], got uint32 of shape [3, 2]",
      "TypeError: stepzero/jax-js: key must be one key, uint32 of shape [2], got float32 of shape [2]",
      "RangeError: stepzero/jax-js: outAxis must name axes of [2, 2], each once, got -2",
      "RangeError: stepzero/jax-js: inAxis must name axes of [2, 2], each once, got 3",
      "RangeError: stepzero/jax-js: outAxis must name axes of [2], each once, got -1",
      "RangeError: stepzero/jax-js: groups must be an integer >= 1 that divides the 2 outputs of [2, 2], got 3",
      "TypeError: he_normal: slope must be a number or a word, got [1]",
      "RangeError: he_normal: options must be among slope, mode, gain, got "slop"",
    ]
  `);
});
