import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  failure as failed,
  folder,
  json as parsed,
  MAIN,
  printed,
  stepzero,
} from './run-command.ts';
import type { Outcome } from './run-command.ts';

export { folder, MAIN };

/** Runs `stepzero theory`. */
export function theory(...args: string[]): Outcome {
  return stepzero('theory', ...args);
}

/** What a command prints as JSON. */
export function json(...args: string[]): unknown {
  return parsed('theory', ...args);
}

/** What a command prints for people. */
export function text(...args: string[]): string {
  return printed('theory', ...args);
}

/** The one sentence on standard error and the exit code; nothing may have been written. */
export function failure(...args: string[]): [sentence: string, status: number | null] {
  const { sentence, status } = failed('theory', ...args);
  return [sentence.split('\n')[0], status];
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
