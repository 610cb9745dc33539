import { describe, expect, test } from 'vitest';
import type { ShatteringMeasurement } from '../measure/index.ts';
import {
  jacobianOf,
  measuredOf,
  measurementOf,
  predictionOf,
} from '../../test/measurement-fixture.ts';
import { measurementHtml, measurementText } from './index.ts';
import { shatteringSentence } from './measurement.ts';

const lags = Array.from({ length: 31 }, (_, lag) => lag);

/** Gradients that forget by 0.8 a step. */
const shattering: ShatteringMeasurement = {
  from: 'input',
  to: 'output',
  size: 64,
  points: 256,
  line: 'a line through input space',
  batch: null,
  statistics: null,
  inputs: 64,
  dead: 0,
  correlation: 0.02,
  autocorrelation: lags.map((lag) => 0.8 ** lag),
  white: lags.map((lag) => (lag === 0 ? 1 : -0.004)),
  brown: lags.map((lag) => 0.97 ** lag),
  draws: {
    correlation: [0.02],
    autocorrelation: [lags.map((lag) => 0.8 ** lag)],
  },
};

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

  test('a long network is shortened to its ends and where it differs first', () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ q: i === 500 ? 3 : 1, c: 0 }));
    const flat = many.map(() => ({ q: 1, c: 0 }));
    const measured = measuredOf(many);
    const lines = measurementText(measurementOf(measured, predictionOf(measured, flat)), plain);
    expect(lines).toMatch(/layers\.250 .* differs: E\[x²\] 40σ/);
    expect(lines.split('\n').length).toBeLessThan(80);
  });

  test('what is not finite is named, and a colourless terminal gets no codes', () => {
    const measured = measuredOf([{ q: 1 }, { q: 1 }, { q: null }, { q: null }]);
    const text = measurementText(measurementOf(measured), plain);
    expect(text).toMatch(/layers\.1_output +Gemm +inf/);
    expect(text).toContain('The signal is not finite from `layers.1_output` on');
    expect(text).not.toContain('\u001B');
    expect(measurementText(measurementOf(measured), { width: 100, colour: true })).toContain(
      '\u001B[31m',
    );
  });

  test('no line is wider than the terminal', () => {
    const measured = measuredOf(rows);
    const jacobian = {
      ...jacobianOf(40),
      predicted: null,
      agreement: null,
      reason: 'Its law is not known.',
    };
    const report = measurementOf(measured, predictionOf(measured, theory), {
      jacobian,
      shattering,
      notes: ['A note that goes on for longer than a narrow terminal is wide, as notes do.'],
    });
    for (const width of [40, 60, 80, 132]) {
      const text = measurementText(report, { width, colour: false });
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });

  test('gradients are likened to the noise they are nearer to', () => {
    const { white, brown } = shattering;
    expect(shatteringSentence({ ...shattering, autocorrelation: white })).toMatch(/white noise/);
    expect(shatteringSentence({ ...shattering, autocorrelation: brown.map(() => 1) })).toMatch(
      /does not shatter/,
    );
    const between = brown.map((value, lag) => (lag === 0 ? 1 : 0.8 * value));
    expect(shatteringSentence({ ...shattering, autocorrelation: between })).toMatch(/on its way/);
  });

  test('the page refers to nothing outside, runs nothing, and names are inert', async () => {
    const measured = measuredOf(rows);
    const jacobian = {
      ...jacobianOf(40),
      predicted: null,
      agreement: null,
      reason: 'Its law is not known.',
    };
    const report = measurementOf(measured, predictionOf(measured, theory), {
      jacobian,
      shattering,
    });
    const html = await measurementHtml({
      ...report,
      model: '<i>x</i>',
      layers: report.layers.map((layer) => ({ ...layer, name: `<b>${layer.name}` })),
    });
    expect(html).not.toMatch(/<b>|<i>|<script/);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html.match(/<svg /g)).toHaveLength(5);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|url\(/);
    expect(await measurementHtml(report)).toBe(await measurementHtml(report));
  });

  test('an empty network has a report', async () => {
    const empty = measurementOf(measuredOf([]));
    expect(measurementText(empty, plain)).toContain('There is no linear layer');
    expect(await measurementHtml(empty)).not.toMatch(/NaN|undefined/);
  });
});
