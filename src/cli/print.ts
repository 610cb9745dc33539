import type { TextOptions } from '../report/index.ts';

/** Prints a value as JSON, indented. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints text for people. */
export function printText(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The width of the terminal, or 100 columns elsewhere; colour on a terminal unless NO_COLOR is set. */
export function textOptions(): TextOptions {
  const isTerminal = process.stdout.isTTY;
  const noColour = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  return {
    width: isTerminal ? Math.max(40, process.stdout.columns) : 100,
    colour: isTerminal && !noColour && process.env['TERM'] !== 'dumb',
  };
}
