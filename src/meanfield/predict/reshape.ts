import type { Node } from '../../graph/index.ts';
import type { Integers } from './integers.ts';
import type { Axes, Axis } from './state.ts';
import type { Walk } from './walk.ts';

/** Several axes as one: units and positions together are units. */
export function merged(axes: readonly Axis[]): Axis {
  const long = axes.filter(({ size }) => size !== 1);
  const size = axes.every((axis) => axis.size !== null)
    ? axes.reduce((all, axis) => all * (axis.size ?? 1), 1)
    : null;
  const kinds = new Set(long.map(({ kind }) => kind));
  if (kinds.size === 0) return { kind: axes[0]?.kind ?? 'unit', size };
  const kind = kinds.has('unit')
    ? 'unit'
    : kinds.has('key')
      ? 'key'
      : kinds.has('place')
        ? 'place'
        : 'batch';
  return { kind, size };
}

/** The axes after a reshape: runs of old and of new axes of equal size are paired. */
export function reshapedAxes(from: readonly Axis[], shape: Integers): Axes {
  const whole = from.every(({ size }) => size !== null)
    ? from.reduce((all, { size }) => all * (size ?? 1), 1)
    : null;
  const copied = shape.map((extent, index) =>
    extent === 0 ? (from[index]?.size ?? null) : extent,
  );
  // A batch of open size that is copied or left to be found pairs with itself.
  const open = copied.indexOf(-1);
  const rest = copied.reduce<number | null>(
    (all, extent, index) =>
      index === open ? all : all === null || extent === null ? null : all * extent,
    1,
  );
  const to: (number | null)[] = copied.map((extent, index) =>
    index !== open ? extent : whole !== null && rest !== null ? whole / rest : null,
  );
  const result: Axis[] = [];
  let [old, next] = [0, 0];
  while (next < to.length) {
    const [oldStart, nextStart] = [old, next];
    let oldSize = from[old++]?.size ?? null;
    let newSize = to[next++];
    if (oldSize === null || newSize === null) {
      if (oldSize !== null || newSize !== null) {
        // An open extent of the result takes what is left in front of the last axes.
        return alignedFromEnd(from, to);
      }
      result.push(from[oldStart] ?? { kind: 'unit', size: null });
      continue;
    }
    while (oldSize !== newSize) {
      if (oldSize < newSize) {
        const more: number | null = from[old++]?.size ?? null;
        if (more === null) return alignedFromEnd(from, to);
        oldSize *= more;
      } else {
        const more: number | null = to[next++] ?? null;
        if (more === null) return alignedFromEnd(from, to);
        newSize *= more;
      }
    }
    while (old < from.length && from[old].size === 1 && next >= to.length) old++;
    const run = from.slice(oldStart, old);
    result.push(...splitRun(run, to.slice(nextStart, next)));
  }
  return result;
}

/** One run of old axes as new ones: where the run is of one kind all are of that kind. */
function splitRun(run: readonly Axis[], sizes: readonly (number | null)[]): Axis[] {
  if (run.length === sizes.length && run.every(({ size }, i) => size === sizes[i])) return [...run];
  const { kind } = merged(run);
  if (sizes.length === 1 || new Set(run.map((axis) => axis.kind)).size === 1) {
    return sizes.map((size) => ({ kind, size }));
  }
  // A batch and heads taken apart again: sizes of 1 are batch, the others are what the run is.
  const [first] = run;
  return sizes.map((size, index) => ({ kind: index === 0 ? first.kind : kind, size }));
}

/** Pairs of axes from the end on; what is left in front is the batch. */
function alignedFromEnd(from: readonly Axis[], to: readonly (number | null)[]): Axes {
  const result: Axis[] = to.map((size) => ({ kind: 'batch', size }));
  let left = from.length - 1;
  for (let right = to.length - 1; right >= 0 && left >= 0; right--) {
    const size = to[right];
    const own = from[left];
    if (size === null || own.size === null) {
      result[right] = { kind: own.kind, size };
      left--;
      continue;
    }
    if (own.size === size) {
      result[right] = own;
      left--;
      continue;
    }
    let gathered = own.size;
    const run = [own];
    let last = left - 1;
    while (gathered < size && last >= 0) {
      const more = from[last].size;
      if (more === null) break;
      gathered *= more;
      run.push(from[last--]);
    }
    if (gathered === size) {
      result[right] = merged(run.reverse());
      left = last;
      continue;
    }
    // One old axis taken apart.
    let product = size;
    let start = right;
    while (product < own.size && start > 0) {
      const more = to[start - 1];
      if (more === null) break;
      product *= more;
      start--;
    }
    for (let i = start; i <= right; i++) result[i] = { kind: own.kind, size: to[i] };
    right = start;
    left--;
  }
  return result;
}

/** Whether a reshape but forms the groups of a normalisation, after which another takes them apart again. */
export function isGrouping(
  walk: Walk,
  node: Node,
  axes: readonly Axis[],
  shape: Integers | null,
): boolean {
  if (shape?.length !== 3 || axes.length < 3 || axes[1].kind !== 'unit') return false;
  if (shape[1] === axes[1].size) return false;
  const next = walk.graph.nodes.filter(({ inputs }) => inputs.includes(node.outputs[0]));
  return next.length === 1 && next[0].operator === 'InstanceNormalization';
}
