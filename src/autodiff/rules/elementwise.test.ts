import { describe, expect, test } from 'vitest';
import {
  between,
  checkOperator,
  float32,
  positive,
  type Drawn,
  type OperatorCase,
} from '../../../test/operator-check.ts';
import { builder, encodeModel, modelOf } from '../../graph/index.ts';
import { openSession } from '../../runtime/index.ts';
import { gradient } from '../index.ts';

const shapes: readonly (readonly (readonly number[])[])[] = [
  [
    [3, 5],
    [3, 5],
  ],
  [[2, 3, 5], [5]],
  [
    [1, 5],
    [3, 1],
  ],
  [[], [2, 1, 3]],
  [[4, 1], [1]],
];

const named = (cases: readonly OperatorCase[]): [string, OperatorCase][] =>
  cases.map((one) => [
    `${one.operator} ${JSON.stringify(one.attributes ?? {})} of ${JSON.stringify(one.operands)}`,
    one,
  ]);

describe('the vector-Jacobian product is that of differences, in onnxruntime too, and again', () => {
  const plain = ['Add', 'Sub', 'Mul', 'Min', 'Max', 'Sum', 'Mean', 'PRelu'].flatMap((operator) =>
    shapes
      .filter(([a, b]) => operator !== 'PRelu' || a.length >= b.length)
      .filter(([a]) => operator !== 'PRelu' || a[0] !== 1)
      .map((operands) => ({ operator, operands })),
  );
  test.each(named(plain))('%s', async (_, one) => {
    await checkOperator(one);
  });

  const quotients = ['Div', 'Pow'].flatMap((operator) =>
    shapes.map(([a, b]) => ({ operator, operands: [positive(a), positive(b)] })),
  );
  test.each(named(quotients))('%s', async (_, one) => {
    await checkOperator(one);
  });

  test.each([2, 3, 1, 0.5, -1])('a stored power of %d', async (p) => {
    await checkOperator({ operator: 'Pow', operands: [positive([2, 3]), float32([p], [])] });
  });

  const everywhere =
    `Neg Abs Exp Sin Cos Atan Sinh Cosh Tanh Asinh Erf Identity Relu LeakyRelu ThresholdedRelu Elu Celu Selu
    Sigmoid Softplus Softsign HardSigmoid HardSwish Gelu Mish Softmax LogSoftmax Shrink`
      .split(/\s+/)
      .flatMap((operator) =>
        [
          [1, 7],
          [2, 3, 5],
        ].map((shape): OperatorCase => ({ operator, operands: [shape] })),
      );
  test.each(named(everywhere))('%s', async (_, one) => {
    await checkOperator(one);
  });

  const ranges: readonly [string, Drawn][] = [
    ['Sqrt', positive([3, 1, 2])],
    ['Log', positive([3, 1, 2])],
    ['Reciprocal', positive([3, 1, 2])],
    ['Acosh', between(1.2, 3, [3, 1, 2])],
    ['Asin', between(-0.9, 0.9, [5])],
    ['Acos', between(-0.9, 0.9, [5])],
    ['Atanh', between(-0.9, 0.9, [5])],
    ['Tan', between(-1.2, 1.2, [5])],
  ];
  const bounded = ranges.map(([operator, x]) => ({ operator, operands: [x] }));
  test.each(named(bounded))('%s', async (_, one) => {
    await checkOperator(one);
  });

  const shaped: OperatorCase[] = [
    { operator: 'Elu', operands: [[9]], attributes: { alpha: 0.5 } },
    { operator: 'Celu', operands: [[9]], attributes: { alpha: 0.5 } },
    { operator: 'Selu', operands: [[9]], attributes: { alpha: 1.5, gamma: 2 } },
    { operator: 'LeakyRelu', operands: [[9]], attributes: { alpha: 0.3 } },
    { operator: 'ThresholdedRelu', operands: [[9]], attributes: { alpha: 0.4 } },
    { operator: 'HardSigmoid', operands: [[9]], attributes: { alpha: 0.4, beta: 0.25 } },
    { operator: 'Shrink', operands: [[9]], attributes: { lambd: 0.7, bias: 0.2 } },
    { operator: 'Gelu', operands: [[9]], attributes: { approximate: 'tanh' } },
    { operator: 'Softmax', operands: [[2, 3, 4]], attributes: { axis: 1 } },
    { operator: 'LogSoftmax', operands: [[2, 3, 4]], attributes: { axis: 0 } },
    { operator: 'Sum', operands: [[2, 3], [3], [2, 1]] },
    { operator: 'Max', operands: [[2, 3], [3], [2, 1]] },
    { operator: 'Mean', operands: [[2, 3], [1], [2, 1]] },
    { operator: 'Clip', operands: [[11], float32([-0.9], []), float32([1.1], [])] },
    { operator: 'Clip', operands: [[11], null, float32([0.3], [])] },
    { operator: 'Clip', operands: [[11], between(-1, -0.5, []), between(0.5, 1, [])] },
    { operator: 'Mod', operands: [[7], positive([7])], attributes: { fmod: 1 } },
    {
      operator: 'Where',
      operands: [{ dtype: 'bool', shape: [3, 1], data: Uint8Array.of(1, 0, 1) }, [3, 4], [4]],
    },
    {
      operator: 'Where',
      operands: [
        { dtype: 'bool', shape: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 0, 1) },
        [],
        [1, 3],
      ],
    },
  ];
  test.each(named(shaped))('%s', async (_, one) => {
    await checkOperator(one);
  });

  test('an extent that only a run says is broadcast over and summed away at run time', async () => {
    for (const operands of [
      [
        [4, 3],
        [1, 3],
      ],
      [
        [4, 3],
        [4, 3],
      ],
      [[3], [4, 3]],
      [[4, 3], [3]],
    ]) {
      const symbols: [number, number][] = operands.map((_, index) => [index, 0]);
      await checkOperator({ operator: 'Mul', operands, symbols });
    }
  });
});

test('the slope of ReLU in onnxruntime is 1 for every normal number above 0, and 0 at 0 and below', async () => {
  const smallest = 2 ** -126;
  const x = [-Infinity, -1, -smallest, -0, 0, smallest, 1, 3e38, Infinity];
  const b = builder('relu');
  b.input('x', 'float32', [x.length]);
  b.output('y', b.node('relu', 'Relu', ['x']), 'float32', [x.length]);
  const derivative = gradient(b.build(), { loss: 'sum', withRespectTo: ['x'] });
  const session = await openSession(encodeModel(modelOf(derivative)));
  const { 'grad(x)': slope } = await session.run({ x: float32(x) });
  await session.close();
  expect(Array.from(slope.data, Number)).toEqual(x.map((value) => (value > 0 ? 1 : 0)));
});
