import { describe, expect, test } from 'vitest';
import { measured, rectifiers } from '../../test/shattering-fixture.ts';
import { builder, modelOf } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Ensemble } from './ensemble.ts';
import { storedWeights } from './index.ts';
import { measureShattering, type ShatteringOptions } from './shattering.ts';

describe('what cannot be measured gets one sentence', () => {
  const spec = 'mlp:3-8x2-2';

  test.each<[ShatteringOptions, string]>([
    [{ points: 2 }, 'shattering: points must be an integer of at least 3, got 2'],
    [{ points: 10.5 }, 'shattering: points must be an integer of at least 3, got 10.5'],
    [{ range: [1, 1] }, 'shattering: range must go from a number to a larger one, got 1 to 1'],
    [
      { range: [0, Infinity] },
      'shattering: range must go from a number to a larger one, got 0 to Infinity',
    ],
    [{ points: 8, lags: 8 }, 'shattering: lags must be an integer from 1 to 7 for 8 points, got 8'],
    [{ inputs: 1 }, 'shattering: inputs must be an integer of at least 2, got 1'],
    [{ to: 'nothing' }, 'vjp: a value must be one of the graph, got "nothing"'],
    [
      { from: 'layers.2_output', to: 'layers.0_output' },
      'vjp: "layers.0_output" must depend smoothly on "layers.2_output", got no path with a derivative between them',
    ],
  ])('options %j', async (options, message) => {
    await expect(measured(spec, 1, options)).rejects.toThrow(message);
  });

  test('tokens have no gradient', async () => {
    await expect(measured('rnn:v10-4-2:t3', 1)).rejects.toThrow(
      'shattering: the network must have a float input to have a gradient, got input (int64)',
    );
  });

  test('weights of 0, and an ensemble without draws', async () => {
    const model = modelOf(buildArchitecture(spec));
    await expect(measureShattering(model, storedWeights, { points: 9 })).rejects.toThrow(
      'shattering: the gradient of output with respect to input must not be zero everywhere, got zero in the only draw',
    );
    const none: Ensemble = { seeds: [], draw: () => new Map() };
    await expect(measureShattering(model, none)).rejects.toThrow(
      'shattering: the ensemble must have at least one draw, got none',
    );
  });

  test('signals that overflow', async () => {
    const graph = buildArchitecture(spec);
    const ensemble = rectifiers(graph, 1);
    const huge: Ensemble = {
      seeds: [7],
      draw: (seed) =>
        new Map(
          [...ensemble.draw(seed)].map(([name, tensor]) => {
            const { dtype, shape, data } = tensor as Tensor<'float32'>;
            return [name, { dtype, shape, data: data.map((x) => x * 1e30) }];
          }),
        ),
    };
    await expect(measureShattering(modelOf(graph), huge, { points: 9 })).rejects.toThrow(
      /^shattering: the gradient of output with respect to input must be finite, got (-?Infinity|NaN), first in the signal of layers\.1_output \(seed 7\)$/,
    );
  });

  test('several float inputs, of which none is named', async () => {
    const b = builder('two');
    const sum = b.node('sum', 'Add', [
      b.input('a', 'float32', ['batch', 2]),
      b.input('b', 'float32', ['batch', 2]),
    ]);
    b.output('y', b.node('tanh', 'Tanh', [sum]), 'float32', ['batch', 2]);
    const model = modelOf(b.build());
    await expect(measureShattering(model, storedWeights)).rejects.toThrow(
      'shattering: from must name one of several float inputs, got none of a, b',
    );
    const found = await measureShattering(model, storedWeights, { from: 'b', points: 9, lags: 2 });
    expect(found.from).toBe('b');
  });

  test('an output that is one number for the whole batch', async () => {
    const b = builder('mean');
    const x = b.input('x', 'float32', ['batch', 2]);
    const mean = b.node('mean', 'ReduceMean', [b.node('tanh', 'Tanh', [x])], { keepdims: 0 });
    b.output('y', mean, 'float32', []);
    await expect(measureShattering(modelOf(b.build()), storedWeights)).rejects.toThrow(
      'shattering: y must have values for every example along one axis, got the shape [] for 4 examples',
    );
  });
});
