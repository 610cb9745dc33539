import { describe, expect, test } from 'vitest';
import {
  chain,
  drawn,
  inputsOf,
  normals,
  tensorOf,
  withWeights,
} from '../../test/jacobian-fixture.ts';
import { builder, modelOf } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { storedWeights, type Ensemble } from './ensemble.ts';
import { jacobianCost, measureJacobian, type JacobianOptions } from './jacobian.ts';

describe('the cost is said beforehand', () => {
  const graph = drawn(buildArchitecture('mlp:784-100x2-50:relu'));
  const model = modelOf(graph);
  const feeds = inputsOf(graph, 4);

  test('as rows, columns and bytes', () => {
    expect(jacobianCost(model, feeds)).toEqual({
      from: 'input',
      to: 'output',
      rows: 50,
      cols: 784,
      // The matrix in float32, its square in float64 and, since it is small, a copy of it in float64.
      bytes: 4 * 50 * 784 + 8 * (50 * 50 + 50 * 784),
      lanczosBytes: 8 * 8 * (50 * 50 + 4 * 784),
    });
  });

  test('and one that is too large is refused, or measured by Lanczos', async () => {
    const memory = 100_000;
    await expect(
      measureJacobian(model, storedWeights, feeds, { memory, method: 'exact' }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the 50 × 784 Jacobian of output with respect to input must fit into 97.7 KiB for the method exact, got 479 KiB; the method lanczos takes 352 KiB]`,
    );
    const found = await measureJacobian(model, storedWeights, feeds, { memory });
    expect(found.method).toBe('lanczos');
  });
});

describe('bad input is named in one sentence', () => {
  const graph = drawn(buildArchitecture('mlp:6-5x2-4:tanh'));
  const model = modelOf(graph);
  const feeds = inputsOf(graph);
  const failing = (options: JacobianOptions, of = model, on = feeds, ensemble = storedWeights) =>
    measureJacobian(of, ensemble, on, options);

  test('a name that is not there', async () => {
    await expect(failing({ from: 'layers.0_outptu' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: from must be a value of the network, got "layers.0_outptu"; the nearest is "layers.0_output"]`,
    );
    await expect(failing({ to: 'outputs' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: to must be a value of the network, got "outputs"; the nearest is "output"]`,
    );
  });

  test('integers', async () => {
    const tokens = drawn(buildArchitecture('transformer:v20-8x1h2-12:t5'));
    const options = { from: 'input' };
    await expect(
      failing(options, modelOf(tokens), inputsOf(tokens)),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: from must be a float to have a derivative, got "input", which is int64]`,
    );
  });

  test('values that do not depend on each other', async () => {
    const options = { from: 'activations.1_output', to: 'layers.0_output' };
    await expect(failing(options)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: vjp: "layers.0_output" must depend smoothly on "activations.1_output", got no path with a derivative between them]`,
    );
  });

  test('operators that draw or have no derivative', async () => {
    const of = (operator: string) => {
      const b = builder('odd');
      const x = b.input('x', 'float32', ['batch', 3, 3]);
      const odd = b.node('odd', operator, [x]);
      b.output('y', b.node('tanh', 'Tanh', [odd]), 'float32', [null]);
      return modelOf(b.build());
    };
    const on = { x: tensorOf([1, 3, 3], normals('x', 9)) };
    await expect(
      failing({}, of('RandomNormalLike'), on),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: node "odd" (RandomNormalLike): must give the same values every time to be differentiated, got an operator that draws]`,
    );
    await expect(failing({}, of('Det'), on)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: node "odd" (Det): must have a derivative rule, got an operator without one]`,
    );
  });

  test('an ensemble without seeds', async () => {
    const none: Ensemble = { seeds: [], draw: () => new Map() };
    await expect(failing({}, model, feeds, none)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the ensemble must have at least one seed, got none]`,
    );
  });

  test('numbers that are not finite, with the layer where they begin', async () => {
    const huge = tensorOf([5, 5], new Float32Array(25).fill(3e38));
    const linear = chain(5, 3, null);
    const one = tensorOf(
      [5, 5],
      Array.from({ length: 25 }, (_, i) => Number(i % 6 === 0)),
    );
    const ensemble = withWeights(linear, { w0: huge, w1: huge, w2: one });
    const on = { x: tensorOf([1, 5], [1, 2, 3, 4, 5]) };
    await expect(
      failing({}, modelOf(linear), on, ensemble),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the Jacobian of y with respect to x must be finite, got Infinity, first in the signal of h0_output (seed 0)]`,
    );
    await expect(
      failing({ method: 'lanczos' }, modelOf(linear), on, ensemble),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the Jacobian of y with respect to x must be finite, got NaN, first in the signal of h0_output (seed 0)]`,
    );
  });

  test.each(['exact', 'lanczos'] as const)(
    'a derivative that rounding hides, as behind a saturated softmax, by %s',
    async (method) => {
      const b = builder('saturated');
      const x = b.input('x', 'float32', ['batch', 6]);
      const w = normals('saturated', 36).map((value, i) => 60 * value + (i % 6 === 0 ? 3 : 0));
      const logits = b.node('logits', 'MatMul', [x, b.constant('w', tensorOf([6, 6], w))]);
      b.output('y', b.node('softmax', 'Softmax', [logits], { axis: -1 }), 'float32', ['batch', 6]);
      const on = { x: tensorOf([1, 6], [1, 1, 1, 1, 1, 1]) };
      const saturated = modelOf(b.build());
      await expect(failing({ method }, saturated, on)).rejects.toThrow(
        /its products with vectors must be those of one matrix, got a difference of .* of the largest: rounding hides the derivative/,
      );
      const before = await measureJacobian(saturated, storedWeights, on, {
        to: 'logits_output',
        method,
      });
      expect(before.sMax).toBeGreaterThan(10);
    },
  );
});
