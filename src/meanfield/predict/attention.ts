import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { countOf } from './axes.ts';
import { productMoments, type Moments } from './moments.ts';
import { attentionOverlaps, scoreContrasts, softmaxMoments } from '../rules/attention.ts';
import { averageMoments } from '../rules/averages.ts';
import { eachPair, type Pairs } from '../rules/pairs.ts';
import { softmaxSums } from '../rules/softmax.ts';
import { signalOf } from './signal-of.ts';
import {
  opened,
  unknown,
  type Axes,
  type Axis,
  type Scores,
  type Shares,
  type Signal,
  type State,
} from './state.ts';
import type { Rule, Walk } from './walk.ts';

const ATTENDED = 'scores are taken as Gaussian and independent of the values';

/** Scores of a larger variance are taken for those of this one, which leave little but the largest key. */
const LARGEST = 900;

/** A product of two values that both carry the signal: scores, an average by attention, or any other. */
export const productRule: Rule = (walk, node) => {
  const [left, right] = node.inputs;
  const shares = walk.of(left);
  if (shares.kind === 'unknown') return [shares];
  const b = signalOf(walk, right);
  if (b.kind === 'unknown') return [b];
  if (shares.kind === 'shares') return [averaged(node, shares, right, b)];
  const a = signalOf(walk, left);
  if (a.kind === 'unknown') return [a];
  if (walk.isStored(node.outputs[0])) {
    const outer = storedOuter(node, a, b);
    if (outer !== null) return [outer];
  }
  if (a.axes === null || b.axes === null || a.axes.length < 2 || b.axes.length < 2) {
    return [unknown(`${node.operator} of two values whose axes are not known has no rule`)];
  }
  return [multiplied(node, [left, a], [right, b])];
};

/** `Einsum` of two stored vectors, each element with each, as angles of a rotation are made. */
function storedOuter(node: Node, a: Signal, b: Signal): State | null {
  const [terms, result] = textAttribute(node, 'equation', '').replaceAll(/\s/g, '').split('->');
  const [i, j] = terms.split(',');
  if (node.inputs.length !== 2 || i.length !== 1 || j?.length !== 1 || result !== i + j)
    return null;
  if (a.axes?.length !== 1 || b.axes?.length !== 1) return null;
  const moments = productMoments(a.moments(), b.moments());
  return opened(node.outputs[0], moments, [...a.axes, ...b.axes]);
}

/** `Σ_u a_iu b_uj`: over units the scores of an attention, over positions a mixture. */
function multiplied(
  node: Node,
  [leftName, a]: readonly [string, Signal],
  [rightName, b]: readonly [string, Signal],
): State {
  const isTurned = (name: string): boolean => numberAttribute(node, name, 0) === 1;
  const [left, right] = [a.axes ?? [], b.axes ?? []];
  const [rows, over] = lastTwo(left, isTurned('transA'));
  const [, columns] = lastTwo(right, isTurned('transB'));
  const terms = over.size;
  if (terms === null) {
    return unknown(`${node.operator}: how many terms a sum has must be known`);
  }
  const scale = numberAttribute(node, 'alpha', 1) ** 2;
  const [x, y] = [a.moments(), b.moments()];
  const cross = (x.mean * y.mean) ** 2;
  const pair = (u: number, v: number, apart: number = cross): number =>
    scale * terms * (u * v + (terms - 1) * apart);
  // Over positions the terms of a sum have in common what two positions have.
  const isMixture = over.kind === 'place' || over.kind === 'key';
  const moments = {
    mean: Math.sqrt(scale) * terms * x.mean * y.mean,
    q: pair(x.q, y.q, isMixture ? x.p * y.p : cross),
    k: pair(x.k, y.k, isMixture ? x.r * y.r : cross),
    p: pair(x.p, y.p),
    r: pair(x.r, y.r),
  };
  const pulls = [
    { to: leftName, factor: scale * (columns.size ?? 1) * y.q },
    { to: rightName, factor: scale * (rows.size ?? 1) * x.q },
  ];
  const isScores =
    over.kind === 'unit' &&
    rows.kind === 'place' &&
    columns.kind === 'place' &&
    node.inputs.length === 2;
  const axes: Axes = [
    ...(left.length >= right.length ? left : right).slice(0, -2),
    rows,
    isScores ? { kind: 'key', size: columns.size } : columns,
  ];
  if (!isScores) {
    return opened(node.outputs[0], moments, axes, {
      pulls,
      note: 'its factors are taken as independent',
    });
  }
  const contrasts = scoreContrasts(x, y, { size: terms, scale: Math.sqrt(scale) });
  return {
    kind: 'scores',
    contrasts,
    seen: 'all',
    axes,
    pulls: [
      { to: leftName, factor: scale * (y.q - y.p) },
      { to: rightName, factor: scale * x.q },
    ],
    moments,
  };
}

