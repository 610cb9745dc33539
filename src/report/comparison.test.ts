import { describe, expect, test } from 'vitest';
import {
  jacobianOf,
  measuredOf,
  measurementOf,
  predictionOf,
  type Numbers,
} from '../../test/measurement-fixture.ts';
import { buildComparisonReport, comparisonHtml, comparisonText } from './index.ts';
import type { MeasurementReport } from './index.ts';

/** Layers whose second moment and gradient change by factors from one to the next. */
function chain(signal: number, gradient: number, count = 7): readonly Numbers[] {
  return Array.from({ length: count }, (_, i) => ({
    q: signal ** i,
    c: 0.1,
    gradient: gradient ** (count - 1 - i),
  }));
}

function reportOf(
  rows: readonly Numbers[],
  given: Partial<MeasurementReport> = {},
): MeasurementReport {
  const measured = measuredOf(rows);
  return measurementOf(measured, predictionOf(measured, rows), given);
}

const plain = { width: 100, colour: false };

describe('a comparison of schemes', () => {
  test('takes the scheme that keeps signal and gradient best, and says why', () => {
    const report = buildComparisonReport([
      ['small', reportOf(chain(1e-3, 1e-3))],
      ['right', reportOf(chain(1, 1))],
      ['fair', reportOf(chain(0.5, 0.6))],
    ]);
    expect(report.take).toBe('right');
    expect(report.verdict).toMatchInlineSnapshot(
      `"Take \`right\`: from the first to the last hidden layer it multiplies the second moment by 1 and the squared length of gradients by 1 on the way back; \`small\` multiplies the second moment by 1e-12 and the squared length of gradients by 1e-12 on the way back."`,
    );
    expect(comparisonText(report, plain)).toMatchInlineSnapshot(`
      "mlp:64-64x3-10:tanh
      3 schemes, seed 0; 32 examples, Gaussian with E[x²] = 1.01

                              small     right      fair
      ─────────────────────────────────────────────────
      signal               vanishes     lives     lives
      E[x²], last / first     1e-12         1    0.0625
      c at the last             0.1       0.1       0.1
      dead, worst layer          0%        0%        0%
      gradients              vanish      live      live
      ‖g‖², first / last      1e-12         1    0.1296
      agree with theory    21 of 21  21 of 21  21 of 21

      Second moment E[x²]

      layer                 small  theory  right  theory     fair   theory
      ────────────────────────────────────────────────────────────────────
      layers.0_output           1       1      1       1        1        1
      activations.0_output  0.001   0.001      1       1      0.5      0.5
      layers.1_output        1e-6    1e-6      1       1     0.25     0.25
      activations.1_output   1e-9    1e-9      1       1    0.125    0.125
      layers.2_output       1e-12   1e-12      1       1   0.0625   0.0625
      activations.2_output  1e-15   1e-15      1       1  0.03125  0.03125
      layers.3_output       1e-18   1e-18      1       1  0.01563  0.01563

      Correlation c of two examples

      layer                 small  theory  right  theory  fair  theory
      ────────────────────────────────────────────────────────────────
      layers.0_output         0.1     0.1    0.1     0.1   0.1     0.1
      activations.0_output    0.1     0.1    0.1     0.1   0.1     0.1
      layers.1_output         0.1     0.1    0.1     0.1   0.1     0.1
      activations.1_output    0.1     0.1    0.1     0.1   0.1     0.1
      layers.2_output         0.1     0.1    0.1     0.1   0.1     0.1
      activations.2_output    0.1     0.1    0.1     0.1   0.1     0.1
      layers.3_output         0.1     0.1    0.1     0.1   0.1     0.1

      Second moment of the gradient E[g²]

      layer                 small  theory  right  theory     fair   theory
      ────────────────────────────────────────────────────────────────────
      layers.0_output       1e-18   1e-18      1       1  0.04666  0.04666
      activations.0_output  1e-15   1e-15      1       1  0.07776  0.07776
      layers.1_output       1e-12   1e-12      1       1   0.1296   0.1296
      activations.1_output   1e-9    1e-9      1       1    0.216    0.216
      layers.2_output        1e-6    1e-6      1       1     0.36     0.36
      activations.2_output  0.001   0.001      1       1      0.6      0.6
      layers.3_output           1       1      1       1        1        1

      Verdicts

      - small: The signal vanishes: second moment 1 at the first layer \`layers.0_output\`, 1.0e-12 at the
        last hidden layer \`layers.2_output\` (ratio 1.0e-12). Gradients vanish: their squared length at
        \`layers.0_output\` is 1e-12 times that at \`layers.2_output\`. Most lines agree with the theory.
      - right: The signal stays alive: second moment 1 at the first layer \`layers.0_output\`, 1 at the last
        hidden layer \`layers.2_output\` (ratio 1). Gradients live: their squared length at
        \`layers.0_output\` is 1 times that at \`layers.2_output\`. Most lines agree with the theory.
      - fair: The signal stays alive but shrinks: second moment 1 at the first layer \`layers.0_output\`,
        0.0625 at the last hidden layer \`layers.2_output\` (ratio 0.0625). Gradients live: their squared
        length at \`layers.0_output\` is 0.13 times that at \`layers.2_output\`. Most lines agree with the
        theory.

      ▌ Take \`right\`: from the first to the last hidden layer it multiplies the second moment by 1 and the
      ▌ squared length of gradients by 1 on the way back; \`small\` multiplies the second moment by 1e-12
      ▌ and the squared length of gradients by 1e-12 on the way back."
    `);
  });

  test('says so where schemes do alike within their errors, and where none will do', () => {
    const alike = buildComparisonReport([
      ['one', reportOf(chain(1.001, 1))],
      ['two', reportOf(chain(1, 1.001))],
    ]);
    expect(alike.take).toBe('one');
    expect(alike.verdict).toMatchInlineSnapshot(
      `"Take any: \`one\` and \`two\` do alike within their errors; \`one\` multiplies the second moment by 1 and the squared length of gradients by 1 on the way back."`,
    );
    const none = buildComparisonReport([
      ['small', reportOf(chain(1e-3, 1e-3))],
      ['large', reportOf(chain(1e4, 1e4))],
    ]);
    expect(none.take).toBeNull();
    expect(none.verdict).toMatchInlineSnapshot(
      `"None of them keeps signal and gradients: even \`small\` multiplies the second moment by 1e-12 and the squared length of gradients by 1e-12 on the way back."`,
    );
  });

  test('tells schemes apart that differ in the distance of two examples alone', () => {
    const blurred = chain(1, 1).map(({ q, gradient = null }, i) => ({
      q,
      gradient,
      c: 0.1 + 0.13 * i,
    }));
    const report = buildComparisonReport([
      ['blurred', reportOf(blurred)],
      ['sharp', reportOf(chain(1, 1))],
    ]);
    expect(report.take).toBe('sharp');
    // 1 - c falls from 0.9 to 1 - 0.1 - 4 · 0.13 = 0.38 at the last hidden linear layer, the 5th of 7 values.
    expect(report.schemes[0].distance!.value).toBeCloseTo(0.38 / 0.9, 12);
    expect(report.verdict).toMatch(
      /`blurred` multiplies .* and 1 - c of two examples by 0\.422\.$/,
    );
  });

  test('prefers a scheme that is alive to one that drifts less but is dead or not finite', () => {
    const wild = chain(1, 1).with(4, { q: null, c: 0.1, gradient: 1 });
    const report = buildComparisonReport([
      ['wild', reportOf(wild)],
      ['alive', reportOf(chain(0.5, 0.6))],
    ]);
    expect(report.take).toBe('alive');
    expect(report.schemes.map(({ state }) => state)).toEqual(['not_finite', 'healthy']);
    expect(report.verdict).toContain('`wild` gives numbers that are not finite');
  });

  test('the page refers to nothing outside, runs nothing, and names are inert', async () => {
    const jacobian = {
      ...jacobianOf(50),
      predicted: null,
      agreement: null,
      reason: 'Its law is not known.',
    };
    const html = await comparisonHtml(
      buildComparisonReport([
        ['<script>alert(1)</script>', reportOf(chain(1, 1), { jacobian })],
        ['two', reportOf(chain(0.9, 1), { jacobian })],
      ]),
    );
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html.match(/<svg /g)).toHaveLength(4);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|url\(/);
  });
});
