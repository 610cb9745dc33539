import { describe, expect, test } from 'vitest';
import { checkClose, checkGraph, float32, numbersFrom } from '../../test/operator-check.ts';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { evaluate, gradient } from './index.ts';

const width = 3;

function random(seed: number, shape: readonly number[], scale = 1): Tensor {
  const next = numbersFrom(seed);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    Array.from({ length: size }, () => scale * (2 * next() - 1)),
    shape,
  );
}

/** `x' = tanh(x W + b)` for each of a stack of weights and biases. */
function stack(depth: number): Graph {
  const layer = builder('layer');
  layer.input('h', 'float32', [1, width]);
  layer.input('w', 'float32', [width, width]);
  layer.input('c', 'float32', [width]);
  const sum = layer.node('sum', 'Add', [layer.node('product', 'MatMul', ['h', 'w']), 'c']);
  layer.output('next', layer.node('tanh', 'Tanh', [sum]), 'float32', [1, width]);
  const b = builder('stack');
  b.input('x', 'float32', [1, width]);
  b.input('weights', 'float32', [depth, width, width]);
  b.input('biases', 'float32', [depth, width]);
  const attributes = { body: layer.build(), num_scan_inputs: 2 };
  b.node('layers', 'Scan', ['x', 'weights', 'biases'], attributes);
  b.output('y', 'layers_output', 'float32', [1, width]);
  return b.build();
}

/** The same layers one after the other, each with stored tensors of its own. */
function unrolled(depth: number): Graph {
  const b = builder('unrolled');
  let x = b.input('x', 'float32', [1, width]);
  for (let index = 0; index < depth; index++) {
    const w = b.constant(`w${index}`, random(index, [width, width]));
    const c = b.constant(`c${index}`, random(index, [width]));
    x = b.node(`tanh${index}`, 'Tanh', [b.node(`layer${index}`, 'Gemm', [x, w, c])]);
  }
  b.output('y', x, 'float32', [1, width]);
  return b.build();
}

function nodesIn(graph: Graph): number {
  const inside = graph.nodes.flatMap(({ attributes }) => Object.values(attributes));
  return inside.reduce<number>(
    (sum, value) => sum + (typeof value === 'object' && 'nodes' in value ? nodesIn(value) : 0),
    graph.nodes.length,
  );
}

describe('a stack of 10,000 equal layers', () => {
  test('has as small a derivative as one of 10, which has the gradients of all of them', async () => {
    const depth = 10_000;
    const derivative = gradient(stack(depth));
    expect(nodesIn(derivative)).toBe(nodesIn(gradient(stack(10))));
    expect(nodesIn(derivative)).toBeLessThan(40);
    // Weights of this size keep the signal and its gradient from dying out over so many layers.
    const eye = Float32Array.from({ length: depth * width * width }, (_, index) =>
      Math.floor(index / width) % width === index % width ? 1 : 0,
    );
    const feeds = {
      x: random(1, [1, width]),
      weights: { dtype: 'float32' as const, shape: [depth, width, width], data: eye },
      biases: random(2, [depth, width], 0.01),
    };
    const session = await openSession(encodeModel(modelOf(derivative)), { threads: 1 });
    const ran = await session.run(feeds);
    await session.close();
    const found = evaluate(derivative, feeds);
    for (const [name, value] of found) checkClose(ran[name], value, name, 1e-3);
    expect(found.get('grad(weights)')?.shape).toEqual([depth, width, width]);
    expect(found.get('grad(biases)')?.data.every((value) => value !== 0)).toBe(true);
  });

  test('gives what the layers one after the other give', () => {
    const depth = 20;
    const layers = unrolled(depth);
    const joined = (prefix: string, shape: readonly number[]): Tensor => {
      const parts = Array.from({ length: depth }, (_, index) =>
        Array.from(layers.constants.get(`${prefix}${index}`)?.read().data ?? [], Number),
      );
      return float32(parts.flat(), [depth, ...shape]);
    };
    const x = random(5, [1, width]);
    const feeds = { x, weights: joined('w', [width, width]), biases: joined('c', [width]) };
    const whole = evaluate(gradient(stack(depth)), feeds);
    const each = evaluate(gradient(layers), { x });
    for (const [prefix, name] of [
      ['w', 'weights'],
      ['c', 'biases'],
    ]) {
      const size = (whole.get(`grad(${name})`)?.data.length ?? 0) / depth;
      for (let index = 0; index < depth; index++) {
        const own = each.get(`grad(${prefix}${index})`)?.data ?? [];
        const part = whole.get(`grad(${name})`)?.data.subarray(index * size, (index + 1) * size);
        for (const [at, value] of (part ?? []).entries()) {
          expect(Math.abs(value - own[at])).toBeLessThan(1e-12);
        }
      }
    }
  });
});

