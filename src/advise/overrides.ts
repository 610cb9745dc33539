import { parseScheme } from '../init/index.ts';
import type { Network, ParameterInfo } from '../network/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { KEEP, type Choice } from './plan.ts';
import type { Advice } from './rules/index.ts';
import { needsFans } from './spec.ts';

/** What a person wants otherwise than the rules. */
export interface Overrides {
  /** `orthogonal(gain=1.2)` for every weight (every tensor that is a linear map). */
  readonly scheme?: string;
  /** `PATTERN=scheme(option=value)`; of several that match, the last one counts. */
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
    const rule = rules.findLast(({ matches }) => matches(parameter.name));
    if (rule !== undefined) {
      requireFans(parameter, rule.choice);
      return advice(rule.choice, `As asked by --set '${rule.text}'.`);
    }
    if (all === null || parameter.layout.length === 0) return null;
    return advice(all, `As asked by --scheme ${scheme}.`);
  };
}

const advice = (choice: Choice, reason: string): Advice => ({ ...choice, reason, reference: null });

function requireFans(parameter: ParameterInfo, choice: Choice): void {
  if (parameter.fanIn !== null || sizeOf(parameter.shape) === 0) return;
  if (!needsFans(choice.scheme, choice.options)) return;
  throw new RangeError(
    `${parameter.name}: ${choice.scheme} must have a weight with fans, got a ${parameter.role} of shape [${parameter.shape.join()}]`,
  );
}

function parseSet(
  network: Network,
  text: string,
): { text: string; matches: (name: string) => boolean; choice: Choice } {
  const parts = /^(.+?)=([A-Za-z_]\w*(?:\(.*\))?)$/.exec(text);
  if (parts === null) {
    throw new RangeError(`--set: must be PATTERN=scheme(option=value), got '${text}'`);
  }
  return { text, matches: matcher(network, parts[1], '--set'), choice: parseChoice(parts[2]) };
}

function parseChoice(text: string): Choice {
  const { scheme, options } = parseScheme(text);
  return { scheme: scheme.name, options };
}

/** A pattern with `*` for any text and `?` for one character, matched against whole names. */
function matcher(network: Network, pattern: string, option: string): (name: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  const matches = (name: string): boolean => expression.test(name);
  if (!network.parameters.some((parameter) => matches(parameter.name))) {
    const some = network.parameters.slice(0, 3).map((parameter) => parameter.name);
    throw new RangeError(
      `${option}: the pattern must match a parameter such as ${some.join(', ')}, got '${pattern}'`,
    );
  }
  return matches;
}
