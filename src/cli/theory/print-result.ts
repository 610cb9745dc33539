import { extname } from 'node:path';
import { writeAtomically } from '../../files/index.ts';
import { printable, type TextOptions } from '../../report/index.ts';
import { UsageError } from '../failure.ts';
import { checkPlaces } from '../places.ts';
import { printJson, printText, textOptions } from '../print.ts';

/** How a command of the theory gives its result. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly svg?: string;
}

/** What a command of the theory found, in the three ways in which it can be had. */
export interface Result {
  readonly json: unknown;
  readonly lines: (options: TextOptions) => readonly string[];
  readonly picture?: () => Promise<string>;
}

/** Checks, before any work is done, that the picture can be written. */
export function checkPicture({ svg }: OutputOptions): void {
  if (svg === undefined) return;
  if (extname(svg).toLowerCase() !== '.svg') {
    throw new UsageError(`--svg: must end in .svg, got ${svg}`);
  }
  checkPlaces([{ option: '--svg', path: svg }], []);
}

/** Writes the picture if it is wanted, and prints the result as JSON or for people. */
export async function printResult(result: Result, { json, svg }: OutputOptions): Promise<void> {
  if (svg !== undefined && result.picture !== undefined) {
    await writeAtomically(svg, [new TextEncoder().encode(`${await result.picture()}\n`)]);
  }
  if (json === true) {
    printJson(result.json);
    return;
  }
  const written = svg === undefined ? [] : ['', `Wrote ${printable(svg)}`];
  printText([...result.lines(textOptions()), ...written].join('\n'));
}
