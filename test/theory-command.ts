import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect } from 'vitest';

/** The command, run from source. */
export const MAIN: string = resolve(import.meta.dirname, '../src/cli/main.ts');

/** Where the commands run; a folder for each test file. */
export const folder: string = mkdtempSync(join(tmpdir(), 'stepzero-theory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `stepzero theory`. */
export function theory(...args: string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'theory', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '' },
  });
  return { status, stdout, stderr };
}

/** What a command prints as JSON. */
export function json(...args: string[]): unknown {
  const { status, stdout, stderr } = theory(...args, '--json');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** What a command prints for people. */
export function text(...args: string[]): string {
  const { status, stdout, stderr } = theory(...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** The one sentence on standard error and the exit code; nothing may have been written. */
export function failure(...args: string[]): [sentence: string, status: number | null] {
  const before = readdirSync(folder).sort();
  const { status, stdout, stderr } = theory(...args);
  expect(stdout).toBe('');
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(stderr).not.toMatch(/\n\s+at /);
  const [sentence] = stderr.replaceAll(folder, 'FOLDER').split('\n');
  return [sentence, status];
}

/** A picture that a command wrote. */
export function picture(...args: string[]): string {
  text(...args, '--svg', 'picture.svg');
  const svg = readFileSync(join(folder, 'picture.svg'), 'utf8');
  expect(svg).toMatch(/^<svg role="img" aria-label="[^"]+"/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity| id=|https?:(?!\/\/www\.w3\.org\/2000\/svg")/);
  return svg;
}

/** Writes a file beside the commands and gives its path for them. */
export function write(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return `./${name}`;
}

/** The words of a command line. */
export function call(line: string): string[] {
  return line.split(' ');
}

/** Within a relative tolerance. */
export function expectNear(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}
