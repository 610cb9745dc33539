import { numberAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { add, div, expandLike, indicator, mul, ratioOfSizes, times } from '../ops.ts';
import { scalar, typeOf, type Scope } from '../scope.ts';
import { byExpansion, rule, type Rule } from './rule.ts';

/** A value that a reduction made, with the axes that it lost as axes of extent 1. */
function restored(s: Scope, node: Node, value: string): string {
  const [x, axes = ''] = node.inputs;
  const keeps = numberAttribute(node, 'keepdims', 1) !== 0;
  const isNoop = numberAttribute(node, 'noop_with_empty_axes', 0) !== 0;
  if (keeps) return value;
  const list = axes === '' ? [] : typeOf(s, axes).value;
  if (list === null) return emit(s, 'Unsqueeze', [value, axes]);
  if (list.length > 0) return emit(s, 'Unsqueeze', [value, axes]);
  // All axes are gone: a scalar broadcasts to whatever rank there is.
  return isNoop ? value : emit(s, 'Expand', [value, emit(s, 'Shape', [x])]);
}

function axesOf(node: Node): readonly string[] {
  const [, axes = ''] = node.inputs;
  return axes === '' ? [] : [axes];
}

/** The reduction itself with its axes kept. */
function kept(s: Scope, node: Node, operator: string, x: string): string {
  const isNoop = numberAttribute(node, 'noop_with_empty_axes', 0) !== 0;
  return emit(s, operator, [x, ...axesOf(node)], {
    keepdims: 1,
    ...(isNoop ? { noop_with_empty_axes: 1 } : {}),
  });
}

/** A reduction whose cotangent is that of each element times `write(s, x, y)`. */
function each(write: (s: Scope, x: string, y: string, node: Node) => string): Rule {
  return rule((s, node, g) => {
    const [x] = node.inputs;
    const [y] = node.outputs;
    return [() => mul(s, restored(s, node, g), write(s, x, restored(s, node, y), node))];
  });
}

/** Equal parts to all elements that are the largest or smallest. */
const extreme: Rule = rule((s, node, g) => {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const isIt = indicator(s, emit(s, 'Equal', [x, restored(s, node, y)]), x);
  const count = kept(s, node, 'ReduceSum', isIt);
  return [() => mul(s, isIt, div(s, restored(s, node, g), count))];
});

/** A reduction with the axes and attributes of `node`. */
function reduced(s: Scope, node: Node, operator: string, x: string): string {
  return emit(s, operator, [x, ...axesOf(node)], node.attributes);
}

/**
 * The product of the others, written as products before and behind so that zeros do no harm: the
 * cotangent of each element is `ȳ · ∏ of all others along the axes`.
 */
const product: Rule = rule((s, node, g) => {
  const [x] = node.inputs;
  const zero = scalar(s, 0, x);
  const isZero = emit(s, 'Equal', [x, zero]);
  const ones = emit(s, 'Where', [isZero, scalar(s, 1, x), x]);
  const zeros = kept(s, node, 'ReduceSum', indicator(s, isZero, x));
  const rest = div(s, kept(s, node, 'ReduceProd', ones), ones);
  const others = add(s, zeros, times(s, -1, indicator(s, isZero, x)));
  const isAlone = emit(s, 'Equal', [others, zero]);
  return [() => mul(s, restored(s, node, g), emit(s, 'Where', [isAlone, rest, zero]))];
});

/** Reductions. */
export const reductions: Readonly<Record<string, Rule>> = {
  ReduceSum: rule((s, node, g) => [() => expandLike(s, restored(s, node, g), node.inputs[0])]),
  ReduceMean: rule((s, node, g) => {
    const [x] = node.inputs;
    const share = (): string => div(s, g, ratioOfSizes(s, x, node.outputs[0]));
    return [() => expandLike(s, restored(s, node, share()), x)];
  }),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: product,
  ReduceL1: each((s, x) => emit(s, 'Sign', [x])),
  ReduceL2: rule((s, node, g) => {
    const [x] = node.inputs;
    const y = node.outputs[0];
    // At 0, where the norm has a corner, the derivative is 0.
    const isFlat = emit(s, 'Equal', [y, scalar(s, 0, y)]);
    const scaled = div(s, g, emit(s, 'Where', [isFlat, scalar(s, 1, y), y]));
    return [() => mul(s, x, restored(s, node, scaled))];
  }),
  ReduceSumSquare: each((s, x) => times(s, 2, x)),
  ReduceLogSumExp: each((s, x, y) => emit(s, 'Exp', [emit(s, 'Sub', [x, y])])),
  ReduceLogSum: byExpansion((s, node) => [
    emit(s, 'Log', [reduced(s, node, 'ReduceSum', node.inputs[0])]),
  ]),
};
