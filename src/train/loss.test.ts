import { expect, test } from 'vitest';
import golden from '../../test/golden/losses.json' with { type: 'json' };
import { gradient, gradientName } from '../autodiff/index.ts';
import { builder, encodeModel, modelOf } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { crossEntropy, hinge, meanSquaredError, type Loss } from './loss.ts';

const CASES: readonly (readonly [keyof typeof golden.cases, Loss])[] = [
  ['crossEntropy', crossEntropy()],
  ['crossEntropy(labelSmoothing=0.1)', crossEntropy({ labelSmoothing: 0.1 })],
  ['hinge', hinge],
  ['meanSquaredError', meanSquaredError],
];

test.each(CASES)('%s and its gradient are those of PyTorch', async (name, loss) => {
  const shape = [5, 4];
  const target: Tensor =
    loss.target === 'class'
      ? { dtype: 'int64', shape: [5], data: BigInt64Array.from(golden.classes, BigInt) }
      : { dtype: 'float32', shape, data: Float32Array.from(golden.values) };
  const b = builder('loss');
  const y = b.input('y', 'float32', shape);
  const t = b.input('t', target.dtype, target.shape);
  b.output('loss', loss.build(b, y, t, 4), 'float32', []);
  const graph = gradient(b.build(), {
    of: ['loss'],
    withRespectTo: ['y'],
    keep: ['loss'],
    loss: 'sum',
  });
  const output: Tensor = { dtype: 'float32', shape, data: Float32Array.from(golden.output) };
  const session = await openSession(encodeModel(modelOf(graph)));
  const found = await session.run({ y: output, t: target });
  await session.close();
  const expected = golden.cases[name];
  // Both in float32: a dozen roundings of numbers up to 3 each.
  const within = 2 * 12 * 2 ** -24 * 3;
  expect(Math.abs(Number(found['loss'].data[0]) - expected.loss)).toBeLessThan(within);
  const slopes = [...found[gradientName('y')].data].map(Number);
  expect(slopes).toHaveLength(20);
  expected.gradient.forEach((value, i) => {
    expect(Math.abs(slopes[i] - value)).toBeLessThan(within);
  });
});

test('label smoothing must be a share', () => {
  expect(() => crossEntropy({ labelSmoothing: 1.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: crossEntropy: labelSmoothing must be between 0 and 1, got 1.5]`,
  );
});
