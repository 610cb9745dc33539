import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { entry, layers, reportOf, rowsOf } from '../../test/report-fixture.ts';
import { architecturesTable, schemesTable } from './listing.ts';
import { inspectTable, planTable, reasonList } from './parameters.ts';
import { signalTable } from './signal-table.ts';
import { terminalReport } from './terminal.ts';
import { textWidth } from './text.ts';

const plain = { width: 100, colour: false };
const text = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

test('a plan is one row per parameter where there is room', () => {
  expect(text(planTable(layers(1), plain))).toMatchInlineSnapshot(`
    "
    parameter  shape  role   fan in  fan out  activation  scheme        std  bound
    ──────────────────────────────────────────────────────────────────────────────
    0.weight   8×4    dense       4        8  relu        he_normal  0.7071  1.225
    0.bias     8      bias        –        –  relu        zeros           0      0
    "
  `);
});

test('equal parameters of a deep network share a row', () => {
  expect(text(planTable(layers(50), plain))).toMatchInlineSnapshot(`
    "
    parameter          shape  role   fan in  fan out  activation  scheme        std  bound
    ──────────────────────────────────────────────────────────────────────────────────────
    {0–98}.weight ×50  8×4    dense       4        8  relu        he_normal  0.7071  1.225
    {0–98}.bias ×50    8      bias        –        –  relu        zeros           0      0

    100 parameters, equal ones in one row; --json lists every one.
    "
  `);
});

test('in little room a parameter takes two rows and its name is shortened last', () => {
  const entries = [
    entry({ name: 'decoder.blocks.11.attention.query.weight', role: 'attention_query' }),
  ];
  expect(text(planTable(entries, { width: 60, colour: false }))).toMatchInlineSnapshot(`
    "
    parameter                   shape            fan in  fan out
      scheme, activation        role                std    bound
    ────────────────────────────────────────────────────────────
    decoder.…tion.query.weight  8×4                   4        8
      he_normal, relu           attention_query  0.7071    1.225
    "
  `);
});

test('what every parameter is stands without a scheme', () => {
  expect(text(inspectTable(layers(1), plain))).toMatchInlineSnapshot(`
    "
    parameter  shape  role   fan in  fan out  activation
    ────────────────────────────────────────────────────
    0.weight   8×4    dense       4        8  relu
    0.bias     8      bias        –        –  relu
    "
  `);
});

test('a reason stands once with the parameters that it covers', () => {
  expect(text(reasonList(layers(3), { width: 50, colour: false }))).toMatchInlineSnapshot(`
    "
    he_normal
      0.weight, 2.weight, 4.weight
      ReLU keeps half, so std = √(2/4).
      He et al. 2015, arXiv:1502.01852

    zeros
      0.bias, 2.bias, 4.bias
      Zero.
    "
  `);
});

test('a parameter of several boxes says how each is drawn', () => {
  const box = { start: [0, 0], shape: [4, 4], fanIn: 4, fanOut: 4, options: {} };
  const recurrent = entry({
    name: 'R',
    role: 'recurrent_hidden',
    scheme: 'orthogonal',
    blocks: [
      { ...box, name: 'input', scheme: 'orthogonal' },
      { ...box, name: 'cell', scheme: 'identity' },
    ],
  });
  expect(text(reasonList([recurrent], plain))).toMatchInlineSnapshot(`
    "
    orthogonal
      R
      ReLU keeps half, so std = √(2/4).
      Drawn as 2 boxes of their own: input, cell identity.
      He et al. 2015, arXiv:1502.01852
    "
  `);
});

test('the signal is a row and a dot per layer, with words for what is lost', () => {
  const before = rowsOf([1, 1e-4, 0, NaN]);
  const after = rowsOf([1, 1.2, 0.9, 1]);
  expect(text(signalTable(before, after, { width: 80, colour: false }))).toMatchInlineSnapshot(`
    "
                             E[x²]  E[x²]   mean   dead  second moment
    layer             op    before  after  after  after  1e-4                  10
    ─────────────────────────────────────────────────────────────────────────────
    /0/Gemm_output_0  Gemm       1      1      0    25%                    ◉
    /1/Gemm_output_0  Gemm    1e-4    1.2      0    25%  ○                 ┊●
    /2/Gemm_output_0  Gemm       0    0.9      0    25%  ◀                 ●
    /3/Gemm_output_0  Gemm     NaN      1      0    25%                    ●    ▶

    ○ before, ● after, ◉ both, ┊ 1, ◀ zero, ▶ not finite; log scale
    "
  `);
});