test('the derivative of layers one after the other grows by as many nodes with each of them', () => {
  const counts = [250, 500, 1000].map((depth) => gradient(unrolled(depth)).nodes.length);
  expect(counts[2] - counts[1]).toBe(2 * (counts[1] - counts[0]));
  expect((counts[2] - counts[1]) / 500).toBeLessThan(12);
});

/** Attention with two heads, and a perceptron, both normalised and added to what they read. */
function transformerBlock(): Graph {
  const b = builder('block');
  const [places, inner] = [3, 4];
  b.input('x', 'float32', [1, places, inner]);
  for (const name of ['wq', 'wk', 'wv', 'wo']) b.input(name, 'float32', [inner, inner]);
  b.input('up', 'float32', [inner, 6]);
  b.input('down', 'float32', [6, inner]);
  for (const name of ['g1', 'b1', 'g2', 'b2']) b.input(name, 'float32', [inner]);
  const shape = b.constant('heads', {
    dtype: 'int64',
    shape: [4],
    data: BigInt64Array.of(0n, 0n, 2n, 2n),
  });
  const flat = b.constant('flat', {
    dtype: 'int64',
    shape: [3],
    data: BigInt64Array.of(0n, 0n, -1n),
  });
  const half = b.constant('half', float32([Math.SQRT1_2], []));
  const normal = (x: string, at: number): string =>
    b.node(`norm${at}`, 'LayerNormalization', [x, `g${at}`, `b${at}`], { axis: -1, epsilon: 0.1 });
  const read = normal('x', 1);
  const head = (w: string, perm: readonly number[]): string => {
    const apart = b.node(`${w}_apart`, 'Reshape', [
      b.node(`${w}_product`, 'MatMul', [read, w]),
      shape,
    ]);
    return b.node(`${w}_turned`, 'Transpose', [apart], { perm });
  };
  const scores = b.node('scores', 'MatMul', [head('wq', [0, 2, 1, 3]), head('wk', [0, 2, 3, 1])]);
  const shares = b.node('shares', 'Softmax', [b.node('scaled', 'Mul', [scores, half])], {
    axis: -1,
  });
  const seen = b.node('seen', 'MatMul', [shares, head('wv', [0, 2, 1, 3])]);
  const back = b.node('back', 'Transpose', [seen], { perm: [0, 2, 1, 3] });
  const joined = b.node('joined', 'Reshape', [back, flat]);
  const middle = b.node('middle', 'Add', ['x', b.node('out', 'MatMul', [joined, 'wo'])]);
  const hidden = b.node('gelu', 'Gelu', [b.node('rise', 'MatMul', [normal(middle, 2), 'up'])]);
  const y = b.node('sum', 'Add', [middle, b.node('fall', 'MatMul', [hidden, 'down'])]);
  b.output('y', y, 'float32', [1, places, inner]);
  return b.build();
}

/** Convolutions with strides and groups, a normalisation in training, and pooling. */
function convolutional(): Graph {
  const b = builder('convolutional');
  b.input('x', 'float32', [2, 2, 5, 5]);
  b.input('w1', 'float32', [4, 2, 3, 3]);
  b.input('w2', 'float32', [4, 2, 3, 3]);
  for (const name of ['scale', 'shift']) b.input(name, 'float32', [4]);
  const [zeros, ones] = [0, 1].map((value) =>
    b.constant(`all${value}`, float32([value, value, value, value])),
  );
  const first = b.node('conv1', 'Conv', ['x', 'w1'], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    strides: [2, 2],
  });
  const attributes = { training_mode: 1, epsilon: 0.1 };
  b.node('norm', 'BatchNormalization', [first, 'scale', 'shift', zeros, ones], attributes, 3);
  const active = b.node('tanh', 'Tanh', ['norm_output_0']);
  const second = b.node('conv2', 'Conv', [active, 'w2'], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    group: 2,
  });
  const pooled = b.node('pool', 'AveragePool', [second], { kernel_shape: [2, 2] });
  b.output('y', pooled, 'float32', [2, 4, 2, 2]);
  return b.build();
}

describe('second derivatives', () => {
  test.each([
    ['a transformer block', transformerBlock],
    ['a convolutional network', convolutional],
  ])('of %s are those of differences', async (_, build) => {
    const graph = build();
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, shape }, index) => [
        name,
        random(index + 1, (shape ?? []).map(Number)),
      ]),
    );
    await checkGraph(graph, feeds);
  });
});