function lastTwo(axes: readonly Axis[], isTurned: boolean): readonly [Axis, Axis] {
  const [a, b] = axes.slice(-2);
  return isTurned ? [b, a] : [a, b];
}

/** Scores times a number. */
export function scaledScores(scores: Scores, factor: number): Scores {
  const square = factor * factor;
  const { mean, q, k, p, r } = scores.moments;
  return {
    ...scores,
    contrasts: eachPair(scores.contrasts, (x) => square * x),
    moments: { mean: factor * mean, q: square * q, k: square * k, p: square * p, r: square * r },
    pulls: scores.pulls.map((pull) => ({ to: pull.to, factor: pull.factor * square })),
  };
}

/** Scores to which something is added that is the same for all inputs. */
export function spreadScores(scores: Scores, added: Moments): Scores {
  const variance = added.q - added.mean ** 2;
  const { q, k, p, r } = scores.contrasts;
  return { ...scores, contrasts: { q: q + variance, k: k + variance, p, r } };
}

/** Scores of which a stored table lets only some be seen. */
export function maskedScores(
  scores: Scores,
  seen: ArrayLike<number>,
  shape: readonly number[],
): Scores {
  const keys = shape[shape.length - 1] ?? 1;
  let sum = 0;
  let rows = 0;
  let isCausal = true;
  for (let start = 0; start < seen.length; start += keys) {
    let count = 0;
    for (let key = 0; key < keys; key++) count += seen[start + key];
    if (count === 0) continue;
    isCausal &&= count === (rows % keys) + 1;
    sum += 1 / count;
    rows++;
  }
  if (rows === 0 || keys === 1) return scores;
  return {
    ...scores,
    seen: isCausal && rows % keys === 0 ? 'causal' : Math.max(1, Math.round(rows / sum)),
  };
}

/** `Where`: scores of which a stored condition lets only some be seen. */
export const whereRule: Rule = (walk, node) => {
  const [condition, yes, no] = node.inputs;
  const [a, b] = [walk.of(yes), walk.of(no)];
  const [scores, isSeenWhere] = a.kind === 'scores' ? [a, 1] : [b, 0];
  const other = a.kind === 'scores' ? b : a;
  if (scores.kind === 'scores' && other.kind === 'level' && other.value < -1e4) {
    const mask = truthOf(walk, condition);
    if (mask === null) return [scores];
    const seen = mask.values.map((value) => (value === isSeenWhere ? 1 : 0));
    return [maskedScores(scores, seen, mask.shape)];
  }
  if (a.kind === 'unknown') return [a];
  if (b.kind === 'unknown') return [b];
  if (a.kind === 'level' && b.kind === 'level' && a.value === b.value) return [a];
  return [unknown('Where has no rule, since which of two values it takes is not known')];
};

interface Truth {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  LessOrEqual: (a, b) => a <= b,
  Less: (a, b) => a < b,
  GreaterOrEqual: (a, b) => a >= b,
  Greater: (a, b) => a > b,
  Equal: (a, b) => a === b,
};

/** Elements of a mask beyond which it is not looked at. */
const MOST_ELEMENTS = 2 ** 24;

/** A stored condition, or a comparison of two stored tensors. */
function truthOf(walk: Walk, value: string): Truth | null {
  const constant = walk.graph.constants.get(value);
  if (constant !== undefined) {
    if (sizeOf(constant.shape) > MOST_ELEMENTS) return null;
    return {
      values: Array.from<number | bigint, number>(constant.read().data, Number),
      shape: constant.shape,
    };
  }
  const node = walk.producer.get(value);
  if (node?.operator === 'Cast' || node?.operator === 'Identity') {
    return truthOf(walk, node.inputs[0]);
  }
  if (node?.operator === 'Not') {
    const truth = truthOf(walk, node.inputs[0]);
    return truth && { ...truth, values: truth.values.map((x) => (x === 0 ? 1 : 0)) };
  }
  if (node?.operator === 'Trilu') return triangleOf(walk, node);
  const compare = COMPARE[node?.operator ?? ''];
  if (node === undefined || compare === undefined) return null;
  const [a, b] = [truthOf(walk, node.inputs[0]), truthOf(walk, node.inputs[1])];
  if (a === null || b === null || a.shape.length !== b.shape.length) return null;
  const shape = a.shape.map((size, axis) => Math.max(size, b.shape[axis]));
  if (sizeOf(shape) > MOST_ELEMENTS) return null;
  const values = Array.from({ length: sizeOf(shape) }, (_, index) =>
    compare(elementAt(a, shape, index), elementAt(b, shape, index)) ? 1 : 0,
  );
  return { values, shape };
}

