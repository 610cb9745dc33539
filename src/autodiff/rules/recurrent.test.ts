import { describe, test } from 'vitest';
import {
  between,
  checkOperator,
  type Operand,
  type OperatorCase,
} from '../../../test/operator-check.ts';

const gates = { RNN: 1, GRU: 3, LSTM: 4 } as const;
const [steps, batch, inputs, hidden] = [3, 2, 3, 2];

const lengths: Operand = { dtype: 'int32', shape: [batch], data: Int32Array.of(2, 3) };

function layer(
  operator: keyof typeof gates,
  attributes: NonNullable<OperatorCase['attributes']>,
  more: 'none' | 'states' | 'lengths' | 'peepholes' = 'none',
): [string, OperatorCase] {
  const directions = attributes.direction === 'bidirectional' ? 2 : 1;
  const width = gates[operator] * hidden;
  const some = (shape: number[]): Operand => between(-0.9, 0.9, shape);
  const state = [directions, batch, hidden];
  const isLong = operator === 'LSTM';
  const operands: Operand[] = [
    some([steps, batch, inputs]),
    some([directions, width, inputs]),
    some([directions, width, hidden]),
    ...(more === 'none' ? [] : [some([directions, 2 * width])]),
    ...(more === 'none' ? [] : [more === 'lengths' ? lengths : null]),
    ...(more === 'none' ? [] : [some(state)]),
    ...(more === 'none' || !isLong ? [] : [some(state)]),
    ...(more === 'peepholes' ? [some([directions, 3 * hidden])] : []),
  ];
  const outputs = isLong ? 3 : 2;
  const one = { operator, operands, attributes: { hidden_size: hidden, ...attributes }, outputs };
  return [`${operator} ${JSON.stringify(attributes)} with ${more}`, one];
}

describe('the vector-Jacobian product is that of differences, in onnxruntime too, and again', () => {
  test.each([
    layer('RNN', {}),
    layer('RNN', { direction: 'bidirectional' }, 'lengths'),
    layer('RNN', { direction: 'reverse', activations: ['Softsign'] }, 'states'),
    layer('GRU', {}),
    layer('GRU', { linear_before_reset: 1 }, 'states'),
    layer('GRU', { direction: 'bidirectional' }, 'lengths'),
    layer('LSTM', {}),
    layer('LSTM', {}, 'states'),
    layer('LSTM', { direction: 'bidirectional' }, 'lengths'),
    layer('LSTM', { direction: 'reverse' }, 'peepholes'),
    layer('LSTM', { input_forget: 1, clip: 3 }, 'states'),
    layer(
      'RNN',
      {
        direction: 'bidirectional',
        activations: ['LeakyRelu', 'HardSigmoid'],
        activation_alpha: [0.25, 0.5],
        activation_beta: [0.25],
      },
      'states',
    ),
    layer(
      'GRU',
      {
        activations: ['HardSigmoid', 'ScaledTanh'],
        activation_alpha: [0.25, 1.5],
        activation_beta: [0.5, 0.75],
        clip: 0.5,
      },
      'states',
    ),
    layer('LSTM', {
      activations: ['Sigmoid', 'Affine', 'Elu'],
      activation_alpha: [0.5, 0.75],
      activation_beta: [0.25],
    }),
  ])('%s', async (_, one) => {
    await checkOperator(one);
  });

  test.each([
    ['RNN', 1, 1],
    ['GRU', 3, 1],
    ['LSTM', 4, 2],
  ] as const)('%s with the batch first, against the reference', async (operator, gate, states) => {
    const some = (shape: number[]): Operand => between(-0.9, 0.9, shape);
    await checkOperator({
      operator,
      operands: [
        some([batch, steps, inputs]),
        some([2, gate * hidden, inputs]),
        some([2, gate * hidden, hidden]),
        some([2, 2 * gate * hidden]),
        null,
        ...Array.from({ length: states }, () => some([batch, 2, hidden])),
      ],
      attributes: { hidden_size: hidden, layout: 1, direction: 'bidirectional' },
      outputs: 1 + states,
      notInEngine: 'onnxruntime has no recurrent layers with the batch first',
    });
  });
});
