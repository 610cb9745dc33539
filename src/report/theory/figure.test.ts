import { expect, test } from 'vitest';
import { figure, type Panel } from './figure.ts';

const panel: Panel = {
  title: 'φ of <mine>',
  x: { name: 'σw²', low: 0, high: 2 },
  y: { name: 'ρ(s)', low: 1e-3, high: 10, log: true },
  lines: [
    {
      name: 'first',
      tone: 'blue',
      points: [
        [0, 1],
        [1, 2],
        [2, 1e5],
      ],
    },
    {
      tone: 'grey',
      dash: true,
      points: [
        [0, NaN],
        [1, 0],
      ],
    },
  ],
  marks: [{ at: [1, 2], tone: 'orange', label: 'χ₁ = 1.2345' }],
};

test('a picture refers to nothing outside, defines no ids, runs nothing and stands on white paper', async () => {
  const svg = await figure([panel, { ...panel, title: 'second' }], 'A "picture" & more');
  expect(svg).toMatch(/^<svg role="img" aria-label="A &quot;picture&quot; &amp; more"/);
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|href|url\(/);
  expect(svg).not.toMatch(/ id=|class=|<style|<script|CDATA| on\w+=/);
  expect(svg).toContain('<rect width="920" height="430" x="0" y="0" fill="#ffffff">');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('axes and marks keep their words and all digits of a label', async () => {
  const svg = await figure([panel], 'picture');
  for (const text of ['φ of &lt;mine&gt;', 'σw²', 'ρ(s)', 'first', 'χ₁ = 1.2345', '10⁻²', '10']) {
    expect(svg).toContain(`>${text}</text>`);
  }
});

test('the same data give the same bytes', async () => {
  const first = await figure([panel], 'picture');
  await figure([panel, panel], 'another');
  expect(await figure([panel], 'picture')).toBe(first);
});

test('colours of a grid are drawn from the lowest to the highest, on grey for what is unknown', async () => {
  const heat = {
    columns: 2,
    rows: 2,
    values: [0.1, 0.5, NaN, Infinity],
    low: 0,
    high: 1,
    colours: ['#000011', '#000022', '#000033'],
    labels: [
      [0, 'low'],
      [1, 'high'],
    ],
  } as const;
  const svg = await figure([{ ...panel, heat }], 'colours');
  const paths = [...svg.matchAll(/<path d="[^"]*" fill="(#0000\d\d|#c9ccd1)">/g)];
  // The bar of colours comes first.
  expect(paths.map(([, fill]) => fill).slice(3)).toEqual(['#c9ccd1', ...heat.colours]);
  expect(svg).toContain('>low</text>');
  expect(svg).not.toMatch(/NaN|Infinity/);
});
