import { parseNamed, type Scheme } from '../init/index.ts';
import type { Network, ParameterInfo, Role } from '../network/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { anyScheme, isNetworkScheme, tensorSchemeFor } from './networks/index.ts';
import { KEEP, type Choice } from './plan.ts';
import type { Advice } from './rules/index.ts';
import { needsMap, unfitFor } from './spec.ts';

/** What a person wants otherwise than the rules. */
export interface Overrides {
  /**
   * `orthogonal(gain=1.2)` for every weight (every tensor that is a linear map) for which it is defined,
   * or a scheme that is planned over the network, such as `fixup`.
   */
  readonly scheme?: string;
  /** The network with whose widths a scheme such as `mup` compares those of this one. */
  readonly base?: Network;
  /**
   * `PATTERN=scheme(option=value)`; of several that match, the last one counts. What is no parameter (a
   * constant of the computation, a tensor of unknown role) has to be named in full.
   */
  readonly set?: readonly string[];
  /** Patterns of parameters that stay as they are. */
  readonly keep?: readonly string[];
}

/** What overrides the rules for a parameter. */
export interface Override {
  /** `null` where the rules decide. */
  readonly advice: Advice | null;
  /** Why the rules decide although a person asked for something, as a sentence; `null` if nobody did. */
  readonly unfit: string | null;
}

/**
 * What overrides the rules for a parameter. `RangeError` for a scheme that fits no weight, for a
 * network scheme that does not apply, and for a `--set` that asks for what is undefined.
 */
export function overrideFor(
  network: Network,
  { scheme, base, set = [], keep = [] }: Overrides,
): (parameter: ParameterInfo) => Override {
  if (scheme === undefined && base !== undefined) throw noWidths('none');
  const all = scheme === undefined ? () => NOTHING : parseAll(network, scheme, base);
  const rules = set.map((text) => parseSet(network, text));
  const kept = keep.map((text) => matcher(network, text, '--keep'));
  return (parameter) => {
    if (kept.some((matches) => matches(parameter.name))) {
      return only(advice({ scheme: KEEP, options: {} }, 'Kept as it is, as asked by --keep.'));
    }
    const rule = rules.findLast(
      ({ matches, isName }) => matches(parameter.name) && (isName || !FIXED.has(parameter.role)),
    );
    if (rule !== undefined) {
      requireMap(parameter, rule.choice);
      return only(advice(rule.choice, `As asked by --set '${rule.text}'.`));
    }
    return all(parameter);
  };
}

const only = (own: Advice | null): Override => ({ advice: own, unfit: null });

const NOTHING = only(null);

const noWidths = (got: string): RangeError =>
  new RangeError(`--base: --scheme must be one that compares widths, such as mup, got ${got}`);

/** What `--scheme` gives every parameter. */
function parseAll(
  network: Network,
  text: string,
  base: Network | undefined,
): (parameter: ParameterInfo) => Override {
  const { scheme, options } = parseNamed(text, anyScheme);
  const compares = isNetworkScheme(scheme) && scheme.comparesWidths;
  if (base !== undefined && !compares) throw noWidths(scheme.name);
  if (!isNetworkScheme(scheme)) return parseForWeights(network, text, { scheme, options });
  const plan = scheme.plan(network, options, base);
  return (parameter) => (FIXED.has(parameter.role) ? NOTHING : only(plan(parameter)));
}

/** A tensor scheme for every weight for which it is defined; the rest is left to the rules. */
function parseForWeights(
  network: Network,
  text: string,
  { scheme, options }: { readonly scheme: Scheme; readonly options: Choice['options'] },
): (parameter: ParameterInfo) => Override {
  const choice = { scheme: scheme.name, options };
  const weights = network.parameters.filter(({ layout }) => layout.length > 0);
  const unfit = new Map(weights.map((weight) => [weight.name, unfitFor(choice, weight)]));
  const [first] = unfit.values();
  if (first != null && [...unfit.values()].every((problem) => problem !== null)) {
    throw new RangeError(`${first.where}: ${first.sentence}`);
  }
  return ({ name, layout }) => {
    if (layout.length === 0) return NOTHING;
    const problem = unfit.get(name) ?? null;
    return problem === null
      ? only(advice(choice, `As asked by --scheme ${text}.`))
      : {
          advice: null,
          unfit: `Not by --scheme ${text}, which does not fit it (${problem.sentence}).`,
        };
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
  const { scheme, options } = parseNamed(text, (name) => tensorSchemeFor('--set', name));
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
