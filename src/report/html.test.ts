import { expect, test } from 'vitest';
import { entry, layers, reportOf, rowsOf } from '../../test/report-fixture.ts';
import { htmlReport } from './html.ts';
import { code, escapeText, markup, prose } from './markup.ts';

const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\u0000`;

test('a template escapes text and leaves markup alone', () => {
  expect(markup`<b title="${'"<>&\''}">${markup`<i>${[1, 'a<b', null]}</i>`}</b>`.html).toBe(
    '<b title="&quot;&lt;&gt;&amp;&#39;"><i>1a&lt;b</i></b>',
  );
  expect(escapeText('\u0000\u202e')).toBe('\\x00\\u202e');
  expect(code('a/b_c<').html).toBe('<code>a/<wbr>b_<wbr>c&lt;</code>');
  expect(code('f(x=1.5)/a.2').html).toBe('<code>f(<wbr>x=1.5)/<wbr>a.2</code>');
  expect(prose('4e-34 <').html).toBe('4e&#8288;-&#8288;34 &lt;');
});

test('a hostile text is inert wherever it stands', async () => {
  const page = await htmlReport({
    ...reportOf(2),
    model: evil,
    verdict: evil,
    whyNot: evil,
    notes: [evil],
    output: evil,
    command: evil,
    parameters: [
      entry({
        name: evil,
        activation: evil,
        scheme: evil,
        options: { [evil]: evil },
        reason: evil,
        reference: evil,
      }),
    ],
    signal: {
      before: [],
      after: [
        {
          name: evil,
          op: evil,
          secondMoment: null,
          mean: 0,
          dead: 0,
          notFinite: { secondMoment: evil },
        },
      ],
    },
  });
  expect(page).not.toMatch(/<script|<img/i);
  expect(page).not.toContain('\u0000');
  expect(page.split('alert(1)').length).toBeGreaterThan(10);
});

test('the page refers to nothing outside and forbids itself to load or run anything', async () => {
  const page = await htmlReport(reportOf(3));
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:/);
  expect(page).not.toMatch(/\s(?:src|href|srcset|on\w+)\s*=|@import|url\(|<script|<link/i);
});

test('the page is a document with a language, a title, a viewport and one first heading', async () => {
  const page = await htmlReport(reportOf(3));
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain('<title>Initial weights of mlp:4-8x2-8:relu</title>');
  expect(page).toContain('<meta name="viewport"');
  expect(page.match(/<h1/g)).toHaveLength(1);
  expect(page).not.toMatch(/ id=/);
  expect([...page.matchAll(/<h2>([^<]*)/g)].map(([, title]) => title)).toEqual([
    'The signal, layer by layer',
    'Why these weights',
    'Why not N(0, 0.01²) or ±1/√n?',
    'Notes',
    'Make it again',
  ]);
});

test('every element that is opened is closed in order', async () => {
  const page = await htmlReport(reportOf(60));
  const open: string[] = [];
  for (const [, end, name, empty] of page.matchAll(/<(\/?)([a-z][\w:]*)[^>]*?(\/?)>/gi)) {
    if (['meta', 'wbr', 'br'].includes(name) || empty === '/') continue;
    if (end === '') open.push(name);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
});

test('the same report gives the same bytes', async () => {
  expect(await htmlReport(reportOf(5))).toBe(await htmlReport(reportOf(5)));
});

test('what is not known is left out', async () => {
  const { command: _, ...rest } = reportOf(2);
  const page = await htmlReport({ ...rest, signal: null, notes: [], whyNot: '', output: null });
  expect(page).not.toMatch(/<svg|Notes|Why not|Make it again|written to/);
});

test('2,000 parameters and 10,000 layers make a page below 5 MB with closed long tables', async () => {
  const moments = Array.from({ length: 10_000 }, (_, i) => 10 ** (-i / 500));
  const page = await htmlReport({
    ...reportOf(1),
    parameters: layers(1000),
    signal: { before: rowsOf(moments), after: rowsOf(moments.map(() => 1)) },
  });
  expect(page.length).toBeLessThan(5e6);
  expect(page.match(/<tr>/g)!.length).toBeGreaterThan(12_000);
  expect(page).toContain('<details><summary>All 2000 parameters');
  expect(page).toContain('<details><summary>All 10000 measured layers');
  expect(page.match(/<svg.*?<\/svg>/gs)!.every((svg) => svg.length < 100_000)).toBe(true);
});