test('the prediction stands beside the measurement, and takes the room of the mean where there is little', () => {
  const predicted = [1, 1, 1, null].map((q, i) => ({ name: `/${i}/Gemm_output_0`, q }));
  const after = rowsOf([1, 1.2, 30, 1]);
  expect(text(signalTable([], after, { width: 80, colour: false, predicted })))
    .toMatchInlineSnapshot(`
      "
                              E[x²]   E[x²]   dead  second moment
      layer             op    after  theory  after  1                    100
      ──────────────────────────────────────────────────────────────────────
      /0/Gemm_output_0  Gemm      1       1    25%  ●
      /1/Gemm_output_0  Gemm    1.2       1    25%  ×●
      /2/Gemm_output_0  Gemm     30       1    25%  ×                ●
      /3/Gemm_output_0  Gemm      1       –    25%  ●

      ● after, × theory, for the new weights, ┊ 1; log scale
      "
    `);
  const wide = signalTable([], after, { width: 100, colour: false, predicted });
  expect(wide.slice(0, 2).join('\n')).toMatch(/E\[x²\] +E\[x²\] +mean[^]*after +theory +after/);
});

test('a long network is shortened in the middle', () => {
  const ones = rowsOf(Array.from({ length: 50 }, () => 1));
  expect(text(signalTable([], ones, { ...plain, rows: 4 }))).toMatchInlineSnapshot(`
    "
                             E[x²]   mean   dead  second moment
    layer              op    after  after  after  0.1                                   10
    ──────────────────────────────────────────────────────────────────────────────────────
    /0/Gemm_output_0   Gemm      1      0    25%                      ●
    /1/Gemm_output_0   Gemm      1      0    25%                      ●
      … 46 rows like these …
    /48/Gemm_output_0  Gemm      1      0    25%                      ●
    /49/Gemm_output_0  Gemm      1      0    25%                      ●

    ● after, ┊ 1; log scale
    "
  `);
});

test('schemes and architectures are listed with all that is known of them', () => {
  const schemes = [
    { name: 'he', formula: 'σ² = 2 / fan_in', use: 'Before ReLU.', reference: 'He et al. 2015' },
    { name: 'zeros', formula: 'w = 0', use: 'Biases.', reference: '–' },
  ];
  expect(text(schemesTable(schemes, plain))).toMatchInlineSnapshot(`
    "
    he     σ² = 2 / fan_in
           Before ReLU.
           He et al. 2015

    zeros  w = 0
           Biases.
           –
    "
  `);
  const architectures = [
    {
      name: 'mlp',
      grammar: 'mlp:IN-WIDTHxDEPTH-OUT:ACTIVATION',
      description: 'Dense layers.',
      examples: ['mlp:784-512x10-10:relu', 'mlp:2-64x50-1:tanh'],
    },
  ];
  expect(text(architecturesTable(architectures, plain))).toMatchInlineSnapshot(`
    "
    mlp  mlp:IN-WIDTHxDEPTH-OUT:ACTIVATION
         Dense layers.
         mlp:784-512x10-10:relu
         mlp:2-64x50-1:tanh
    "
  `);
});

test('no line is wider than the terminal', () => {
  const report = reportOf(60);
  const hostile = {
    ...report,
    parameters: [
      ...report.parameters,
      entry({ name: 'w', options: { mode: 'fan_in', distribution: 'truncated_normal', scale: 2 } }),
      entry({ name: `層${'very.long.name.'.repeat(9)}weight`, shape: [1024, 2048, 3, 3, 3] }),
    ],
    model: 'm'.repeat(300),
  };
  for (const width of [40, 60, 80, 120, 200]) {
    for (const line of terminalReport(hostile, { width, colour: false }).split('\n')) {
      expect(textWidth(line), line).toBeLessThanOrEqual(width);
    }
  }
});

test('colour changes nothing but adds codes, and without it there are none', () => {
  const report = reportOf(60);
  const coloured = terminalReport(report, { width: 90, colour: true });
  const uncoloured = terminalReport(report, { width: 90, colour: false });
  expect(uncoloured).not.toContain('\x1b');
  expect(coloured).toContain('\x1b[1m');
  const stripped = stripVTControlCharacters(coloured);
  expect(stripped.replace(/ +$/gm, '')).toBe(uncoloured);
});

test('a name from a file cannot steer the terminal', () => {
  const evil = '\x1b]0;owned\x07\x1b[2J\n';
  const report = {
    ...reportOf(2),
    model: evil,
    verdict: evil,
    whyNot: evil,
    notes: [evil],
    output: evil,
    parameters: [
      entry({ name: evil, reason: evil, activation: evil, scheme: evil, reference: evil }),
    ],
    signal: { before: [], after: [{ name: evil, op: evil, secondMoment: 1, mean: 0, dead: null }] },
  };
  const lines = terminalReport(report, { width: 90, colour: false });
  expect(lines.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(lines).not.toContain('\n\n\n');
});

test('an empty plan and an empty signal are still a report', () => {
  const report = { ...reportOf(1), parameters: [], signal: { before: [], after: [] }, notes: [] };
  expect(terminalReport(report, plain)).toContain('0 tensors, 0 weights');
});
