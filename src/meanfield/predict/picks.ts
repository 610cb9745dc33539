import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { integersOf, knownIntegers } from './integers.ts';
import { withoutPositions } from './moments.ts';
import { moved, reopened } from './moves.ts';
import { hasPlaces, opened, type Axes, type Signal, type State } from './state.ts';
import type { Rule, Walk } from './walk.ts';

/** `Slice`: some of the elements. */
export const sliceRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'unknown' || state.axes === null) return [state];
  const starts = numbersAttribute(node, 'starts') ?? knownIntegers(walk, node.inputs[1]);
  const ends = numbersAttribute(node, 'ends') ?? knownIntegers(walk, node.inputs[2]);
  if (starts === null || ends === null) return [moved(node, state, null)];
  const along =
    numbersAttribute(node, 'axes') ??
    (node.inputs[3] === undefined || node.inputs[3] === ''
      ? starts.map((_, index) => index)
      : knownIntegers(walk, node.inputs[3]));
  if (along === null) return [moved(node, state, null)];
  const steps = knownIntegers(walk, node.inputs[4]);
  let share = 1;
  const axes = [...state.axes];
  for (const [index, given] of along.entries()) {
    const axis = given < 0 ? given + axes.length : given;
    const { kind, size } = axes[axis];
    if (size === null) continue;
    const clamp = (at: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));
    const step = Math.abs(steps?.[index] ?? 1);
    const kept = Math.max(0, Math.ceil(Math.abs(clamp(ends[index]) - clamp(starts[index])) / step));
    share *= size === 0 ? 1 : kept / size;
    axes[axis] = { kind, size: kept };
  }
  return [picked(node, state, axes, share)];
};

/** Part of a value; the gradient of what is left out is zero. */
function picked(
  node: Node,
  state: State,
  axes: Axes,
  share: number,
  output: string = node.outputs[0],
): State {
  if (state.kind !== 'signal' || share === 1) return moved(node, state, axes, output);
  const moments = state.moments();
  const isStored = state.axes?.every(({ kind }) => kind === 'unit') ?? false;
  const kept = isStored || hasPlaces(axes) ? moments : withoutPositions(moments);
  return reopened(node, output, state, kept, axes, share);
}

/** `Split`: a value in parts. */
export const splitRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  const count = node.outputs.length;
  if (state.kind === 'unknown' || state.axes === null) return node.outputs.map(() => state);
  const { axes } = state;
  const at = numberAttribute(node, 'axis', 0);
  const axis = at < 0 ? at + axes.length : at;
  const { kind, size } = axes[axis];
  const sizes = numbersAttribute(node, 'split') ?? knownIntegers(walk, node.inputs[1]);
  return node.outputs.map((output, index) => {
    const each = sizes?.[index] ?? (size === null ? null : Math.ceil(size / count));
    const share = each === null || size === null ? 1 / count : each / size;
    return picked(node, state, axes.with(axis, { kind, size: each }), share, output);
  });
};

/** `Gather`: rows of a stored table by tokens, or some elements of a value. */
export const gatherRule: Rule = (walk, node) => {
  const [table, indices] = node.inputs;
  const [state, index] = [walk.of(table), walk.of(indices)];
  if (state.kind === 'unknown') return [state];
  if (state.kind === 'tokens')
    return [{ kind: 'tokens', axes: index.kind === 'unknown' ? null : index.axes }];
  const axes = gatheredAxes(walk, node, state.axes, index);
  const isLookup = walk.isStored(table) && !walk.isStored(indices);
  if (isLookup) return [state.kind === 'signal' ? lookedUp(node, state, axes) : { ...state, axes }];
  const at = numberAttribute(node, 'axis', 0);
  const size = state.axes?.at(at)?.size ?? null;
  const list = integersOf(walk, indices);
  const share = size === null || list === null ? 1 : Math.min(1, list.length / size);
  return [picked(node, state, axes, share)];
};

function gatheredAxes(walk: Walk, node: Node, axes: Axes, index: State): Axes {
  const own = index.kind === 'unknown' ? null : index.axes;
  if (axes === null || own === null) return null;
  const at = numberAttribute(node, 'axis', 0);
  const axis = at < 0 ? at + axes.length : at;
  const isPick = walk.isStored(node.inputs[1]);
  const inner = isPick ? own.map(({ size }) => ({ kind: axes[axis].kind, size })) : own;
  return [...axes.slice(0, axis), ...inner, ...axes.slice(axis + 1)];
}

/** Rows of a table by tokens that differ between inputs and positions. */
function lookedUp(node: Node, table: Signal, axes: Axes): State {
  const { mean, q } = table.moments();
  const rows = table.axes?.[0]?.size ?? Infinity;
  const apart = mean ** 2 + (q - mean ** 2) / rows;
  const moments = { mean, q, k: apart, p: apart, r: apart };
  return opened(node.outputs[0], hasPlaces(axes) ? moments : withoutPositions(moments), axes, {
    isGaussian: true,
    pulls: [],
  });
}
