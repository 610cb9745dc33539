import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { layersOf, schemeOf, specOf, type Chain } from '../evidence/chain.ts';
import { markdownTable, withSection } from '../evidence/section.ts';
import { errorsText, shown, verdictOf } from '../evidence/verdict.ts';

const docs = resolve(import.meta.dirname, '../docs');

test('a section is replaced between its marks, and nothing else', () => {
  const document = 'before\n<!-- saxe: measured -->\nold\n<!-- end of saxe -->\nafter\n';
  const once = withSection(document, 'saxe', 'new');
  expect(once).toBe('before\n<!-- saxe: measured -->\n\nnew\n\n<!-- end of saxe -->\nafter\n');
  expect(withSection(once, 'saxe', 'new')).toBe(once);
  expect(() => withSection(document, 'other', '')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: evidence: the document must have <!-- other: measured --> before <!-- end of other -->, got none]`,
  );
});

test('the pictures of docs/evidence.md exist, and every figure has its measured part', () => {
  const document = readFileSync(join(docs, 'evidence.md'), 'utf8');
  const pictures = [...document.matchAll(/\]\((images\/[^)]+)\)/g)].map(([, path]) => path);
  expect(pictures.length).toBeGreaterThan(8);
  for (const picture of pictures) expect(existsSync(join(docs, picture)), picture).toBe(true);
  for (const name of [
    'saxe',
    'pennington',
    'balduzzi',
    'learning-time',
    'trainability',
    'learning-rates',
  ]) {
    const [, measured] = document.split(`<!-- ${name}: measured -->`);
    const [part] = measured.split(`<!-- end of ${name} -->`);
    expect(part).toContain(`npm run evidence -- ${name}`);
    expect(part).toContain('**Verdict:**');
  }
});

test('a verdict counts what is judged and names what differs', () => {
  const line = { where: 'here', theory: 1, measured: 1 };
  const lines = [
    { ...line, name: 'a', errors: 0.5 },
    { ...line, name: 'b', errors: -4.25 },
    { ...line, name: 'c', errors: null },
  ];
  expect(verdictOf(lines)).toMatchInlineSnapshot(
    `"**Verdict:** 1 of 2 numbers agree within 3 standard errors; the root mean square is 3.03 of them. Differs: here, b (by 4.3)."`,
  );
  expect(lines.map(errorsText)).toEqual(['+0.5', '**−4.3**', '–']);
  expect([0.01234, -1.5e-7, 12345].map(shown)).toEqual(['0.0123', '−1.5e−7', '12300']);
});

test('a chain is a named network with a scheme, and its layers follow the variance map', () => {
  const chain: Chain = {
    activation: 'tanh',
    weights: 'orthogonal',
    width: 10,
    depth: 3,
    sigmaW2: 1.21,
    sigmaB2: 0,
    q: 1,
  };
  expect(specOf(chain)).toBe('mlp:10-10x3-1:tanh');
  expect(schemeOf(chain)).toBe('orthogonal(gain=1.1)');
  const layers = layersOf(chain);
  // 1.21 E tanh(z)² of a standard normal z is 1.21 · 0.394294.
  expect(layers.map(({ q }) => q).slice(0, 2)).toEqual([1, expect.closeTo(0.477096, 5)]);
  expect(layers).toHaveLength(3);
});

test('a table in Markdown has its first column to the left', () => {
  expect(markdownTable(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | ---: |\n| 1 | 2 |');
});
