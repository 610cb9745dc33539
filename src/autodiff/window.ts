import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../graph/index.ts';

/** How a kernel moves along the spatial axes; `null` pads are those that only a known extent gives. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** `[before, after]` of each axis. */
  readonly pads: readonly (readonly [number, number] | null)[];
}

/** A window whose padding is known. */
export interface PaddedWindow extends Window {
  readonly pads: readonly (readonly [number, number])[];
}

/** The extent of a kernel with its gaps, `(k - 1)·d + 1`. */
export function reach({ kernel, dilations }: Window, axis: number): number {
  return (kernel[axis] - 1) * dilations[axis] + 1;
}

/** The window of a convolution or pooling over `kernel`, with `auto_pad` solved where `extents` are known. */
export function windowOf(
  node: Node,
  kernel: readonly number[],
  extents: readonly (number | null)[],
): Window {
  const ones = kernel.map(() => 1);
  const strides = numbersAttribute(node, 'strides') ?? ones;
  const dilations = numbersAttribute(node, 'dilations') ?? ones;
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const given = numbersAttribute(node, 'pads') ?? kernel.flatMap(() => [0, 0]);
  const pads = kernel.map((size, axis): readonly [number, number] | null => {
    if (auto === 'VALID') return [0, 0];
    if (auto === 'NOTSET') return [given[axis], given[axis + kernel.length]];
    const extent = extents[axis];
    if (extent === null) return null;
    const span = (size - 1) * dilations[axis] + 1;
    const steps = Math.ceil(extent / strides[axis]);
    const total = Math.max((steps - 1) * strides[axis] + span - extent, 0);
    const small = Math.floor(total / 2);
    return auto === 'SAME_UPPER' ? [small, total - small] : [total - small, small];
  });
  return { kernel, strides, dilations, pads };
}

/** How many places a window has along an axis of a known extent. */
export function places(window: Window, axis: number, extent: number, isCeil: boolean): number {
  const [before, after] = window.pads[axis] ?? [0, 0];
  const stride = window.strides[axis];
  const room = extent + before + after - reach(window, axis);
  if (!isCeil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // A window that starts in the padding behind the data is left out.
  return (count - 1) * stride >= extent + before ? count - 1 : count;
}

/** Whether a pooling rounds the number of its places up. */
export function isCeil(node: Node): boolean {
  return numberAttribute(node, 'ceil_mode', 0) !== 0;
}
