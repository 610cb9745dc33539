import type { PlanEntry } from '../advise/index.ts';
import type { Item } from './item.ts';
import { patternsFor } from './pattern.ts';
import { oneLine, pyString } from './python.ts';

/** What a framework does to one variable: which, by what expression. */
export interface Target {
  readonly name: string;
  readonly expression: string;
  /** Whether the name is a pattern already. */
  readonly isPattern?: boolean;
  /** What the expressions of a group have in common, where they are not equal. */
  readonly group?: string;
}

/** An entry of a plan that a program cannot set, with the reason. */
export interface Left {
  readonly entry: PlanEntry;
  readonly why: string;
}

/** Why a tensor whose name is made up has no rule. */
export const MADE_UP = 'names that the exporter made up, which no module has.';

/** The items of a plan as a framework sees them. */
export interface Mapped {
  readonly item: Item;
  readonly targets: readonly Target[];
}

/** How many parameters a list in a comment names. */
const NAMED = 12;

interface Rule {
  readonly reason: string;
  readonly first: string;
  readonly targets: Target[];
}

/**
 * The lines of the table from patterns to expressions: parameters of one role that get the same for the
 * same reason are one rule, under the reason of the first of them.
 */
export function ruleLines(mapped: readonly Mapped[]): string[] {
  const rules = new Map<string, Rule>();
  const taken = new Map<string, string>();
  for (const { item, targets } of mapped) {
    for (const target of targets) {
      // Two biases of the file may be one variable: the first that is told counts.
      if (taken.has(target.name)) continue;
      taken.set(target.name, target.expression);
      const { name, role } = item.entry;
      const reason = firstSentence(item.entry.reason);
      // One reason for all, but for its numbers.
      const kind = reason.replaceAll(/[\d.]+/g, '0');
      const key = JSON.stringify([role, target.group ?? target.expression, kind]);
      const rule = rules.get(key) ?? { reason, first: name, targets: [] };
      rules.set(key, rule);
      rule.targets.push(target);
    }
  }
  const lines: string[] = [];
  const written = new Set<string>();
  for (const { reason, first, targets } of rules.values()) {
    const more = targets.length === 1 ? '' : ` and ${targets.length - 1} more`;
    const own = linesOf(targets, taken).filter((line) => !written.has(line));
    const above = own.length === 0 ? ' (by a pattern above)' : '';
    lines.push(`    # ${oneLine(`${first}${more}: ${reason}${above}`)}`, ...own);
    for (const line of own) written.add(line);
  }
  return lines;
}

/** One line per pattern; a pattern catches no name that gets something else. */
function linesOf(targets: readonly Target[], taken: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const expression of new Set(targets.map((target) => target.expression))) {
    const alike = targets.filter((target) => target.expression === expression);
    const names = alike.flatMap(({ name, isPattern }) => (isPattern === true ? [] : [name]));
    const given = alike.flatMap(({ name, isPattern }) => (isPattern === true ? [name] : []));
    const others = [...taken].flatMap(([name, other]) => (other === expression ? [] : [name]));
    for (const pattern of [...given, ...patternsFor(names, others)]) {
      lines.push(`    ${pyString(pattern)}: ${expression},`);
    }
  }
  return lines;
}

function firstSentence(text: string): string {
  return /^.*?\.(?= [A-Z]|$)/s.exec(text)?.[0] ?? text;
}

/** Comments on what the program leaves alone. */
export function leftLines(left: readonly Left[], kept: readonly PlanEntry[]): string[] {
  const lines: string[] = [];
  const why = new Map<string, PlanEntry[]>();
  for (const { entry, why: reason } of left) why.set(reason, [...(why.get(reason) ?? []), entry]);
  for (const [reason, entries] of why) {
    lines.push(`# Not set here: ${reason}`);
    for (const { name, shape, scheme, std } of entries.slice(0, NAMED)) {
      const size = std === null ? '' : `, std ${Number(std.toPrecision(4))}`;
      lines.push(`#   ${oneLine(name)} [${shape.join(', ')}]: ${scheme}${size}`);
    }
    if (entries.length > NAMED) lines.push(`#   and ${entries.length - NAMED} more`);
  }
  const asked = kept.filter(({ role }) => role !== 'constant' && role !== 'unused');
  if (asked.length > 0) {
    const names = asked.slice(0, NAMED).map(({ name }) => oneLine(name));
    const more = asked.length > NAMED ? ` and ${asked.length - NAMED} more` : '';
    lines.push(`# Left as they are, as planned: ${names.join(', ')}${more}`);
  }
  return lines;
}
