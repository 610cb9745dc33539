import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { activation, activations, activationText } from './index.ts';

test('a name gives the record of the table', () => {
  for (const record of activations) expect(activation(record.name)).toBe(record);
});

test('a text with a parameter is read, acts and is written back', () => {
  expect(activation('leaky_relu:0.2').f(-5)).toBe(-1);
  expect(activation('prelu:-0.5').f(-2)).toBe(1);
  expect(activation('elu:2').saturates.low).toBe(-2);
  expect(activation('celu: 3').df(-3)).toBe(Math.exp(-1));
  expect(activation('hard_sigmoid:0.5').breakpoints).toEqual([-1, 1]);
  expect(activationText(activation('leaky_relu'))).toBe('leaky_relu:0.01');
  expect(activationText(activation('tanh'))).toBe('tanh');
  fc.assert(
    fc.property(
      fc.constantFrom('leaky_relu', 'prelu', 'elu', 'celu', 'hard_sigmoid'),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      (name, value) => {
        expect(activationText(activation(`${name}:${value}`))).toBe(`${name}:${value}`);
      },
    ),
  );
});

function advice(text: string): string {
  try {
    activation(text);
    return 'none';
  } catch (error) {
    return String(error).replace(/.*the nearest is /, '');
  }
}

test('an unknown name is refused and the nearest is named', () => {
  expect(() => activation('leakyrelu')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: activation: name must be one of linear, relu, leaky_relu, prelu, relu6, tanh, sigmoid, hard_tanh, hard_sigmoid, hard_swish, erf, arctan, softsign, softplus, elu, celu, selu, gelu, gelu_tanh, silu, mish, sin, abs, sign, got leakyrelu; the nearest is leaky_relu]`,
  );
  expect(['ReLU', 'swish', 'atan', 'Hard-Swish', 'GELU', 'identity'].map(advice)).toEqual([
    'relu',
    'silu',
    'arctan',
    'hard_swish',
    'gelu',
    'linear',
  ]);
});

test('parameters that are missing, no number, not allowed or not wanted are refused', () => {
  expect(() => activation('relu:0.2')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: activation: relu must stand without a parameter, got relu:0.2]`,
  );
  expect(() => activation('leaky_relu:abc')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: activation: slope must be a number, got leaky_relu:abc]`,
  );
  expect(() => activation('prelu:Infinity')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: prelu: slope must be finite in float32, got Infinity]`,
  );
  expect(() => activation('celu:0')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: celu: alpha must be positive and finite in float32, got 0]`,
  );
  for (const text of [
    'leaky_relu:',
    'elu:-1',
    'hard_sigmoid:0',
    'hard_sigmoid:1e-50',
    'elu:1e39',
    'leaky_relu:-1e39',
    'elu:1:2',
    ':',
    '',
    'constructor',
  ]) {
    expect(() => activation(text)).toThrow(RangeError);
  }
});
