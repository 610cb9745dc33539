import { sizeOf, stridesOf, type AxisRole } from '../tensor/index.ts';
import type { Spec } from './initializer.ts';

/** Distances in elements. */
export type Offsets = Float64Array;

/**
 * Where the elements of a weight stand, whatever the order of its axes: element (output o, input i,
 * tap t) of map g is at `bases[g] + outputs[o] + inputs[i] + taps[t]`. There is one map per group and
 * per element of the batch axes; several axes of one role count together, the first the slowest.
 */
export interface LinearMaps {
  readonly bases: Offsets;
  readonly outputs: Offsets;
  readonly inputs: Offsets;
  readonly taps: Offsets;
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

/** How large one of the maps is. */
export interface MapSize {
  readonly outputs: number;
  readonly inputs: number;
  readonly taps: number;
}

/** The size of each map of a weight for which `notLinear` is `null`. */
export function mapSize(spec: Spec): MapSize {
  const extents = extentsOfMap(spec);
  const count = (role: AxisRole): number =>
    sizeOf(extents.filter((_, axis) => spec.layout[axis] === role));
  return { outputs: count('out'), inputs: count('in'), taps: count('kernel') };
}

/** The extents of one group. */
function extentsOfMap({ shape, layout, groups }: Spec): number[] {
  const divided = groupedAxis(layout);
  return shape.map((extent, axis) => (axis === divided ? extent / groups : extent));
}

/** The maps of a weight for which `notLinear` is `null`. */
export function linearMaps(spec: Spec): LinearMaps {
  const { shape, layout, groups } = spec;
  const strides = stridesOf(shape);
  const divided = groupedAxis(layout);
  const extents = extentsOfMap(spec);
  const offsets = (role: AxisRole): Offsets => {
    let all = steps(1, 0);
    for (const [axis, extent] of extents.entries()) {
      if (layout[axis] === role) all = sums(all, steps(extent, strides[axis]));
    }
    return all;
  };
  return {
    bases: sums(offsets('batch'), steps(groups, extents[divided] * strides[divided])),
    outputs: offsets('out'),
    inputs: offsets('in'),
    taps: offsets('kernel'),
    kernel: shape.filter((_, axis) => layout[axis] === 'kernel'),
  };
}

function steps(count: number, distance: number): Offsets {
  const all = new Float64Array(count);
  for (let i = 0; i < count; i++) all[i] = i * distance;
  return all;
}

/** Every sum of one offset of each list, the first list the slower. */
export function sums(slow: Offsets, fast: Offsets): Offsets {
  const all = new Float64Array(slow.length * fast.length);
  for (let i = 0; i < slow.length; i++) {
    for (let j = 0; j < fast.length; j++) all[i * fast.length + j] = slow[i] + fast[j];
  }
  return all;
}

/** The index into `taps` of the tap at the position `at(extent)` of every kernel axis. */
export function tapAt(kernel: readonly number[], at: (extent: number) => number): number {
  return kernel.reduce((index, extent) => index * extent + at(extent), 0);
}
