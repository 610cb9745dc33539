import { parseScheme } from '../init/index.ts';
import type { Network, ParameterInfo, Role } from '../network/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { KEEP, type Choice } from './plan.ts';
import type { Advice } from './rules/index.ts';
import { needsMap } from './spec.ts';

/** What a person wants otherwise than the rules. */
export interface Overrides {
  /** `orthogonal(gain=1.2)` for every weight (every tensor that is a linear map). */
  readonly scheme?: string;
  /**
   * `PATTERN=scheme(option=value)`; of several that match, the last one counts. What is no parameter (a
   * constant of the computation, a tensor of unknown role) has to be named in full.
   */
  readonly set?: readonly string[];
  /** Patterns of parameters that stay as they are. */
  readonly keep?: readonly string[];
}

/** The choice that overrides the rules for a parameter, `null` where the rules decide. */
export function overrideFor(
  network: Network,
  { scheme, set = [], keep = [] }: Overrides,
): (parameter: ParameterInfo) => Advice | null {
  const all = scheme === undefined ? null : parseChoice(scheme);
  const rules = set.map((text) => parseSet(network, text));
  const kept = keep.map((text) => matcher(network, text, '--keep'));
  return (parameter) => {
    if (kept.some((matches) => matches(parameter.name))) {
      return advice({ scheme: KEEP, options: {} }, 'Kept as it is, as asked by --keep.');
    }
    const rule = rules.findLast(
      ({ matches, isName }) => matches(parameter.name) && (isName || !FIXED.has(parameter.role)),
    );
    if (rule !== undefined) {
      requireMap(parameter, rule.choice);
      return advice(rule.choice, `As asked by --set '${rule.text}'.`);
    }
    if (all === null || parameter.layout.length === 0) return null;
    return advice(all, `As asked by --scheme ${scheme}.`);
  };
}

const advice = (choice: Choice, reason: string): Advice => ({ ...choice, reason, reference: null });

/** Roles of what is no parameter as far as we know. */
export const FIXED: ReadonlySet<Role> = new Set(['constant', 'unused', 'unknown']);

function requireMap(parameter: ParameterInfo, choice: Choice): void {
  const { name, role, shape } = parameter;
  if (parameter.fanIn !== null || sizeOf(shape) === 0 || !needsMap(choice)) return;
  const article = /^[aeiou]/.test(role) ? 'an' : 'a';
  throw new RangeError(
    `${name}: ${choice.scheme} must have a weight with fans, got ${article} ${role} of shape [${shape.join()}]`,
  );
}

interface SetRule {
  readonly text: string;
  /** Whether it is a name without wildcards. */
  readonly isName: boolean;
  readonly matches: (name: string) => boolean;
  readonly choice: Choice;
}

function parseSet(network: Network, text: string): SetRule {
  const { pattern, choice } = splitSet(text);
  return {
    text,
    isName: isName(pattern),
    matches: matcher(network, pattern, '--set'),
    choice: parseChoice(choice),
  };
}

/** The two sides of `PATTERN=scheme(option=value)`. */
export function splitSet(text: string): { readonly pattern: string; readonly choice: string } {
  const parts = /^\s*(.*?\S)\s*=\s*([A-Za-z_]\w*\s*(?:\(.*\))?)\s*$/.exec(text);
  if (parts === null) {
    throw new RangeError(`--set: must be PATTERN=scheme(option=value), got '${text}'`);
  }
  return { pattern: parts[1], choice: parts[2] };
}

/** Whether a pattern has no wildcards. */
export function isName(pattern: string): boolean {
  return !/[*?]/.test(pattern);
}

function parseChoice(text: string): Choice {
  const { scheme, options } = parseScheme(text);
  return { scheme: scheme.name, options };
}

/** A pattern with `*` for any text and `?` for one character, matched against whole names. */
export function matcher(
  network: Network,
  pattern: string,
  option: string,
): (name: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 'su');
  const matches = (name: string): boolean => expression.test(name);
  if (!network.parameters.some((parameter) => matches(parameter.name))) {
    const some = network.parameters.slice(0, 3).map((parameter) => parameter.name);
    throw new RangeError(
      `${option}: the pattern must match a parameter such as ${some.join(', ')}, got '${pattern}'`,
    );
  }
  return matches;
}
