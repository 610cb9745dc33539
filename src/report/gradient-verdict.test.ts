import { expect, test } from 'vitest';
import { measuredOf } from '../../test/measurement-fixture.ts';
import { gradientCourse, gradientSentence } from './gradient-verdict.ts';

const layersWith = (
  gradients: readonly (number | null)[],
): ReturnType<typeof measuredOf>['layers'] =>
  measuredOf(gradients.map((gradient) => ({ q: 1, gradient }))).layers;

test('gradients are judged from the last hidden linear layer, back to the first', () => {
  // Linear layers are the 1st, 3rd, 5th and 7th, the last is the head.
  const layers = layersWith([0.5, 9, 9, 9, 2, 9, 1]);
  expect(gradientCourse(layers)?.factor).toBe(0.25);
  expect(gradientSentence(layers)).toBe(
    'Gradients live: their squared length at `layers.0_output` is 0.25 times that at `layers.2_output`.',
  );
});

test('where a residual sum stands between the last hidden layer and the head, from there', () => {
  const chain = layersWith([0.5, 9, 9, 9, 2, 4, 1]);
  const layers = chain.with(5, { ...chain[5], kind: 'sum' });
  expect(gradientCourse(layers)?.factor).toBe(0.125);
});

test('beyond a factor of e⁶ of the squared length gradients vanish or explode', () => {
  const factor = Math.exp(6);
  expect(gradientSentence(layersWith([factor * 1.01, 1, 1, 1, 1]))).toMatch(/^Gradients explode:/);
  expect(gradientSentence(layersWith([factor * 0.99, 1, 1, 1, 1]))).toMatch(/^Gradients live:/);
  expect(gradientSentence(layersWith([1.01 / factor, 1, 1, 1, 1]))).toMatch(/^Gradients live:/);
  expect(gradientSentence(layersWith([0.99 / factor, 1, 1, 1, 1]))).toMatch(/^Gradients vanish:/);
});

test('nothing is said of gradients that were not measured, and a zero gradient is named', () => {
  expect(gradientSentence(layersWith([null, null, null, null, null]))).toBeNull();
  expect(gradientSentence(layersWith([1, 1, 1]))).toBeNull();
  expect(gradientSentence(layersWith([0, 0, 0, 0, 0]))).toBe(
    'No gradient leaves the output: it is 0 in every layer.',
  );
});

test('the layer where gradients are not finite first, from the output on, is named', () => {
  const chain = layersWith([null, null, null, 1, 1]);
  const wild = [...chain];
  for (const i of [0, 1, 2]) wild[i] = { ...chain[i], gradientNotFinite: 0.5 };
  expect(gradientSentence(wild)).toBe(
    'On the way back, gradients are not finite from `layers.1_output` on.',
  );
});
