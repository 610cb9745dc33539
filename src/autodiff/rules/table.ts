import type { Node } from '../../graph/index.ts';
import { composed } from '../fused/index.ts';
import { nodeText } from '../wording.ts';
import { activations } from './activations.ts';
import { arithmetic } from './arithmetic.ts';
import { control } from './control.ts';
import { convolutions } from './convolutions.ts';
import { functions } from './functions.ts';
import { indexing } from './indexing.ts';
import { movement } from './movement.ts';
import { normalizations } from './normalizations.ts';
import { poolings } from './poolings.ts';
import { products } from './products.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { resizing } from './resize.ts';
import type { Rule } from './rule.ts';

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...arithmetic,
    ...functions,
    ...activations,
    ...products,
    ...convolutions,
    ...poolings,
    ...reductions,
    ...normalizations,
    ...movement,
    ...indexing,
    ...resizing,
    ...control,
    ...recurrent,
  }),
);

/** The standard operators that have a rule or are written in others that have one, in alphabetical order. */
export const differentiable: readonly string[] = [...rules.keys(), ...composed].sort();

/** Operators that draw numbers which depend on their inputs. */
const random: ReadonlySet<string> = new Set(['Bernoulli', 'Multinomial']);

/** The rule of a node. `RangeError` where there is none. */
export function ruleOf(node: Node): Rule {
  const found = node.domain === '' ? rules.get(node.operator) : undefined;
  if (found !== undefined) return found;
  const must =
    node.domain === '' && random.has(node.operator)
      ? 'must give the same values every time to be differentiated, got an operator that draws'
      : 'must have a derivative rule, got an operator without one';
  throw new RangeError(`${nodeText(node)}: ${must}`);
}
