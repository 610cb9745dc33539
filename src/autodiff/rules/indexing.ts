import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { extents, rankOf, reshape, reshapeLike, slice, unsqueeze, zerosLike } from '../ops.ts';
import { ints, typeOf, type Scope } from '../scope.ts';
import { fromStart } from '../type.ts';
import { nodeText } from '../wording.ts';
import { rule, type Rule } from './rule.ts';

/**
 * Adds rows of `g`, `[…, rows, …]` with the rows along `axis`, to zeros like `x` at the places that
 * `indices`, `[rows]`, say. Many rows may go to one place: onnxruntime's `ScatterND` would then lose some
 * when it runs on several threads, its `ScatterElements` does not.
 */
function addRows(s: Scope, x: string, indices: string, g: string, axis: number): string {
  const behind = (rankOf(s, x) ?? 1) - 1 - axis;
  const column = unsqueeze(
    s,
    indices,
    Array.from({ length: behind }, (_, index) => index + 1),
  );
  const places = emit(s, 'Expand', [column, emit(s, 'Shape', [g])]);
  return emit(s, 'ScatterElements', [zerosLike(s, x), places, g], { axis, reduction: 'add' });
}

function ranked(s: Scope, node: Node, value: string): number {
  const rank = rankOf(s, value);
  if (rank !== null) return rank;
  throw new RangeError(
    `${nodeText(node)}: the ranks of its inputs must be known to differentiate it, got unknown ones`,
  );
}

/** Rows that were gathered are added up where they came from. */
const gather: Rule = rule((s, node, g) => {
  const [x, indices] = node.inputs;
  const rank = ranked(s, node, x);
  const [axis] = fromStart([numberAttribute(node, 'axis', 0)], rank);
  return [
    () => {
      const parts = [extents(s, x, 0, axis), ints(s, [-1]), extents(s, x, axis + 1)];
      const target = emit(s, 'Concat', parts, { axis: 0 });
      return addRows(s, x, reshape(s, indices, [-1]), emit(s, 'Reshape', [g, target]), axis);
    },
  ];
});

/** Tuples of indices as places in row-major order of the axes that they point along. */
const gatherNd: Rule = rule((s, node, g) => {
  const [x, indices] = node.inputs;
  if (numberAttribute(node, 'batch_dims', 0) !== 0) {
    throw new RangeError(
      `${nodeText(node)}: batch_dims must be 0 to be differentiated, got ${numberAttribute(node, 'batch_dims', 0)}`,
    );
  }
  ranked(s, node, x);
  const depth = typeOf(s, indices).shape?.at(-1) ?? null;
  if (typeof depth !== 'number') {
    throw new RangeError(
      `${nodeText(node)}: the length of its index tuples must be known to differentiate it, got an unknown one`,
    );
  }
  return [
    () => {
      const tuples = reshape(s, indices, [-1, depth]);
      let place = ints(s, [0]);
      for (let at = 0; at < depth; at++) {
        const extent = extents(s, x, at, at + 1);
        const given = reshape(s, slice(s, tuples, 1, at, at + 1), [-1]);
        const isNegative = emit(s, 'Less', [given, ints(s, [0])]);
        const own = emit(s, 'Where', [isNegative, emit(s, 'Add', [given, extent]), given]);
        place = emit(s, 'Add', [emit(s, 'Mul', [place, extent]), own]);
      }
      const tail = emit(s, 'Concat', [ints(s, [-1]), extents(s, x, depth)], { axis: 0 });
      const flat = emit(s, 'Reshape', [x, tail]);
      const sum = addRows(s, flat, place, emit(s, 'Reshape', [g, tail]), 0);
      return reshapeLike(s, sum, x);
    },
  ];
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
