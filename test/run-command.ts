import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect } from 'vitest';

/** The command line, run from source. */
export const MAIN: string = resolve(import.meta.dirname, '../src/cli/main.ts');

/** Where the commands run; a folder for each test file. */
export const folder: string = mkdtempSync(join(tmpdir(), 'stepzero-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a command left: its exit code and what it wrote. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `stepzero` in the folder. */
export function stepzero(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '' },
  });
  return { status, stdout, stderr };
}

/** What a command that succeeds prints. */
export function printed(...args: string[]): string {
  const { status, stdout, stderr } = stepzero(...args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

/** What a command prints with `--json`. */
export function json(...args: string[]): Record<string, unknown> {
  return JSON.parse(printed(...args, '--json')) as Record<string, unknown>;
}

/**
 * What a command that fails says on standard error, the folder's path as `FOLDER`, and its exit code: no
 * stack, nothing on standard output and nothing written.
 */
export function failure(...args: string[]): {
  readonly sentence: string;
  readonly status: number | null;
} {
  const before = readdirSync(folder).sort();
  const { status, stdout, stderr } = stepzero(...args);
  expect(stdout).toBe('');
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(stderr).not.toMatch(/\n\s+at /);
  return { sentence: stderr.replaceAll(folder, 'FOLDER').trim(), status };
}
