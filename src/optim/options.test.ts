import { expect, test } from 'vitest';
import { builder, type Builder } from '../graph/index.ts';
import { adam, adamw } from './adam.ts';
import { clipByGlobalNorm } from './clip.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

const written = (optimizer: Optimizer, b: Builder = builder('step')): unknown =>
  optimizer.update(b, {
    learningRate: b.input('rate', 'float32', []),
    step: b.input('step', 'float64', []),
  });

test('what an optimizer keeps of every parameter is as large as its options ask for', () => {
  expect(sgd().state).toEqual([]);
  expect(sgd({ momentum: 0.9 }).state).toEqual(['velocity']);
  expect(rmsprop().state).toEqual(['meanSquare']);
  expect(adam().state).toEqual(['mean', 'meanSquare']);
  expect(adamw().state).toEqual(['mean', 'meanSquare']);
});

test.each([
  [() => sgd({ momentum: 1 }), 'sgd: momentum must be at least 0 and less than 1, got 1'],
  [() => sgd({ nesterov: true }), 'sgd: nesterov must have a momentum greater than 0, got 0'],
  [
    () => written(sgd({ weightDecay: -1 })),
    'sgd: weightDecay must be finite and at least 0, got -1',
  ],
  [() => rmsprop({ alpha: -0.1 }), 'rmsprop: alpha must be at least 0 and less than 1, got -0.1'],
  [() => rmsprop({ epsilon: 0 }), 'rmsprop: epsilon must be positive and finite, got 0'],
  [() => adam({ beta1: Number.NaN }), 'adam: beta1 must be at least 0 and less than 1, got NaN'],
  [() => adam({ beta2: 1.5 }), 'adam: beta2 must be at least 0 and less than 1, got 1.5'],
  [
    () => adamw({ weightDecay: Infinity }),
    'adamw: weightDecay must be finite and at least 0, got Infinity',
  ],
  [() => clipByGlobalNorm(builder('step'), [], 0), 'clip: the norm must be positive, got 0'],
])('options out of range are refused: %#', (make, message) => {
  expect(make).toThrow(new RangeError(message));
});
