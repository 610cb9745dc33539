import type { Node } from '../graph/index.ts';
import type { Role } from './parameter.ts';
import type { Wiring } from './wiring.ts';

/** The roles of the stored inputs of each normalisation operator, by slot. */
export const NORM_SLOTS: Readonly<Record<string, Readonly<Record<number, Role>>>> = {
  BatchNormalization: { 1: 'norm_scale', 2: 'norm_shift', 3: 'norm_mean', 4: 'norm_variance' },
  InstanceNormalization: { 1: 'norm_scale', 2: 'norm_shift' },
  LayerNormalization: { 1: 'norm_scale', 2: 'norm_shift' },
  GroupNormalization: { 1: 'norm_scale', 2: 'norm_shift' },
  GroupNorm: { 1: 'norm_scale', 2: 'norm_shift' },
  SkipGroupNorm: { 1: 'norm_scale', 2: 'norm_shift', 4: 'bias' },
  EmbedLayerNormalization: { 5: 'norm_scale', 6: 'norm_shift' },
  RMSNormalization: { 1: 'norm_scale' },
  SimplifiedLayerNormalization: { 1: 'norm_scale' },
  SkipLayerNormalization: { 2: 'norm_scale', 3: 'norm_shift', 4: 'bias' },
  SkipSimplifiedLayerNormalization: { 2: 'norm_scale', 3: 'bias' },
  MeanVarianceNormalization: {},
  LpNormalization: {},
};

const PASSES = new Set([
  'Sqrt',
  'Reciprocal',
  'Pow',
  'Add',
  'Identity',
  'Cast',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Expand',
  'Max',
  'Clip',
  'Mul',
  'Div',
]);
const REDUCES = new Set(['ReduceMean', 'ReduceSum', 'ReduceSumSquare', 'ReduceL2']);

/**
 * Whether a node divides a value by a statistic of itself: an operator for it, or the `Div` or
 * `Mul` at the end of a layer normalisation spelled in primitive operators.
 */
export function isNormalisation(wiring: Wiring, node: Node): boolean {
  if (NORM_SLOTS[node.operator] !== undefined) return true;
  if (node.operator !== 'Div' && node.operator !== 'Mul') return false;
  const [left, right] = node.inputs;
  return (
    divisorOf(wiring, left, right) || (node.operator === 'Mul' && divisorOf(wiring, right, left))
  );
}

/** Whether `divisor` is a root of a reduction of `value` (or of what `value` was before). */
function divisorOf(wiring: Wiring, value: string, divisor: string): boolean {
  let current = divisor;
  let rooted = false;
  for (let steps = 0; steps < 8; steps++) {
    const node = wiring.producer.get(current);
    if (node === undefined) return false;
    if (REDUCES.has(node.operator)) {
      return (
        (rooted || node.operator === 'ReduceL2') && comesFrom(wiring, node.inputs[0], value, 6)
      );
    }
    if (!PASSES.has(node.operator)) return false;
    rooted ||= node.operator === 'Sqrt' || node.operator === 'Pow';
    const next = node.inputs.find((input) => wiring.isData(input));
    if (next === undefined) return false;
    current = next;
  }
  return false;
}

/** Whether a value is made from another one, or from what that one was a few steps before. */
function comesFrom(wiring: Wiring, value: string, other: string, steps: number): boolean {
  const family = new Set<string>();
  let relatives = [other];
  for (let step = 0; step < NEAR; step++) {
    for (const name of relatives) if (wiring.isData(name)) family.add(name);
    relatives = makersOf(wiring, relatives);
  }
  let frontier = [value];
  for (let step = 0; step < steps; step++) {
    if (frontier.some((name) => family.has(name))) return true;
    frontier = makersOf(wiring, frontier);
  }
  return false;
}

const makersOf = (wiring: Wiring, values: readonly string[]): string[] => [
  ...new Set(values.flatMap((name) => wiring.producer.get(name)?.inputs ?? [])),
];

/** `γ (x − μ)` is three steps from `x`. */
const NEAR = 4;
