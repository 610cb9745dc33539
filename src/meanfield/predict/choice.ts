import type { Node } from '../../graph/index.ts';
import { applied } from './pointwise.ts';
import { integerRule } from './shapes.ts';
import { rangeOf, through, type Signal, type State } from './state.ts';
import { affineTransfer, joined, rescaled, type Step, type Transfer } from './transfer.ts';
import type { Rule, Walk } from './walk.ts';

/** 1 above a point, else 0. */
const above = (point: number): Step => ({
  f: (x) => (x > point ? 1 : 0),
  df: () => 0,
  breakpoints: [point],
});

/** Whether a value carries what flows in: stored ones are compared where they are used. */
const flows = (walk: Walk, value: string): Signal | null => {
  const state = walk.of(value);
  return state.kind === 'signal' && !walk.isStored(value) ? state : null;
};

/** `Greater` and the like: of a signal and a number, or of two functions of one source, a step; else integers. */
export const compareRule: Rule = (walk, node) => {
  const [left, right] = node.inputs;
  const [a, b] = [flows(walk, left), flows(walk, right)];
  const difference = a !== null && b !== null ? subtracted(a, b) : null;
  const isTurned = node.operator.startsWith('Less');
  const step = (signal: Signal, point: number, turned: boolean): State => {
    const found = applied(signal, above(point));
    return turned ? through(found, rescaled(found.transfer, -1, 1), found.note) : found;
  };
  if (difference !== null) return [step(difference, 0, isTurned)];
  const [x, y] = [walk.of(left), walk.of(right)];
  if (a !== null && y.kind === 'level') return [step(a, y.value, isTurned)];
  if (b !== null && x.kind === 'level') return [step(b, x.value, !isTurned)];
  return integerRule(walk, node);
};

function subtracted(a: Signal, b: Signal): Signal | null {
  if (a.source !== b.source) return null;
  const [low, high] = rangeOf(a);
  return through(a, joined(a.transfer, b.transfer, 'Sub', low, high), a.note);
}

/** `Not`, `And` and `Or` of conditions that are steps of one source; else integers. */
export const logicRule: Rule = (walk, node) => {
  const [a, b] = node.inputs.map((input) => flows(walk, input));
  if (a === null) return integerRule(walk, node);
  if (node.operator === 'Not') return [through(a, rescaled(a.transfer, -1, 1), a.note)];
  if (b === null || b === undefined || a.source !== b.source) return integerRule(walk, node);
  const [low, high] = rangeOf(a);
  const operation = node.operator === 'And' ? 'Min' : 'Max';
  return [through(a, joined(a.transfer, b.transfer, operation, low, high), a.note)];
};

/** `Where` by a step of the source that both values are functions of; `null` where it is another. */
export function choiceRule(walk: Walk, node: Node): readonly State[] | null {
  const [condition, yes, no] = node.inputs;
  const choice = flows(walk, condition);
  if (choice === null) return null;
  const [a, b] = [yes, no].map((value) => branchOf(walk.of(value), choice));
  if (a === null || b === null) return null;
  const transfer: Transfer = {
    f: (x) => (choice.transfer.f(x) > 0.5 ? a.f(x) : b.f(x)),
    df: (x) => (choice.transfer.f(x) > 0.5 ? a.df(x) : b.df(x)),
    kinks: [...new Set([...choice.transfer.kinks, ...a.kinks, ...b.kinks])].sort((x, y) => x - y),
    affine: null,
  };
  return [through(choice, transfer, choice.note)];
}

function branchOf(state: State, { source }: Signal): Transfer | null {
  if (state.kind === 'level') return affineTransfer(0, state.value);
  return state.kind === 'signal' && state.source === source ? state.transfer : null;
}
