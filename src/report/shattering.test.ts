import { expect, test } from 'vitest';
import type { ShatteringMeasurement } from '../measure/index.ts';
import { shatteringSentence } from './measurement.ts';

const measured = (decay: number, draws = 4): ShatteringMeasurement => {
  const by = (factor: number): number[] => Array.from({ length: 31 }, (_, k) => factor ** k);
  const one = Array.from({ length: draws }, () => 0);
  return {
    from: 'input',
    to: 'output',
    size: 1,
    points: 256,
    line: 'the input from -2 to 2',
    batch: null,
    statistics: null,
    inputs: 64,
    dead: 0,
    correlation: 0,
    autocorrelation: by(decay),
    white: by(0),
    brown: by(0.97),
    draws: { correlation: one, autocorrelation: one.map(() => by(decay)) },
  };
};

test.each([
  [
    0.1,
    4,
    'They are like white noise: the gradient of an input says nothing about that of its neighbour, so it is shattered.',
  ],
  // With as many draws an autocorrelation of 0.1 is no chance.
  [
    0.1,
    40,
    'Half of the likeness is lost within 1 step, that of brown noise within 23 steps: the gradient is on its way to shatter.',
  ],
  [
    0.7,
    4,
    'Half of the likeness is lost within 2 steps, that of brown noise within 23 steps: the gradient is on its way to shatter.',
  ],
  [0.98, 4, 'They are at least as smooth as brown noise: the gradient does not shatter.'],
])('gradients with an autocorrelation of %f^k over %d draws', (decay, draws, sentence) => {
  expect(shatteringSentence(measured(decay, draws))).toBe(sentence);
});
