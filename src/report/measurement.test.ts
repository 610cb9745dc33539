import { describe, expect, test } from 'vitest';
import { measuredOf, measurementOf, predictionOf } from '../../test/measurement-fixture.ts';
import { measurementText } from './index.ts';

const plain = { width: 100, colour: false };

const rows = [
  { q: 1.02, c: 0.01, gradient: 1.1 },
  { q: 0.41, c: 0.012, gradient: 1.2 },
  { q: 0.9, c: 0.5, gradient: 1.01 },
];
const theory = [
  { q: 1, c: 0, gradient: 1.1 },
  { q: 0.4, c: 0, gradient: 1.25 },
  { q: 0.91, c: 0.02, gradient: 1 },
];

describe('the report of a measurement', () => {
  test('has every layer beside its prediction, and every line its verdict', () => {
    const measured = measuredOf(rows);
    expect(measurementText(measurementOf(measured, predictionOf(measured, theory)), plain))
      .toMatchInlineSnapshot(`
      "mlp:64-64x3-10:tanh
      weights he_normal, seed 0; 32 examples, Gaussian with E[x²] = 1.01 and c = 0.002

      Signal

                                          E[x²]              c
      layer                 op    E[x²]  theory      c  theory  dead  satur.  verdict
      ──────────────────────────────────────────────────────────────────────────────────────
      layers.0_output       Gemm   1.02       1   0.01       0    0%       –  agrees
      activations.0_output  Tanh   0.41     0.4  0.012       0    0%     13%  agrees
      layers.1_output       Gemm    0.9    0.91    0.5    0.02    0%       –  differs: c 96σ

      c: correlation of two examples, E[xx′]/E[x²]; satur.: within 1% of a bound of the activation; σ:
      standard error, from width, draws and examples

      Gradients

                                          E[g²]
      layer                 op    E[g²]  theory  verdict
      ──────────────────────────────────────────────────
      layers.0_output       Gemm    1.1     1.1  agrees
      activations.0_output  Tanh    1.2    1.25  agrees
      layers.1_output       Gemm   1.01       1  agrees

      E[g²]: second moment of the gradient per element, for gradients of second moment 1 at the output

      Parameters

      parameter        shape  ‖W‖  ‖∂L/∂W‖
      ────────────────────────────────────
      layers.0.weight  64×64    8     0.25
      layers.1.weight  64×64    8     0.25

      ▌ The signal is alive: second moment 1.02 at the only hidden layer \`layers.0_output\`. Most lines
      ▌ agree with the theory."
    `);
  });
});
