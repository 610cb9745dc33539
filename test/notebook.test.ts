import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { printed, rerun, wordsOf } from '../tools/notebook.ts';

const root = resolve(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/theory.md'), 'utf8');
const blocks = [...text.matchAll(/```console\n([^]*?)```/g)].map(([, block]) => block);
const folder = mkdtempSync(join(tmpdir(), 'stepzero-notebook-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command with its picture put into a temporary folder, and says what it would have said. */
function run(words: readonly string[]): string {
  const pictures = words.filter((_, i) => words[i - 1] === '--svg');
  const elsewhere = (word: string): string => join(folder, basename(word));
  const output = printed(words.map((word) => (pictures.includes(word) ? elsewhere(word) : word)));
  return pictures.reduce((told, word) => told.replaceAll(elsewhere(word), word), output);
}

test('words are split at spaces and kept together by single quotes', () => {
  expect(wordsOf("stepzero predict a --scheme 'normal(std=0.1)'")).toEqual([
    'stepzero',
    'predict',
    'a',
    '--scheme',
    'normal(std=0.1)',
  ]);
});

test.each(blocks.map((block) => [block.split('\n')[0], block]))(
  'docs/theory.md prints what the command prints: %s',
  (_, block) => {
    expect(rerun(block, run)).toBe(block);
  },
  60_000,
);

test('every picture of docs/theory.md is there', () => {
  const pictures = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path);
  expect(pictures.length).toBeGreaterThan(5);
  for (const path of pictures) expect(existsSync(join(root, 'docs', path)), path).toBe(true);
});
