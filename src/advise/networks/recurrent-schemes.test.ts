import { expect, test } from 'vitest';
import { buildArchitecture, describeNetwork } from '../../network/index.ts';
import { sizeOf, toFloat64 } from '../../tensor/index.ts';
import { advise } from '../advise.ts';
import { applyPlan } from '../apply.ts';

function drawn(text: string, scheme: string, seed = 0): (name: string) => Float64Array {
  const network = describeNetwork(buildArchitecture(text));
  const draws = applyPlan(advise(network, { model: text, seed, scheme }), network);
  return (name) => {
    const tensor = draws.get(name)?.();
    if (tensor === undefined) throw new Error(`${name} must be drawn`);
    return toFloat64(tensor);
  };
}

/** The gates of a bias in the order of ONNX, of the input and then of the recurrence. */
const gatesOf = (bias: Float64Array, width: number): Float64Array[] =>
  Array.from({ length: bias.length / width }, (_, i) => bias.subarray(i * width, (i + 1) * width));

test.each([0, 42, 2 ** 32 + 5, 2 ** 53 - 1])(
  'chrono of an LSTM, seed %d: forget gates ln u, input gates the negative bit for bit, all else 0',
  (seed) => {
    const width = 512;
    const [tMax, bias] = [200, drawn(`lstm:3-${width}x2-2`, 'chrono(t_max=200)', seed)];
    for (const layer of [0, 1]) {
      const gates = gatesOf(bias(`rnn.bias_l${layer}`), width);
      const [input, , forget] = gates;
      expect(input).toEqual(forget.map((value) => -value));
      for (const [i, gate] of gates.entries()) {
        if (i !== 0 && i !== 2) expect(gate).toEqual(new Float64Array(width));
      }
      const times = forget.map((value) => Math.exp(value) + 1).sort();
      expect(times[0]).toBeGreaterThanOrEqual(2 - 1e-6);
      expect(times[width - 1]).toBeLessThanOrEqual(tMax + 1e-4);
      // Quantiles of u ~ U(1, T - 1): the k-th has the standard error √(p (1 - p)/n) (T - 2).
      for (const p of [0.25, 0.5, 0.75]) {
        const error = Math.sqrt((p * (1 - p)) / width) * (tMax - 2);
        expect(Math.abs(times[Math.round(p * width)] - 2 - p * (tMax - 2))).toBeLessThan(5 * error);
      }
    }
    expect(bias('rnn.bias_l0')).not.toEqual(bias('rnn.bias_l1'));
  },
);

test('chrono of both directions has streams of their own, and of a GRU the update gate', () => {
  const both = gatesOf(drawn('lstm:3-64-2:bi', 'chrono')('rnn.bias_l0'), 64);
  const [forward, backward] = [both[2], both[8 + 2]];
  expect(both[0]).toEqual(forward.map((value) => -value));
  expect(both[8]).toEqual(backward.map((value) => -value));
  expect(forward).not.toEqual(backward);
  const [update, ...others] = gatesOf(drawn('gru:3-64-2', 'chrono')('rnn.bias_l0'), 64);
  expect(update.every((value) => value > 0)).toBe(true);
  for (const gate of others) expect(gate).toEqual(new Float64Array(64));
});

test('an identity RNN keeps its state, and takes in little', () => {
  const width = 32;
  const draw = drawn(`rnn:16-${width}x2-3:relu`, 'identity_rnn(gain=0.5, std=0.01)');
  const hidden = draw('rnn.weight_hh_l1');
  expect(hidden).toEqual(
    Float64Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 0.5 : 0)),
  );
  expect(draw('rnn.bias_l0')).toEqual(new Float64Array(2 * width));
  const input = draw('rnn.weight_ih_l0');
  const variance = input.reduce((sum, value) => sum + value ** 2, 0) / sizeOf([width, 16]);
  expect(Math.abs(variance / 1e-4 - 1)).toBeLessThan(5 * Math.sqrt(2 / input.length));
});

test('without such layers one sentence says so', () => {
  const messageOf = (text: string, scheme: string): string => {
    try {
      drawn(text, scheme);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  expect([
    messageOf('rnn:3-4-2:tanh', 'chrono'),
    messageOf('lstm:3-4-2', 'chrono(t_max=1)'),
    messageOf('rnn:3-4-2:tanh', 'identity_rnn'),
    messageOf('gru:3-4-2', 'identity_rnn'),
    messageOf('mlp:3-4-2', 'identity_rnn'),
    messageOf('rnn:3-4-2:relu', 'identity_rnn(std=-1)'),
  ]).toMatchInlineSnapshot(`
    [
      "RangeError: chrono: the network must have an LSTM or a GRU with stored biases, got none",
      "RangeError: chrono: t_max must be finite and >= 2, got 1",
      "RangeError: identity_rnn: the network must have a plain recurrent layer with relu, got RNN with tanh",
      "RangeError: identity_rnn: the network must have a plain recurrent layer with relu, got GRU with tanh",
      "RangeError: identity_rnn: the network must have a plain recurrent layer with relu, got none",
      "RangeError: identity_rnn: std must be finite and >= 0, got -1",
    ]
  `);
});
