import type { PlanEntry } from '../advise/index.ts';
import {
  blockText,
  groupByReason,
  groupName,
  groupNames,
  groupParameters,
  sameNumbers,
} from './groups.ts';
import { formatRange, formatScheme, formatShape } from './number.ts';
import { painter } from './paint.ts';
import type { Style } from './paint.ts';
import { naturalWidths, table, totalWidth } from './table.ts';
import type { Cell, Column } from './table.ts';
import { indent, printable, wrap } from './text.ts';
import type { ParameterRow, TextOptions } from './types.ts';

/** Most rows that a table of parameters takes before equal ones are put together. */
const defaultRows = 32;

const common = (values: readonly (string | null)[]): string =>
  values.every((value) => value === values[0]) ? printable(values[0] ?? '–') : 'various';

const facts = (
  group: readonly ParameterRow[],
): Record<'name' | 'shape' | 'role' | 'fanIn' | 'fanOut' | 'activation', string> => ({
  name: groupName(group.map((row) => row.name)),
  shape: common(group.map((row) => formatShape(row.shape))),
  role: common(group.map((row) => row.role)),
  fanIn: formatRange(group.map((row) => row.fanIn)),
  fanOut: formatRange(group.map((row) => row.fanOut)),
  activation: common(group.map((row) => row.activation)),
});

const leftOut = (shown: number, all: number, width: number): readonly string[] =>
  shown === all
    ? []
    : ['', ...wrap(`${all} parameters, equal ones in one row; --json lists every one.`, width)];

/** Least width of the names for which a parameter stands in one line. */
const leastName = 28;

const fits = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): boolean => {
  const [name, ...others] = naturalWidths(columns, rows);
  return totalWidth([Math.min(name, leastName), ...others]) <= width;
};

/**
 * What every parameter is, as lines of text, a row per parameter or two where the width asks for it.
 * At most about `rows` groups: equal parameters share a row.
 */
export function inspectTable(
  parameters: readonly ParameterRow[],
  options: TextOptions & { readonly rows?: number },
): readonly string[] {
  const groups = groupParameters(parameters, options.rows ?? defaultRows);
  const records = groups.map(facts);
  const notes = leftOut(groups.length, parameters.length, options.width);
  const columns: readonly Column[] = [
    { title: 'parameter', min: leastName },
    { title: 'shape' },
    { title: 'role' },
    { title: 'fan in', align: 'right' },
    { title: 'fan out', align: 'right' },
    { title: 'activation' },
  ];
  const rows = records.map((r) => [r.name, r.shape, r.role, r.fanIn, r.fanOut, r.activation]);
  if (fits(columns, rows, options.width)) return [...table(columns, rows, options), ...notes];
  const pairs = records.flatMap((r) => [
    [r.name, r.shape, r.fanIn, r.fanOut],
    [`  ${r.role}`, r.activation, '', ''],
  ]);
  const twoLines: readonly Column[] = [
    { title: 'parameter\n  role', min: leastName },
    { title: 'shape\nactivation' },
    { title: 'fan in\n', align: 'right' },
    { title: 'fan out\n', align: 'right' },
  ];
  return [...table(twoLines, pairs, options), ...notes];
}

/**
 * The plan as lines of text, a row per parameter or two where the width asks for it. At most about
 * `rows` groups: equal parameters share a row.
 */
export function planTable(
  entries: readonly PlanEntry[],
  options: TextOptions & { readonly rows?: number },
): readonly string[] {
  const paint = painter(options.colour);
  const cyan = (text: string): Cell => ({ text, paint: (padded) => paint('cyan', padded) });
  const groups = groupParameters(entries, options.rows ?? defaultRows);
  const records = groups.map((group) =>
    Object.assign(facts(group), {
      scheme: common(group.map((entry) => entry.scheme)),
      std: formatRange(group.map((entry) => entry.std)),
      bound: formatRange(group.map((entry) => entry.bound)),
    }),
  );
  const notes = leftOut(groups.length, entries.length, options.width);
  const columns: readonly Column[] = [
    { title: 'parameter', min: leastName },
    { title: 'shape' },
    { title: 'role' },
    { title: 'fan in', align: 'right' },
    { title: 'fan out', align: 'right' },
    { title: 'activation' },
    { title: 'scheme' },
    { title: 'std', align: 'right' },
    { title: 'bound', align: 'right' },
  ];
  const rows = records.map((r): readonly Cell[] => {
    const { name, shape, role, fanIn, fanOut, activation, scheme, std, bound } = r;
    return [name, shape, role, fanIn, fanOut, activation, cyan(scheme), std, bound];
  });
  if (fits(columns, rows, options.width)) return [...table(columns, rows, options), ...notes];
  const twoLines: readonly Column[] = [
    { title: 'parameter\n  scheme, activation', min: leastName },
    { title: 'shape\nrole' },
    { title: 'fan in\nstd', align: 'right' },
    { title: 'fan out\nbound', align: 'right' },
  ];
  const pairs = records.flatMap((r): readonly (readonly Cell[])[] => {
    const scheme = r.activation === '–' ? r.scheme : `${r.scheme}, ${r.activation}`;
    return [
      [r.name, r.shape, r.fanIn, r.fanOut],
      [cyan(`  ${scheme}`), r.role, r.std, r.bound],
    ];
  });
  return [...table(twoLines, pairs, options), ...notes];
}

/** Every distinct reason once, with the parameters that it covers, as word-wrapped lines. */
export function reasonList(entries: readonly PlanEntry[], options: TextOptions): readonly string[] {
  const paint = painter(options.colour);
  const lines: string[] = [];
  for (const group of groupByReason(entries)) {
    const [first] = group;
    const { names, left } = groupNames(
      group.map((entry) => entry.name),
      5,
    );
    const list = left === 0 ? names.join(', ') : `${names.join(', ')} and ${left} more`;
    const example = sameNumbers(group) ? '' : ` (Numbers of ${printable(first.name)}.)`;
    const styled = (style: Style, text: string): readonly string[] =>
      indent(text, options.width, 2).map((line) => paint(style, line));
    if (lines.length > 0) lines.push('');
    const scheme = printable(formatScheme(first.scheme, first.options));
    lines.push(...wrap(scheme, options.width).map((line) => paint('cyan', line)));
    lines.push(...styled('bold', list));
    lines.push(...indent(printable(first.reason) + example, options.width, 2));
    const blocks = blockText(first);
    if (blocks !== null) lines.push(...indent(blocks, options.width, 2));
    if (first.reference !== null) lines.push(...styled('dim', printable(first.reference)));
  }
  return lines;
}
