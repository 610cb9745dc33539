import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { rankOf, transpose, unsqueeze, zerosLike } from '../ops.ts';
import { fromStart } from '../type.ts';
import { nodeText } from '../wording.ts';
import { rule, type Rule } from './rule.ts';

function order(rank: number, from: number, count: number, to: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const moved = axes.splice(from, count);
  axes.splice(to, 0, ...moved);
  return axes;
}

/** Rows that were gathered are added up where they came from. */
const gather: Rule = rule((s, node, g) => {
  const [x, indices] = node.inputs;
  const rank = rankOf(s, x);
  const count = rankOf(s, indices);
  const given = numberAttribute(node, 'axis', 0);
  if (given !== 0 && (rank === null || count === null)) {
    throw new RangeError(
      `${nodeText(node)}: the ranks of its inputs must be known to differentiate it, got unknown ones`,
    );
  }
  const [axis] = rank === null ? [0] : fromStart([given], rank);
  return [
    () => {
      const zeros = zerosLike(s, x);
      const at = unsqueeze(s, indices, [-1]);
      const add = { reduction: 'add' };
      if (axis === 0 || rank === null || count === null) {
        return emit(s, 'ScatterND', [zeros, at, g], add);
      }
      const front = transpose(s, g, order(rank - 1 + count, axis, count, 0));
      const turned = transpose(s, zeros, order(rank, axis, 1, 0));
      const sum = emit(s, 'ScatterND', [turned, at, front], add);
      return transpose(s, sum, order(rank, 0, 1, axis));
    },
  ];
});

const gatherNd: Rule = rule((s, node, g) => {
  const [x, indices] = node.inputs;
  if (numberAttribute(node, 'batch_dims', 0) !== 0) {
    throw new RangeError(
      `${nodeText(node)}: batch_dims must be 0 to be differentiated, got ${numberAttribute(node, 'batch_dims', 0)}`,
    );
  }
  return [() => emit(s, 'ScatterND', [zerosLike(s, x), indices, g], { reduction: 'add' })];
});

function reductionOf(node: Node): 'add' | 'none' {
  const reduction = textAttribute(node, 'reduction', 'none');
  if (reduction === 'add' || reduction === 'none') return reduction;
  throw new RangeError(
    `${nodeText(node)}: reduction must be none or add to be differentiated, got ${reduction}`,
  );
}

/** Indexing; scattering is what a gather does to cotangents. */
export const indexing: Readonly<Record<string, Rule>> = {
  Gather: gather,
  GatherND: gatherNd,
  GatherElements: rule((s, node, g) => {
    const [x, indices] = node.inputs;
    const axis = numberAttribute(node, 'axis', 0);
    const add = { axis, reduction: 'add' };
    return [() => emit(s, 'ScatterElements', [zerosLike(s, x), indices, g], add)];
  }),
  ScatterND: rule((s, node, g) => {
    const [, indices, updates] = node.inputs;
    const isSum = reductionOf(node) === 'add';
    return [
      () => (isSum ? g : emit(s, 'ScatterND', [g, indices, zerosLike(s, updates)])),
      null,
      () => emit(s, 'GatherND', [g, indices]),
    ];
  }),
  ScatterElements: rule((s, node, g) => {
    const [, indices, updates] = node.inputs;
    const isSum = reductionOf(node) === 'add';
    const axis = numberAttribute(node, 'axis', 0);
    return [
      () => (isSum ? g : emit(s, 'ScatterElements', [g, indices, zerosLike(s, updates)], { axis })),
      null,
      () => emit(s, 'GatherElements', [g, indices], { axis }),
    ];
  }),
};
