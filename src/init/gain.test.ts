import { expect, test } from 'vitest';
import { activation, activations, secondMoment, type Activation } from '../activation/index.ts';
import { backwardGain, forwardGain, torchGain } from './gain.ts';

test.each([
  // Computed once by an independent quadrature in float64; every digit counts.
  ['relu', Math.SQRT2, Math.SQRT2, 7],
  ['tanh', 1.5925374, 1.467414, 6],
  ['sigmoid', 1.8462285, 4.722646, 6],
  ['gelu', 1.5335304, 1.481114, 6],
  ['gelu_tanh', 1.5335805, 1.481168, 6],
  ['silu', 1.6765325, 1.62332, 6],
  ['mish', 1.4868476, 1.444755, 6],
  ['elu', 1.2451983, 1.223429, 6],
  ['selu', 1, 0.966026, 6],
  ['softplus', 1.0418668, 1.846229, 6],
  ['hard_swish', 1.7366572, 1.670076, 6],
  ['hard_tanh', 1.3920361, 1.210287, 6],
  ['softsign', 2.3375334, 2.095781, 6],
  ['sin', 1.5208666, 1.327251, 6],
  ['erf', 1.467167, 1.325218, 6],
] as const)(
  '%s has the forward gain %f and the backward gain %f',
  (name, forward, backward, digits) => {
    expect(Math.abs(forwardGain(name) - forward)).toBeLessThanOrEqual(0.51e-7);
    expect(Math.abs(backwardGain(name) - backward)).toBeLessThanOrEqual(0.51 * 10 ** -digits);
  },
);

test('rectifiers have the gains of He et al., whatever the size of the signal', () => {
  for (const [text, slope] of [
    ['relu', 0],
    ['leaky_relu', 0.01],
    ['leaky_relu:0.2', 0.2],
    ['prelu', 0.25],
    ['abs', -1],
    ['linear', 1],
  ] as const) {
    for (const q of [1e-4, 1, 50]) {
      const expected = Math.sqrt(2 / (1 + slope * slope));
      expect(forwardGain(text, q)).toBeCloseTo(expected, 14);
      expect(backwardGain(text, q)).toBeCloseTo(expected, 14);
    }
  }
});

test('a layer with the forward gain keeps the second moment at every q', () => {
  for (const record of activations) {
    for (const q of [0.01, 1, 20]) {
      expect(forwardGain(record, q) ** 2 * secondMoment(record, q)).toBeCloseTo(q, 12);
    }
  }
});

test('gains are remembered by activation and q and not mixed up', () => {
  expect(forwardGain('leaky_relu:0.5')).not.toBe(forwardGain('leaky_relu'));
  expect(forwardGain('tanh', 0.5)).not.toBe(forwardGain('tanh'));
  expect(forwardGain('tanh')).toBe(forwardGain('tanh'));
  expect(forwardGain('tanh')).not.toBe(backwardGain('tanh'));
  const twice: Activation = { ...activation('relu'), f: (x) => Math.max(2 * x, 0) };
  const { secondMoment: _, ...own } = twice;
  expect(forwardGain(own)).toBeCloseTo(Math.SQRT1_2, 12);
});

test('a signal without size has no gain', () => {
  expect(() => forwardGain('tanh', 0)).toThrow(RangeError);
  expect(() => backwardGain('tanh', Number.NaN)).toThrow(RangeError);
  expect(() => forwardGain('tanhh')).toThrow(RangeError);
});

test('torchGain is the table of calculate_gain in PyTorch 2.13', () => {
  const conv = [1, 2, 3].flatMap((d) => [`conv${d}d`, `conv_transpose${d}d`]);
  for (const name of ['linear', 'sigmoid', ...conv]) expect(torchGain(name)).toBe(1);
  expect(torchGain('tanh')).toBe(5 / 3);
  expect(torchGain('relu')).toBe(Math.SQRT2);
  expect(torchGain('selu')).toBe(0.75);
  expect(torchGain('leaky_relu')).toBe(Math.sqrt(2 / 1.0001));
  expect(torchGain('leaky_relu', 0)).toBe(Math.SQRT2);
  expect(torchGain('leaky_relu', Math.sqrt(5))).toBeCloseTo(Math.sqrt(1 / 3), 15);
  expect(torchGain('tanh', 7)).toBe(5 / 3);
});

test('torchGain rejects what PyTorch rejects', () => {
  for (const name of ['gelu', 'silu', 'mish', 'elu', 'softplus', 'hardswish', 'toString']) {
    expect(() => torchGain(name)).toThrow(RangeError);
  }
  expect(() => torchGain('gelu')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: torchGain: name must be one of linear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, sigmoid, tanh, relu, selu, leaky_relu, got gelu]`,
  );
  expect(() => torchGain('leaky_relu', Number.NaN)).toThrow(RangeError);
});
