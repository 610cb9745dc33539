import { describe, expect, test } from 'vitest';
import { float32, int64 } from '../../test/operator-check.ts';
import { builder, decodeModel, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import { differentiable, evaluate, gradient, jvp, vjp } from './index.ts';

/** `y = tanh(x W) + b`, with integers and a value that draws beside it. */
function network(): Graph {
  const b = builder('network');
  b.input('x', 'float32', ['batch', 3]);
  b.input('tokens', 'int64', ['batch']);
  const w = b.constant('w', float32([1, 2, 3, 4, 5, 6], [3, 2]));
  const bias = b.constant('b', float32([0.5, -0.5]));
  const product = b.node('product', 'MatMul', ['x', w]);
  const hidden = b.node('tanh', 'Tanh', [product]);
  b.node('noise', 'RandomNormalLike', [hidden]);
  b.node('noisy', 'Mul', [hidden, 'noise_output']);
  b.node('best', 'ArgMax', [hidden]);
  b.node('volume', 'Det', [hidden]);
  b.node('coin', 'Bernoulli', [hidden]);
  b.output('y', b.node('sum', 'Add', [hidden, bias]), 'float32', ['batch', 2]);
  return b.build();
}

describe('a derivative as a graph', () => {
  test('has the inputs of the graph and cotangents, and gradients of all that has an influence', () => {
    const { inputs, outputs } = vjp(network());
    expect(inputs).toEqual([
      { name: 'x', dtype: 'float32', shape: ['batch', 3] },
      { name: 'tokens', dtype: 'int64', shape: ['batch'] },
      { name: 'cotangent(y)', dtype: 'float32', shape: ['batch', 2] },
    ]);
    expect(outputs).toEqual([
      { name: 'grad(x)', dtype: 'float32', shape: ['batch', 3] },
      { name: 'grad(w)', dtype: 'float32', shape: [3, 2] },
      { name: 'grad(b)', dtype: 'float32', shape: [2] },
    ]);
  });

  test('holds no more than it needs: of a linear layer its gradient keeps no value', () => {
    const { nodes, constants } = vjp(network(), { withRespectTo: ['b'] });
    expect(nodes.map(({ operator }) => operator)).toEqual(['ReduceSum']);
    expect([...constants.keys()]).toHaveLength(1);
  });

  test('leaves out what has no path to it where that is asked for', () => {
    const withRespectTo = ['x', 'tokens', 'noisy_output', 'w'];
    const { outputs } = vjp(network(), { withRespectTo, whereDependent: true });
    expect(outputs.map(({ name }) => name)).toEqual(['grad(x)', 'grad(w)']);
    const nothing = { withRespectTo: ['tokens'], whereDependent: true, keep: ['y'] };
    expect(vjp(network(), nothing).outputs.map(({ name }) => name)).toEqual(['y']);
  });

  test('computes equal values once', () => {
    const b = builder('twice');
    b.input('x', 'float32', [2]);
    const [left, right] = ['l', 'r'].map((name) => b.node(name, 'Exp', ['x']));
    b.output('y', b.node('product', 'Mul', [left, right]), 'float32', [2]);
    const { nodes } = vjp(b.build());
    expect(nodes.filter(({ operator }) => operator === 'Exp')).toHaveLength(1);
  });

  test('is written as ONNX, read again, and run with any number of examples', async () => {
    const bytes = encodeModel(modelOf(gradient(network())));
    const { graph } = decodeModel(bytes, { name: 'gradient' });
    const session = await openSession(bytes, { threads: 1 });
    for (const batch of [1, 4]) {
      const x = float32(
        Array.from({ length: 3 * batch }, (_, index) => index / 20),
        [batch, 3],
      );
      const feeds = { x, tokens: int64(Array.from({ length: batch }, () => 0)) };
      const ran = await session.run(feeds);
      const found = evaluate(graph, feeds);
      for (const [name, { shape, data }] of found) {
        expect(ran[name].shape).toEqual([...shape]);
        const scale = Math.max(...data.map(Math.abs));
        for (const [index, value] of data.entries()) {
          expect(Math.abs(Number(ran[name].data[index]) - value) / scale).toBeLessThan(1e-6);
        }
      }
    }
    await session.close();
  });

  test('is linear in the tangents, forward, and exact for a product', () => {
    const b = builder('product');
    b.input('x', 'float32', [2]);
    b.input('a', 'float32', [2]);
    b.output('y', b.node('times', 'Mul', ['x', 'a']), 'float32', [2]);
    const graph = jvp(b.build());
    const feeds = { x: float32([2, 3]), a: float32([5, 7]) };
    const found = evaluate(graph, {
      ...feeds,
      'tangent(x)': float32([1, 0.5]),
      'tangent(a)': float32([0.25, -1]),
    });
    expect([...(found.get('derivative(y)')?.data ?? [])]).toEqual([5.5, 0.5]);
    expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Mul', 'Mul', 'Add']);
  });

  test('is also one with respect to a value inside, whatever that depends on', () => {
    const graph = vjp(network(), { withRespectTo: ['tanh_output'] });
    expect(graph.outputs.map(({ name }) => name)).toEqual(['grad(tanh_output)']);
    expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Identity']);
  });

  test('gives values of the graph as well, under their own names', () => {
    const graph = vjp(network(), { withRespectTo: ['w'], keep: ['y', 'tanh_output'] });
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 'tanh_output', 'grad(w)']);
  });

  test('has one input and one output for each value, however often it is named', () => {
    const { inputs, outputs } = vjp(network(), { of: ['y', 'y'], withRespectTo: ['w', 'w'] });
    expect(inputs.map(({ name }) => name)).toEqual(['x', 'tokens', 'cotangent(y)']);
    expect(outputs.map(({ name }) => name)).toEqual(['grad(w)']);
  });

  test('of the sum is that for cotangents of 1', () => {
    const feeds = { x: float32([0.1, 0.2, 0.3], [1, 3]), tokens: int64([0]) };
    const sum = evaluate(gradient(network(), { loss: 'sum' }), feeds);
    const ones = { ...feeds, 'cotangent(y)': float32([1, 1], [1, 2]) };
    expect(sum.get('grad(w)')?.data).toEqual(evaluate(vjp(network()), ones).get('grad(w)')?.data);
  });
});

