import { writeAtomically } from '../files/index.ts';
import { printable, type TextOptions } from '../report/index.ts';
import { printJson, printText, textOptions } from './print.ts';
import type { Progress } from './progress.ts';

/** Where a report goes. */
export interface PresentOptions {
  readonly html?: string;
  readonly json?: boolean;
}

/** A report as a page and as text. */
export interface Faces<Report> {
  readonly html: (report: Report) => Promise<string>;
  readonly text: (report: Report, options: TextOptions) => string;
}

/** Writes a report as a page where one is asked for, and prints it as JSON or as text. */
export async function present<Report>(
  report: Report,
  { html, json }: PresentOptions,
  faces: Faces<Report>,
  bar: Progress,
): Promise<void> {
  if (html !== undefined) {
    bar.say(`Writing ${html}`);
    await writeAtomically(html, [new TextEncoder().encode(await faces.html(report))]);
  }
  bar.end();
  if (json === true) {
    printJson(report);
    return;
  }
  printText(faces.text(report, textOptions()));
  if (html !== undefined) printText(`\nWrote ${printable(html)}`);
}
