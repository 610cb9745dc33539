import { pad, shorten, textWidth } from './text.ts';
import { painter } from './paint.ts';
import type { TextOptions } from './types.ts';

/** A column: its title may have several lines, `min` says how far it may be shortened. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly min?: number;
}

/** Text, or text with a painter that gets it padded to the width of its column. */
export type Cell = string | { readonly text: string; readonly paint: (padded: string) => string };

const gap = '  ';
const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

/** Natural width of every column, the title included. */
export function naturalWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): number[] {
  return columns.map((column, index) =>
    rows.reduce(
      (most, row) => Math.max(most, textWidth(textOf(row[index]))),
      Math.max(...column.title.split('\n').map(textWidth)),
    ),
  );
}

/** Sum of column widths and gaps. */
export function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
}

const widest = (widths: readonly number[], least: readonly number[]): number => {
  let found = -1;
  for (let i = 0; i < widths.length; i++) {
    if (widths[i] > least[i] && (found < 0 || widths[i] > widths[found])) found = i;
  }
  return found;
};

/** Widths that fit: first the columns with a `min` give way, the widest first, then all others. */
const fit = (columns: readonly Column[], natural: readonly number[], width: number): number[] => {
  const widths = [...natural];
  const stages = [
    columns.map((column, i) => Math.min(column.min ?? natural[i], natural[i])),
    natural.map(() => 1),
  ];
  for (const least of stages) {
    for (let excess = totalWidth(widths) - width; excess > 0; excess--) {
      const column = widest(widths, least);
      if (column < 0) break;
      widths[column]--;
    }
  }
  return widths;
};

/** Titles, a rule and rows as lines of at most `options.width` columns. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  const widths = fit(columns, naturalWidths(columns, rows), options.width);
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, i) => {
        const padded = pad(shorten(textOf(cell), widths[i]), widths[i], columns[i].align ?? 'left');
        return typeof cell === 'string' ? padded : cell.paint(padded);
      })
      .join(gap)
      .trimEnd();
  const height = Math.max(...columns.map((column) => column.title.split('\n').length));
  const titles = Array.from({ length: height }, (_, row) =>
    line(
      columns.map((column) => {
        const lines = column.title.split('\n');
        const text = lines[row - height + lines.length] ?? '';
        return { text, paint: (padded) => paint('bold', padded) };
      }),
    ),
  );
  return [...titles, paint('dim', '─'.repeat(totalWidth(widths))), ...rows.map(line)];
}
