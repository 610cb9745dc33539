import { painter } from './paint.ts';
import { indent, pad } from './text.ts';
import type { ArchitectureRow, SchemeRow, TextOptions } from './types.ts';

/** The initializers: name, formula, when to use it and where it comes from, as lines. */
export function schemesTable(rows: readonly SchemeRow[], options: TextOptions): readonly string[] {
  const paint = painter(options.colour);
  const margin = Math.max(0, ...rows.map((row) => row.name.length)) + 2;
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...indent(row.formula, options.width, margin).map((line, i) =>
      i === 0 ? paint('cyan', pad(row.name, margin, 'left')) + line.slice(margin) : line,
    ),
    ...indent(row.use, options.width, margin),
    ...indent(row.reference, options.width, margin).map((line) => paint('dim', line)),
  ]);
}

/** The named architectures: grammar, what it builds and examples to copy, as lines. */
export function architecturesTable(
  rows: readonly ArchitectureRow[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  const margin = Math.max(0, ...rows.map((row) => row.name.length)) + 2;
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...indent(row.grammar, options.width, margin).map((line, i) =>
      i === 0 ? paint('cyan', pad(row.name, margin, 'left')) + line.slice(margin) : line,
    ),
    ...indent(row.description, options.width, margin),
    ...row.examples.map((example) => ' '.repeat(margin) + paint('bold', example)),
  ]);
}

/** A title above a listing, as lines. */
export function titled(
  title: string,
  lines: readonly string[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  return [...indent(title, options.width, 0).map((line) => paint('bold', line)), '', ...lines];
}
