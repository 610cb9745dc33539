import { expect, test } from 'vitest';
import { reportOf } from '../../test/report-fixture.ts';
import type { PlanCertificate } from '../advise/index.ts';
import { certificateLines, certificateTable } from './certificates.ts';
import { htmlReport } from './html.ts';
import { terminalReport } from './terminal.ts';

const plain = { width: 100, colour: false };
const text = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

function certificate(given: Partial<PlanCertificate>): PlanCertificate {
  return {
    name: '2.weight',
    block: null,
    scheme: 'orthogonal',
    options: {},
    of: 'matrix',
    sMin: 0.9999999662,
    sMax: 1.0000000345,
    interval: [0.9999999662, 1.0000000345],
    method: 'exact',
    residual: 0,
    orthogonality: 1.7e-8,
    taps: null,
    frequencies: null,
    matrix: null,
    ...given,
  };
}

const symbol = certificate({
  name: 'conv.weight',
  scheme: 'conv_orthogonal',
  options: { gain: 1.2 },
  of: 'convolution',
  sMin: 1.19999997,
  sMax: 1.20000003,
  interval: [1.1999998, 1.2000002],
  taps: { nonZero: 9, all: 9 },
  frequencies: [5, 5],
  matrix: certificate({ sMin: 0.7, sMax: 1.1, interval: [0.6999999, 1.1000001] }),
});

test('a certificate is a row, with digits that show what float32 leaves', () => {
  expect(text(certificateTable([certificate({})], plain))).toMatchInlineSnapshot(`
    "
    parameter  scheme      singular values of     smallest     largest
    ──────────────────────────────────────────────────────────────────
    2.weight   orthogonal  matrix              0.999999966  1.00000003

    Exact to rounding, from all singular values.
    "
  `);
  const blocks = ['forward/input', 'forward/cell'].map((block) =>
    certificate({ name: 'R', block, method: 'lanczos', interval: [0.99999995, 1.00000006] }),
  );
  expect(text(certificateTable([symbol, ...blocks], plain))).toMatchInlineSnapshot(`
    "
    parameter         scheme                     singular values of     smallest     largest    taps
    ────────────────────────────────────────────────────────────────────────────────────────────────
    conv.weight       conv_orthogonal(gain=1.2)  symbol at 5×5        1.19999997  1.20000003  9 of 9
    R: forward/input  orthogonal                 matrix              0.999999966  1.00000003       –
    R: forward/cell   orthogonal                 matrix              0.999999966  1.00000003       –

    No singular value, at whatever frequency, lies more than 1.7e-7 beyond these; 2 of 3 were estimated
    by Lanczos from a random start.
    "
  `);
});

test('many certificates share rows by scheme and gain, and the ends of a row are those of all', () => {
  const many = Array.from({ length: 50 }, (_, i) =>
    certificate({
      name: `${2 * i}.weight`,
      options: i === 0 ? { gain: 0.25 } : {},
      sMin: 0.99999996 - i * 1e-9,
      sMax: 1.00000004 + i * 1e-9,
    }),
  );
  expect(text(certificateTable(many, plain))).toMatchInlineSnapshot(`
    "
    parameter          scheme                 singular values of     smallest     largest
    ─────────────────────────────────────────────────────────────────────────────────────
    0.weight           orthogonal(gain=0.25)  matrix               0.99999996  1.00000004
    {2–98}.weight ×49  orthogonal             matrix              0.999999911  1.00000009

    Exact to rounding, from all singular values.
    "
  `);
});

test('one certificate in sentences', () => {
  expect(text(certificateLines(certificate({})))).toMatchInlineSnapshot(`
    "
    Singular values of the matrix: 0.999999966 to 1.00000003 (exact; all within 0.999999966 to 1.00000003), |WᵀW/σ² - I| ≤ 1.7e-8
    "
  `);
  expect(text(certificateLines(symbol))).toMatchInlineSnapshot(`
    "
    Singular values of the Fourier symbol at 5×5 frequencies (circular padding, stride 1): 1.19999997 to 1.20000003 (exact; all within 1.1999998 to 1.2000002), |WᵀW/σ² - I| ≤ 1.7e-8
    Singular values of the matrix [out, in · kernel]: 0.7 to 1.1 (exact; all within 0.6999999 to 1.1000001), |WᵀW/σ² - I| ≤ 1.7e-8
    Taps that are not zero: 9 of 9
    "
  `);
  expect(
    text(
      certificateLines(
        certificate({
          sMin: 0.06,
          sMax: 2.8,
          interval: [0, 2.9],
          method: 'lanczos',
          orthogonality: null,
        }),
      ),
    ),
  ).toMatchInlineSnapshot(`
    "
    Singular values of the matrix: 0.06 to 2.8 (estimated by Lanczos; all within 0 to 2.9)
    "
  `);
});

test('the reports have the section where there is something in it, and names in it are inert', async () => {
  const evil = '"><script>alert(1)</script>\u0000';
  const report = {
    ...reportOf(2),
    certificates: [certificate({ name: evil, block: evil }), symbol],
  };
  expect(terminalReport(report, plain)).toContain('Certificates');
  expect(terminalReport(report, plain)).not.toContain('\u0000');
  const page = await htmlReport(report);
  expect(page).toContain('<h2>Certificates</h2>');
  expect(page).toContain('1.20000003');
  expect(page).not.toMatch(/<script/i);
  for (const certificates of [[], null]) {
    const without = { ...report, certificates };
    expect(terminalReport(without, plain)).not.toContain('Certificates');
    expect(await htmlReport(without)).not.toContain('<h2>Certificates</h2>');
  }
});
