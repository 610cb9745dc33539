import { painter } from '../paint.ts';
import { indent, pad, printable, textWidth, wrap } from '../text.ts';
import type { TextOptions } from '../types.ts';

/** A number of the theory with 7 significant digits; `∞`, and `–` for what does not exist. */
export function precise(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  return plain(Number(value.toPrecision(7)), Math.abs(value) >= 1e15);
}

/** A number with 3 significant digits, for sentences and pictures. */
export function rough(value: number): string {
  if (!Number.isFinite(value)) return precise(value);
  const digits = Math.abs(value) < 1e5 ? value.toPrecision(3) : value.toExponential(2);
  return plain(Number(digits), Math.abs(value) >= 1e5);
}

function plain(value: number, withExponent: boolean): string {
  return (withExponent ? value.toExponential() : String(value)).replace('e+', 'e');
}

/** A number, its symbol and what it means in plain words. */
export type Fact = readonly [symbol: string, value: number | null | string, meaning: string];

/** Facts one below the other, with their meaning beside them. */
export function facts(rows: readonly Fact[], options: TextOptions): readonly string[] {
  const paint = painter(options.colour);
  const values = rows.map(([, value]) => (typeof value === 'string' ? value : precise(value)));
  const symbolWidth = Math.max(...rows.map(([symbol]) => textWidth(symbol)));
  const valueWidth = Math.max(...values.map(textWidth));
  const margin = symbolWidth + valueWidth + 6;
  return rows.flatMap(([symbol, , meaning], i) =>
    indent(meaning, Math.min(options.width, 110), margin).map((line, at) =>
      at > 0
        ? line
        : `  ${paint('bold', pad(symbol, symbolWidth, 'left'))}  ${paint('cyan', pad(values[i], valueWidth, 'left'))}  ${line.slice(margin)}`,
    ),
  );
}

/** A heading as lines, with an empty one below. */
export function heading(text: string, options: TextOptions): readonly string[] {
  const paint = painter(options.colour);
  return [...wrap(printable(text), options.width).map((line) => paint('bold', line)), ''];
}

/** What it comes to, set off from what stands above. */
export function conclusion(text: string, options: TextOptions): readonly string[] {
  const paint = painter(options.colour);
  const lines = wrap(printable(text), Math.max(Math.min(options.width, 110) - 2, 10));
  return ['', ...lines.map((line) => `${paint('cyan', '▌')} ${paint('bold', line)}`)];
}
