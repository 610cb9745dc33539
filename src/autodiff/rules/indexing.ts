import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit, furtherOutput } from '../emit.ts';
import {
  div,
  extents,
  indicator,
  keepWhere,
  mul,
  rankOf,
  reshape,
  reshapeLike,
  shapeOf,
  slice,
  squeeze,
  sub,
  unsqueeze,
  zerosLike,
} from '../ops.ts';
import { ints, scalar, typeOf, type Scope } from '../scope.ts';
import { fromStart } from '../type.ts';
import { nodeText } from '../wording.ts';
import { byExpansion, rule, type Rule } from './rule.ts';

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

/** The number of elements that some extents span. */
function sizeOf(s: Scope, list: string): string {
  const factors = emit(s, 'Concat', [ints(s, [1]), list], { axis: 0 });
  return emit(s, 'ReduceProd', [factors, ints(s, [0])], { keepdims: 1 });
}

/** Rows that were gathered are added up where they came from. */
const gather: Rule = rule((s, node, g) => {
  const [x, indices] = node.inputs;
  const axis = numberAttribute(node, 'axis', 0);
  const at = rankOf(s, x) === null ? axis : fromStart([axis], rankOf(s, x) ?? 0)[0];
  const before = extents(s, x, 0, at);
  const behind = at === -1 ? ints(s, []) : extents(s, x, at + 1);
  const concat = (parts: readonly string[]): string => emit(s, 'Concat', parts, { axis: 0 });
  return [
    () => {
      const rows = reshape(s, indices, [-1]);
      if (rankOf(s, x) !== null) {
        const target = concat([before, emit(s, 'Shape', [rows]), behind]);
        const spread = emit(s, 'Reshape', [g, target], { allowzero: 1 });
        return addRows(s, x, rows, spread, at);
      }
      // The rank is seen when the graph runs: the axes before and behind are taken as one each.
      const [outer, inner] = [sizeOf(s, before), sizeOf(s, behind)];
      const own = extents(s, x, at, at === -1 ? undefined : at + 1);
      const box = (extent: string): string => concat([outer, extent, inner]);
      const flat = emit(s, 'Reshape', [x, box(own)], { allowzero: 1 });
      const count = emit(s, 'Shape', [rows]);
      const spread = emit(s, 'Reshape', [g, box(count)], { allowzero: 1 });
      return reshapeLike(s, addRows(s, flat, rows, spread, 1), x);
    },
  ];
});

/** What index tuples point at: a matrix of rows, and the row of each tuple in it. */
interface Rows {
  /** The shape of the matrix. */
  readonly target: string;
  /** `[tuples]`. */
  readonly places: string;
}

/** Tuples of indices as places in row-major order of the axes that they point along, behind `batch` axes. */
function rowsOf(s: Scope, node: Node, x: string, indices: string, batch: number): Rows {
  const rank = rankOf(s, indices);
  const depth = typeOf(s, indices).shape?.at(-1) ?? null;
  if (typeof depth !== 'number' || rank === null) {
    throw new RangeError(
      `${nodeText(node)}: the length of its index tuples must be known to differentiate it, got an unknown one`,
    );
  }
  let place = ints(s, [0]);
  if (batch > 0) {
    const leading = extents(s, x, 0, batch);
    const count = squeeze(s, sizeOf(s, leading), [0]);
    const all = emit(s, 'Range', [ints(s, [0], []), count, ints(s, [1], [])]);
    const ones = Array.from({ length: rank - 1 - batch }, () => 1);
    const target = emit(s, 'Concat', [leading, ints(s, ones)], { axis: 0 });
    place = emit(s, 'Reshape', [all, target], { allowzero: 1 });
  }
  for (let at = 0; at < depth; at++) {
    const extent = extents(s, x, batch + at, batch + at + 1);
    const given = squeeze(s, slice(s, indices, rank - 1, at, at + 1), [rank - 1]);
    const isNegative = emit(s, 'Less', [given, ints(s, [0])]);
    const own = emit(s, 'Where', [isNegative, emit(s, 'Add', [given, extent]), given]);
    place = emit(s, 'Add', [emit(s, 'Mul', [place, extent]), own]);
  }
  const behind = extents(s, x, batch + depth);
  const target = emit(s, 'Concat', [ints(s, [-1]), sizeOf(s, behind)], { axis: 0 });
  return { target, places: reshape(s, place, [-1]) };
}

const gatherNd: Rule = rule((s, node, g) => {
  const [x, indices] = node.inputs;
  const batch = numberAttribute(node, 'batch_dims', 0);
  const { target, places } = rowsOf(s, node, x, indices, batch);
  return [
    () => {
      const flat = emit(s, 'Reshape', [x, target]);
      return reshapeLike(s, addRows(s, flat, places, emit(s, 'Reshape', [g, target]), 0), x);
    },
  ];
});