/** `Trilu`: a stored matrix above or below a diagonal. */
function triangleOf(walk: Walk, node: Node): Truth | null {
  const truth = truthOf(walk, node.inputs[0]);
  const diagonal = node.inputs[1] === undefined ? 0 : truthOf(walk, node.inputs[1])?.values[0];
  if (truth === null || diagonal === undefined || truth.shape.length < 2) return null;
  const [rows, columns] = truth.shape.slice(-2);
  const isUpper = numberAttribute(node, 'upper', 1) === 1;
  const values = truth.values.map((value, index) => {
    const over = (index % columns) - (Math.floor(index / columns) % rows) - diagonal;
    return (isUpper ? over >= 0 : over <= 0) ? value : 0;
  });
  return { values, shape: truth.shape };
}

function elementAt(table: Truth, shape: readonly number[], index: number): number {
  let rest = index;
  let offset = 0;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const at = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
    if (table.shape[axis] !== 1) offset += at * stride;
    stride *= table.shape[axis];
  }
  return table.values[offset];
}

/** A softmax: over keys the shares of an attention, over units positive numbers that sum up to 1. */
export const softmaxRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'unknown') return [state];
  if (state.kind === 'scores') {
    const size = state.axes?.at(-1)?.size ?? null;
    const keys = typeof state.seen === 'number' ? state.seen : size;
    if (keys === null)
      return [unknown('Softmax over a number of keys that is not known has no rule')];
    const options = { tokens: keys, causal: state.seen === 'causal' };
    const contrasts = bounded(state.contrasts);
    const { gradient } = softmaxSums(keys, contrasts.q, options);
    const overlaps = attentionOverlaps(contrasts, options);
    return [{ kind: 'shares', overlaps, gradient, keys, axes: state.axes, scores: state }];
  }
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  return [softmaxed(node, signal)];
};

/** Covariances of a variance that is not larger than can be told from the largest. */
function bounded(pairs: Pairs): Pairs {
  const factor = pairs.q > LARGEST ? LARGEST / pairs.q : 1;
  return eachPair(pairs, (x) => factor * x);
}

/** A softmax over units. */
function softmaxed(node: Node, signal: Signal): State {
  const { axes } = signal;
  const count =
    axes === null || axes.length === 0 ? null : countAlong(axes, numberAttribute(node, 'axis', -1));
  if (count === null) return unknown(`${node.operator} over a number of units that is not known`);
  const { mean, q, k, p, r } = signal.moments();
  const [to] = node.inputs;
  if (node.operator === 'LogSoftmax') {
    const shift = -(Math.log(count) + mean + (q - mean ** 2) / 2);
    const cross = 2 * shift * mean + shift ** 2;
    return opened(
      node.outputs[0],
      { mean: mean + shift, q: q + cross, k: k + cross, p: p + cross, r: r + cross },
      axes,
      {
        note: 'the sum of its exponentials is replaced by its mean',
        pulls: [{ to, factor: 1 }],
        chi: 1,
      },
    );
  }
  const square = mean * mean;
  const centred = bounded({
    q: Math.max(0, q - square),
    k: k - square,
    p: p - square,
    r: r - square,
  });
  const { mean: share, pairs } = softmaxMoments(centred, { tokens: count });
  const factor = softmaxSums(count, centred.q).gradient / count;
  return opened(node.outputs[0], { mean: share, ...pairs }, axes, {
    note: 'its inputs are taken as Gaussian',
    pulls: [{ to, factor }],
    chi: factor,
  });
}

/** Elements that a softmax along an axis sums over. */
function countAlong(axes: readonly Axis[], axis: number): number | null {
  const at = axes[axis < 0 ? axes.length + axis : axis];
  if (at?.size === 1) return countOf(axes, ['unit']);
  return at?.size ?? null;
}

/** `Σ_j a_ij v_j`: what all positions share stays, the rest is averaged. */
function averaged(node: Node, shares: Shares, name: string, values: Signal): State {
  const { overlaps, gradient, scores, axes: weightAxes } = shares;
  const { mean, ...pairs } = values.moments();
  const { pairs: averages } = averageMoments({ mean, pairs }, overlaps);
  const rank = values.axes?.length ?? 0;
  const queries = weightAxes?.at(-2);
  const axes =
    values.axes === null || queries === undefined || rank < 2
      ? values.axes
      : values.axes.with(rank - 2, queries);
  const units = values.axes?.at(-1)?.size ?? 1;
  const keys = weightAxes?.at(-1)?.size ?? shares.keys;
  const perKey = (queries?.size ?? keys) / keys;
  const atWeights = units * Math.max(0, pairs.q - pairs.p) * gradient;
  const [toQuery, toKey] = scores.pulls;
  return opened(node.outputs[0], { mean, ...averages }, axes, {
    pulls: [
      { to: name, factor: perKey * overlaps.q },
      { to: toQuery.to, factor: atWeights * toQuery.factor },
      { to: toKey.to, factor: perKey * atWeights * toKey.factor },
    ],
    note: ATTENDED,
  });
}
