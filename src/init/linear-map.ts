import { stridesOf, type AxisRole } from '../tensor/index.ts';
import type { Spec } from './initializer.ts';

/**
 * Where the elements of a weight stand, whatever the order of its axes: element (output o, input i,
 * tap t) of map g is at `bases[g] + outputs[o] + inputs[i] + taps[t]`. There is one map per group and
 * per element of the batch axes; several axes of one role count together, the first the slowest.
 */
export interface LinearMaps {
  readonly bases: readonly number[];
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  readonly taps: readonly number[];
  /** Extents of the kernel axes; empty for a dense weight. */
  readonly kernel: readonly number[];
}

/** Why the tensor is no set of linear maps, as `must …, got …`, or `null` if it is one. */
export function notLinear({ shape, layout, groups }: Spec): string | null {
  const shown = `[${shape.join(', ')}]`;
  if (shape.length < 2) return `shape must have at least 2 dimensions, got ${shown}`;
  if (!layout.includes('out') || !layout.includes('in')) {
    return `layout must have an out and an in axis, got [${layout.join(', ')}] for shape ${shown}`;
  }
  const axis = groupedAxis(layout);
  return shape[axis] % groups === 0
    ? null
    : `groups must divide the ${layout[axis]} axis of ${shown}, got ${groups}`;
}

/** The axis that groups divide: `in` for `[in, out, ...kernel]`, a transposed convolution, else `out`. */
function groupedAxis(layout: readonly AxisRole[]): number {
  const isTransposed = layout[0] === 'in' && layout.includes('kernel');
  return layout.indexOf(isTransposed ? 'in' : 'out');
}

/** The maps of a weight for which `notLinear` is `null`. */
export function linearMaps({ shape, layout, groups }: Spec): LinearMaps {
  const strides = stridesOf(shape);
  const divided = groupedAxis(layout);
  const extents = shape.map((extent, axis) => (axis === divided ? extent / groups : extent));
  const offsets = (role: AxisRole): number[] => {
    let all = [0];
    for (const [axis, extent] of extents.entries()) {
      if (layout[axis] !== role) continue;
      const steps = Array.from({ length: extent }, (_, i) => i * strides[axis]);
      all = all.flatMap((start) => steps.map((step) => start + step));
    }
    return all;
  };
  const starts = Array.from({ length: groups }, (_, g) => g * extents[divided] * strides[divided]);
  return {
    bases: offsets('batch').flatMap((batch) => starts.map((start) => batch + start)),
    outputs: offsets('out'),
    inputs: offsets('in'),
    taps: offsets('kernel'),
    kernel: shape.filter((_, axis) => layout[axis] === 'kernel'),
  };
}

/** The index into `taps` of the tap at the position `at(extent)` of every kernel axis. */
export function tapAt(kernel: readonly number[], at: (extent: number) => number): number {
  return kernel.reduce((index, extent) => index * extent + at(extent), 0);
}
