import { parseDialectChoice, type Built, type Dialect, type DialectChoice } from '../init/index.ts';
import type { Network, ParameterInfo } from '../network/index.ts';
import { isFloat, type FloatDType, type Tensor } from '../tensor/index.ts';
import { advise, type AdviseOptions } from './advise.ts';
import { FIXED, isName, matcher, splitSet } from './overrides.ts';
import { KEEP, type Plan, type PlanEntry } from './plan.ts';

/** A plan to give a network the weights of a framework, and these weights. */
export interface PlanAs {
  readonly plan: Plan;
  /** What the framework drew. Other parameters stay or are drawn by the plan. */
  readonly values: ReadonlyMap<string, Tensor<FloatDType>>;
}

/**
 * The plan and the values that a framework gives a network. Without `scheme`, those of seeding its
 * generator and building the network; `set` then calls functions of the framework on the parameters that
 * match, in the order of construction. With `scheme`, those of seeding and calling this function on
 * every weight in that order (and those of `set`), the others by the rules of `advise`. What is to be
 * kept stays as it is, and is drawn and dropped where the network is built.
 * `RangeError` where the framework has no such function, or raises.
 */
export function adviseAs(network: Network, dialect: Dialect, options: AdviseOptions): PlanAs {
  const { model, seed, scheme, set = [], keep = [] } = options;
  const kept = keep.map((text) => matcher(network, text, '--keep'));
  const isKept = ({ name }: ParameterInfo): boolean => kept.some((matches) => matches(name));
  const wanted = choicesFor(network, dialect, options, isKept);
  const rules = advise(network, { model, seed, keep });
  const built = scheme === undefined ? dialect.build(network, seed) : new Map<string, Built>();
  const called = assigned(network, dialect, seed, wanted, scheme === undefined);
  const values = new Map<string, Tensor<FloatDType>>();
  const parameters = rules.parameters.map((rule, index): PlanEntry => {
    const info = network.parameters[index];
    if (isKept(info)) return rule;
    const choice = wanted.get(rule.name);
    const found = choice === undefined ? built.get(rule.name) : called.get(rule.name);
    if (found === undefined) {
      return scheme === undefined || choice !== undefined ? leftOut(rule, info, dialect) : rule;
    }
    values.set(rule.name, found.tensor);
    const reason = choice === undefined ? found.reason : `${choice.reason} ${found.reason}`.trim();
    return entryOf(rule, dialect, found, reason);
  });
  const asked = scheme === undefined && set.length === 0 ? '' : ' and the functions asked for';
  const whyNot = `These are the draws of ${dialect.name}${asked}, not StepZero's advice; leave out --as to see what the rules would choose, and why.`;
  return { plan: { ...rules, as: dialect.name, parameters, whyNot }, values };
}

interface Wanted extends DialectChoice {
  readonly reason: string;
}

/** The functions that `scheme` and `set` ask for, by parameter. */
function choicesFor(
  network: Network,
  dialect: Dialect,
  { scheme, set = [] }: AdviseOptions,
  isKept: (parameter: ParameterInfo) => boolean,
): ReadonlyMap<string, Wanted> {
  const all = scheme === undefined ? null : parseDialectChoice(dialect, scheme);
  const rules = set.map((text) => {
    const { pattern, choice } = splitSet(text);
    const matches = matcher(network, pattern, '--set');
    return { text, pattern, matches, choice: parseDialectChoice(dialect, choice) };
  });
  const wanted = new Map<string, Wanted>();
  for (const parameter of network.parameters) {
    const { name, role, layout, dtype } = parameter;
    if (!isFloat(dtype) || isKept(parameter)) continue;
    const rule = rules.findLast(
      ({ matches, pattern }) => matches(name) && (isName(pattern) || !FIXED.has(role)),
    );
    if (rule !== undefined) {
      wanted.set(name, { ...rule.choice, reason: `As asked by --set '${rule.text}'.` });
    } else if (all !== null && layout.length > 0) {
      wanted.set(name, { ...all, reason: `As asked by --scheme ${scheme}.` });
    }
  }
  return wanted;
}

function assigned(
  network: Network,
  dialect: Dialect,
  seed: number,
  choices: ReadonlyMap<string, DialectChoice>,
  buildsFirst: boolean,
): ReadonlyMap<string, Built> {
  if (choices.size === 0) return new Map();
  if (dialect.assign === undefined) {
    throw new RangeError(
      `${dialect.name}: --scheme and --set must be left out, since its functions share no generator over a network; draw one tensor with sample --as ${dialect.name}`,
    );
  }
  return dialect.assign(network, seed, choices, buildsFirst);
}

function entryOf(
  rule: PlanEntry,
  { name }: Dialect,
  { call, std }: Built,
  reason: string,
): PlanEntry {
  const scheme = `${name} ${call}`;
  const bound = std === null ? null : Math.sqrt(3) * std;
  return { ...rule, scheme, options: {}, blocks: [], std, bound, reason, reference: null };
}

/** The entry of what the framework gives no value. */
function leftOut(rule: PlanEntry, { role }: ParameterInfo, { name }: Dialect): PlanEntry {
  const reason = FIXED.has(role)
    ? rule.reason
    : `Stays as it is: ${name} has no default for it, since the module that holds it sets its values itself.`;
  const nothing = { options: {}, blocks: [], std: null, bound: null, reference: null };
  return { ...rule, ...nothing, scheme: KEEP, reason };
}