const reductionOf = (node: Node): string => textAttribute(node, 'reduction', 'none');

/** How a `ScatterElements` and the gather that undoes it are written along its axis. */
function along(s: Scope, node: Node) {
  const [, indices] = node.inputs;
  const axis = numberAttribute(node, 'axis', 0);
  return {
    gathered: (x: string): string => emit(s, 'GatherElements', [x, indices], { axis }),
    scattered: (x: string, updates: string, reduction: string): string =>
      emit(s, 'ScatterElements', [x, indices, updates], {
        axis,
        ...(reduction === 'none' ? {} : { reduction }),
      }),
  };
}

/** The largest or smallest of all that came to a place shares the cotangent with its equals. */
const scatterExtreme: Rule = rule((s, node, g) => {
  const [x, , updates] = node.inputs;
  const [y] = node.outputs;
  const { gathered, scattered } = along(s, node);
  const isIt = (value: string, result: string): string =>
    indicator(s, emit(s, 'Equal', [value, result]), g);
  const ofData = isIt(x, y);
  const ofUpdates = isIt(updates, gathered(y));
  const share = div(s, g, scattered(ofData, ofUpdates, 'add'));
  return [() => mul(s, ofData, share), null, () => mul(s, ofUpdates, gathered(share))];
});

/** The cotangent of a factor is that of the product times all other factors, which may be 0. */
const scatterProduct: Rule = rule((s, node, g) => {
  const [x, , updates] = node.inputs;
  const { gathered, scattered } = along(s, node);
  const isZero = (value: string): string => emit(s, 'Equal', [value, scalar(s, 0, g)]);
  const filled = (value: string): string =>
    emit(s, 'Where', [isZero(value), scalar(s, 1, g), value]);
  const zeros = (value: string): string => indicator(s, isZero(value), g);
  const product = scattered(filled(x), filled(updates), 'mul');
  const count = scattered(zeros(x), zeros(updates), 'add');
  const others = (value: string, all: string, nothings: string): string => {
    const isAlone = isZero(sub(s, nothings, zeros(value)));
    return keepWhere(s, isAlone, div(s, all, filled(value)));
  };
  return [
    () => mul(s, g, others(x, product, count)),
    null,
    () => mul(s, gathered(g), others(updates, gathered(product), gathered(count))),
  ];
});

const scatterPlain: Rule = rule((s, node, g) => {
  const [, , updates] = node.inputs;
  const { gathered, scattered } = along(s, node);
  return [
    () => (reductionOf(node) === 'add' ? g : scattered(g, zerosLike(s, updates), 'none')),
    null,
    () => gathered(g),
  ];
});

const scatterElements: Rule = {
  vjp: (call) => {
    const reduction = reductionOf(call.node);
    if (reduction === 'mul') return scatterProduct.vjp(call);
    return (reduction === 'max' || reduction === 'min' ? scatterExtreme : scatterPlain).vjp(call);
  },
};

/** Scattered slices as elements of a matrix. */
const scatterSlices: Rule = byExpansion((s, node) => {
  const [x, indices, updates] = node.inputs;
  const { target, places } = rowsOf(s, node, x, indices, 0);
  const rows = emit(s, 'Reshape', [updates, target]);
  const at = emit(s, 'Expand', [unsqueeze(s, places, [1]), shapeOf(s, rows)]);
  const attributes = { axis: 0, reduction: reductionOf(node) };
  const flat = emit(s, 'Reshape', [x, target]);
  return [reshapeLike(s, emit(s, 'ScatterElements', [flat, at, rows], attributes), x)];
});

const scatterPlainSlices: Rule = rule((s, node, g) => {
  const [, indices, updates] = node.inputs;
  const isSum = reductionOf(node) === 'add';
  return [
    () => (isSum ? g : emit(s, 'ScatterND', [g, indices, zerosLike(s, updates)])),
    null,
    () => emit(s, 'GatherND', [g, indices]),
  ];
});

/** The largest elements are sent back to where they came from. */
const topK: Rule = rule((s, node, g) => {
  const [x] = node.inputs;
  const attributes = { axis: numberAttribute(node, 'axis', -1), reduction: 'add' };
  return [
    () => emit(s, 'ScatterElements', [zerosLike(s, x), furtherOutput(s, node, 1), g], attributes),
  ];
});

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
  ScatterND: {
    vjp: (call) => {
      const isPlain = ['none', 'add'].includes(reductionOf(call.node));
      return (isPlain ? scatterPlainSlices : scatterSlices).vjp(call);
    },
  },
  ScatterElements: scatterElements,
  TopK: topK,
};
