import type { Moments } from './moments.ts';
import type { Axes, Axis, Signal } from './state.ts';

/** The axes of two values put together element by element, the last ones aligned. */
export function broadcastAxes(left: Axes, right: Axes): Axes {
  if (left === null || right === null) return left ?? right;
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, index): Axis => {
    const a = left[index - (rank - left.length)];
    const b = right[index - (rank - right.length)];
    if (a === undefined) return b;
    if (b === undefined) return a;
    if (a.size === 1 && b.size !== 1) return b;
    if (b.size === 1 || a.kind !== 'unit' || b.kind === 'unit') {
      return a.size === null && b.size !== 1 ? { ...a, size: b.size } : a;
    }
    return b;
  });
}

/**
 * The moments of an operand as it stands in the result: a stored table with an entry for every position
 * says nothing of one position about another.
 */
export function aligned(signal: Signal, axes: Axes): Moments {
  const moments = signal.moments();
  if (signal.axes === null || axes === null || signal.axes.some(({ kind }) => kind !== 'unit')) {
    return moments;
  }
  const shift = axes.length - signal.axes.length;
  const differs = signal.axes.some(
    ({ size }, index) => size !== 1 && axes[index + shift]?.kind === 'place',
  );
  if (!differs || moments.p !== moments.q) return moments;
  return { ...moments, p: moments.mean ** 2, r: moments.mean ** 2 };
}

/** The number of elements along some kinds of axes, `null` where one is not known. */
export function countOf(axes: Axes, kinds: readonly Axis['kind'][]): number | null {
  if (axes === null) return null;
  let count = 1;
  for (const { kind, size } of axes) {
    if (!kinds.includes(kind)) continue;
    if (size === null) return null;
    count *= size;
  }
  return count;
}
