import type { PlanEntry } from '../advise/index.ts';
import { formatNumber, formatScheme } from './number.ts';
import { printable } from './text.ts';
import type { ParameterRow } from './types.ts';

type Scheme = Pick<PlanEntry, 'scheme' | 'options' | 'blocks' | 'std' | 'bound'>;
type Row = ParameterRow & Partial<Scheme>;

/** Items with equal keys, in the order of the first of each. */
export function groupBy<T>(
  items: readonly T[],
  key: (item: T) => string,
): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

const pattern = (name: string): string => name.replace(/\d+/g, '#');

/** Boxes of equal parameters may lie elsewhere, but are drawn alike. */
const blockKey = ({ name, scheme, options }: PlanEntry['blocks'][number]): readonly unknown[] => [
  name,
  scheme,
  options,
];

const coarse = (row: Row): string =>
  JSON.stringify([row.role, row.activation, row.scheme, row.options, row.blocks?.map(blockKey)]);

const fine = (row: Row): string =>
  JSON.stringify([
    pattern(row.name),
    row.shape,
    row.fanIn,
    row.fanOut,
    formatNumber(row.std ?? null),
    formatNumber(row.bound ?? null),
    coarse(row),
  ]);

/**
 * Parameters as at most about `rows` groups: each by itself if they are few, else equal ones whose
 * names differ only in numbers together, else all of one role, activation and scheme.
 */
export function groupParameters<T extends Row>(
  parameters: readonly T[],
  rows: number,
): readonly (readonly T[])[] {
  if (parameters.length <= rows) return parameters.map((parameter) => [parameter]);
  const equal = groupBy(parameters, fine);
  return equal.length <= rows ? equal : groupBy(parameters, coarse);
}

/** Parameters with the same scheme and reason, where reasons that differ only in their numbers are the same. */
export function groupByReason(entries: readonly PlanEntry[]): readonly (readonly PlanEntry[])[] {
  return groupBy(entries, ({ scheme, options, reason, reference, blocks }) => {
    const masked = JSON.stringify([reason, options]).replace(/\d+(?:[.,]\d+)*(?:e[+-]?\d+)?/g, '#');
    return JSON.stringify([masked, scheme, reference, blocks.map(blockKey)]);
  });
}

const numbers = ({ reason, options }: PlanEntry): string => JSON.stringify([reason, options]);

/** Whether all of a group from {@link groupByReason} have the numbers of the first. */
export function sameNumbers(group: readonly PlanEntry[]): boolean {
  return group.every((entry) => numbers(entry) === numbers(group[0]));
}

/**
 * One name for names that differ only in numbers: `layer{1–4}.weight`; `null` for other names.
 * Numbers that stay stand as they are.
 */
function sharedName(names: readonly string[]): string | null {
  if (names.some((name) => pattern(name) !== pattern(names[0]))) return null;
  const numbers = names.map((name) => (name.match(/\d+/g) ?? []).map(BigInt));
  let field = 0;
  return names[0].replace(/\d+/g, (digits) => {
    const values = numbers.map((row) => row[field]);
    field++;
    const low = values.reduce((a, b) => (b < a ? b : a));
    const high = values.reduce((a, b) => (b > a ? b : a));
    return low === high ? digits : `{${low}–${high}}`;
  });
}

/** The names of a group in one text, printable: `{2–20}.weight ×10` or `conv0 … fc ×121`. */
export function groupName(names: readonly string[]): string {
  if (names.length === 1) return printable(names[0]);
  const name = sharedName(names) ?? `${names[0]} … ${names[names.length - 1]}`;
  return `${printable(name)} ×${names.length}`;
}

/** Names with those that differ only in numbers as one, at most `limit` and how many are left. */
export function groupNames(
  names: readonly string[],
  limit: number,
): { readonly names: readonly string[]; readonly left: number } {
  const groups = names.length <= limit ? names.map((name) => [name]) : groupBy(names, pattern);
  const shown = groups.slice(0, groups.length <= limit ? limit : limit - 1);
  return {
    names: shown.map(groupName),
    left: groups.slice(shown.length).reduce((sum, group) => sum + group.length, 0),
  };
}

/** How a parameter of several boxes is drawn, `null` for one box. */
export function blockText(entry: PlanEntry): string | null {
  if (entry.blocks.length === 0) return null;
  const names = entry.blocks.map(({ name, scheme, options }) => {
    const text = formatScheme(scheme, options);
    return text === formatScheme(entry.scheme, entry.options) ? name : `${name} ${text}`;
  });
  return printable(`Drawn as ${names.length} boxes of their own: ${names.join(', ')}.`);
}
