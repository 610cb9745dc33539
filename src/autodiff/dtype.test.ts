import { expect, test } from 'vitest';
import { checkClose, numbersFrom } from '../../test/operator-check.ts';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import { castTo, type FloatDType, type Tensor } from '../tensor/index.ts';
import { evaluate, gradient, jvp, vjp } from './index.ts';

/** A dense layer, a normalisation and a softmax in one type of floats, with stored numbers of that type. */
function network(dtype: FloatDType): Graph {
  const next = numbersFrom(3);
  const tensor = (shape: readonly number[]): Tensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const data = castTo(
      dtype,
      Float64Array.from({ length: size }, () => 2 * next() - 1),
    );
    return { dtype, shape, data };
  };
  const b = builder('network');
  b.input('x', dtype, ['n', 3]);
  const product = b.node('product', 'MatMul', ['x', b.constant('w', tensor([3, 4]))]);
  const sum = b.node('sum', 'Add', [product, b.constant('b', tensor([4]))]);
  const scale = b.constant('scale', tensor([4]));
  const normal = b.node('norm', 'LayerNormalization', [b.node('tanh', 'Tanh', [sum]), scale]);
  const mean = b.node('mean', 'ReduceMean', [normal], { keepdims: 0 });
  const shares = b.node('shares', 'Softmax', [b.node('shift', 'Sub', [normal, mean])]);
  b.output('y', b.node('relu', 'Relu', [b.node('scaled', 'Mul', [shares, normal])]), dtype, [
    'n',
    4,
  ]);
  return b.build();
}

test('a float64 network is differentiated in float64: onnxruntime gives the reference to its precision', async () => {
  const derivative = gradient(network('float64'));
  const data = Float64Array.of(0.3, -0.7, 1.1, 0.2, 0.9, -0.4);
  const feeds = { x: { dtype: 'float64' as const, shape: [2, 3], data } };
  const session = await openSession(encodeModel(modelOf(derivative)), { threads: 1 });
  const ran = await session.run(feeds);
  await session.close();
  for (const [name, value] of evaluate(derivative, feeds)) {
    expect(value.dtype).toBe('float64');
    checkClose(ran[name], value, name, 1e-12);
  }
});

test.each(['float16', 'float64'] as const)(
  'gradients are of the type of their values: %s',
  (dtype) => {
    const graph = network(dtype);
    for (const each of [vjp(graph), jvp(graph), vjp(vjp(graph))]) {
      expect(new Set(each.outputs.map((info) => info.dtype))).toEqual(new Set([dtype]));
    }
  },
);
