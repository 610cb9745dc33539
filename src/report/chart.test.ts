import { expect, test } from 'vitest';
import { layerTicks, superscript, valueTicks } from './chart-axes.ts';
import { edgeMarks, sample } from './chart-points.ts';
import type { Point } from './chart-points.ts';
import { signalChart } from './chart.ts';
import { rowsOf } from '../../test/report-fixture.ts';
import { pairSignals } from './signal.ts';

const size = { width: 600, height: 400, theme: 'light' } as const;

test('the drawing refers to nothing outside, defines no ids and runs nothing', async () => {
  const before = rowsOf([1, 1e-3, 0, Infinity]);
  const svg = await signalChart(before, rowsOf([1, 2, NaN, 1]), size);
  expect(svg).toMatch(/^<svg role="img" aria-label="[^"<>]+"/);
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|href|url\(/);
  expect(svg).not.toMatch(/ id=|class=|<style|<script|CDATA| on\w+=/);
  expect(svg).toContain('before: 0 at layer 3');
  expect(svg).toContain('before: inf at layer 4');
  expect(svg).toContain('after: NaN at layer 3');
});

test('the same data give the same bytes, however many charts were drawn before', async () => {
  const rows = rowsOf([1, 0.5, 0.25]);
  const first = await signalChart(rows, rows, size);
  await signalChart(rowsOf([1]), [], { ...size, width: 300 });
  expect(await signalChart(rows, rows, size)).toBe(first);
});

test('a chart for a page has no colour of its own', async () => {
  const rows = rowsOf([1, 0.5, NaN]);
  const svg = await signalChart(rows, rows, { ...size, theme: 'page' });
  expect(svg).toContain('var(--before)');
  const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour);
  expect(new Set(colours.filter((colour) => !colour.startsWith('var(--')))).toEqual(
    new Set(['none']),
  );
});

test('a prediction is drawn where there is one, and the axis has room for it', async () => {
  const rows = rowsOf([1, 2, 1]);
  const predicted = [1, 1e5, null].map((q, i) => ({ name: `/${i}/Gemm_output_0`, q }));
  const svg = await signalChart(rows, rows, { ...size, predicted });
  expect(svg).toContain('>theory<');
  expect(svg).toContain('>10⁵<');
  expect(await signalChart(rows, rows, size)).not.toContain('theory');
});

test('nothing at all, one layer and no finite value can be drawn', async () => {
  for (const moments of [[], [1], [NaN, NaN], [0, 0]]) {
    const svg = await signalChart(rowsOf(moments), rowsOf(moments), size);
    expect(svg).toContain('</svg>');
    const attributes = svg.replace(/aria-label="[^"]*"/, '').match(/="[^"]*"/g)!;
    expect(attributes.join()).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test('a sampled line keeps its ends, extremes and gaps', () => {
  const points = Array.from({ length: 10_000 }, (_, i): Point => [
    i,
    i === 5000 ? 99 : i === 7000 ? -99 : i === 3000 ? null : Math.sin(i),
  ]);
  const kept = sample(points);
  expect(kept.length).toBeLessThanOrEqual(402);
  for (const i of [0, 3000, 5000, 7000, 9999]) expect(kept).toContain(points[i]);
  expect(kept.map(([i]) => i)).toEqual(kept.map(([i]) => i).toSorted((a, b) => a - b));
});

test('thousands of layers off the axis make few marks', () => {
  const moments = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? 0 : 1));
  const points = pairSignals({ before: rowsOf(moments), after: rowsOf(moments.map(() => NaN)) });
  const marks = edgeMarks(points, ['before', 'after']);
  expect(marks.length).toBeLessThan(300);
  expect(marks.filter(({ label }) => label !== null).map(({ label }) => label)).toEqual([
    'before: 0 at layer 1',
    'before: 0 at layer 3',
    'after: NaN from layer 1',
  ]);
});

test('ticks are round numbers inside the axis', () => {
  expect(valueTicks(-34, 1, 7)).toEqual([-30, -25, -20, -15, -10, -5, 0].map((x) => x + 0));
  expect(layerTicks(1, 600)).toEqual([1]);
  expect(layerTicks(72, 600)).toEqual([1, 10, 20, 30, 40, 50, 60, 72]);
  expect([0, 1, -12, 38].map(superscript)).toEqual(['1', '10', '10⁻¹²', '10³⁸']);
});