describe('what has no derivative is said in one sentence before anything runs', () => {
  const message = (derive: () => unknown): string => {
    try {
      derive();
    } catch (error) {
      return error instanceof RangeError ? error.message : 'another error';
    }
    return 'no error';
  };

  test('integers', () => {
    expect(message(() => vjp(network(), { withRespectTo: ['tokens'] }))).toMatchInlineSnapshot(
      `"vjp: a value must be a float to have a derivative, got "tokens", which is int64"`,
    );
    expect(message(() => gradient(network(), { of: ['best_output'] }))).toMatchInlineSnapshot(
      `"gradient: a value must be a float to have a derivative, got "best_output", which is int64"`,
    );
  });

  test('values that are not there', () => {
    expect(message(() => jvp(network(), { of: ['z'] }))).toMatchInlineSnapshot(
      `"jvp: a value must be one of the graph, got "z""`,
    );
  });

  test('values that do not depend on each other', () => {
    const wanted = { of: ['product_output'], withRespectTo: ['w', 'b'] };
    expect(message(() => vjp(network(), wanted))).toMatchInlineSnapshot(
      `"vjp: "product_output" must depend smoothly on "b", got no path with a derivative between them"`,
    );
  });

  test('operators without a rule', () => {
    expect(message(() => vjp(network(), { of: ['volume_output'] }))).toMatchInlineSnapshot(
      `"node "volume" (Det): must have a derivative rule, got an operator without one"`,
    );
  });

  test('operators that draw, and values made of what they draw', () => {
    expect(message(() => vjp(network(), { of: ['coin_output'] }))).toMatchInlineSnapshot(
      `"node "coin" (Bernoulli): must give the same values every time to be differentiated, got an operator that draws"`,
    );
    expect(message(() => vjp(network(), { of: ['noisy_output'] }))).toMatchInlineSnapshot(
      `"node "noise" (RandomNormalLike): must give the same values every time to be differentiated, got an operator that draws"`,
    );
  });

  test('a dropout in training', () => {
    const b = builder('dropout');
    b.input('x', 'float32', [2]);
    const on = b.constant('on', { dtype: 'bool', shape: [], data: Uint8Array.of(1) });
    b.output('y', b.node('drop', 'Dropout', ['x', '', on]), 'float32', [2]);
    expect(message(() => vjp(b.build()))).toMatchInlineSnapshot(
      `"node "drop" (Dropout): must give the same values every time to be differentiated, got an operator that draws"`,
    );
  });

  test('but a dropout that drops nothing is one', () => {
    const b = builder('dropout');
    b.input('x', 'float32', [2]);
    const on = b.constant('on', { dtype: 'bool', shape: [], data: Uint8Array.of(1) });
    const none = b.constant('none', float32([0], []));
    b.output('y', b.node('drop', 'Dropout', ['x', none, on]), 'float32', [2]);
    const product = vjp(b.build());
    const feeds = { x: float32([1, 2]), 'cotangent(y)': float32([3, 4]) };
    expect([...(evaluate(product, feeds).get('grad(x)')?.data ?? [])]).toEqual([3, 4]);
  });

  test('a graph without floats', () => {
    const b = builder('integers');
    b.input('n', 'int64', [2]);
    b.output('m', b.node('sum', 'Add', ['n', 'n']), 'int64', [2]);
    expect(message(() => vjp(b.build()))).toMatchInlineSnapshot(
      `"vjp: the graph must have a float output, got none"`,
    );
  });
});

test('every operator of the issue has a rule', () => {
  const operators =
    `Gemm MatMul Einsum Conv ConvTranspose Add Sub Mul Div Pow Sqrt Exp Log Abs Min Max Clip Where
    Erf Sin Cos Atan Relu LeakyRelu PRelu Elu Celu Selu Sigmoid Tanh Softplus Softsign HardSigmoid HardSwish Gelu
    Mish Softmax LogSoftmax ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceSumSquare BatchNormalization LayerNormalization InstanceNormalization GroupNormalization
    RMSNormalization LRN MaxPool AveragePool GlobalAveragePool GlobalMaxPool Reshape Transpose Flatten Squeeze
    Unsqueeze Concat Slice Split Pad Expand Tile Gather GatherElements GatherND Cast Identity Dropout Sum Mean
    Resize RNN LSTM GRU Scan If Loop`.split(/\s+/);
  expect(operators.filter((operator) => !differentiable.includes(operator))).toEqual([]);
});
