import type { Item } from './item.ts';

/** Where the axes of a weight of the file go in a framework: `order[i]` is the file's axis at place i. */
export interface Orientation {
  readonly order: readonly number[];
  /** As negative numbers, from the end. */
  readonly out: number;
  readonly in: number;
}

/**
 * The axes of a weight in the order `[...kernel, in, out]` or, turned, `[...kernel, out, in]`; `null` if
 * it is no weight with one axis of each.
 */
export function orientation({ info }: Item, isTurned: boolean = false): Orientation | null {
  const { layout, shape } = info;
  const kernel = layout.flatMap((role, axis) => (role === 'kernel' ? [axis] : []));
  const batch = layout.flatMap((role, axis) => (role === 'batch' ? [axis] : []));
  const [out, inputs] = [layout.indexOf('out'), layout.indexOf('in')];
  if (out < 0 || inputs < 0) return null;
  // Batch axes of extent 1 go first, where a reshape drops them.
  if (batch.some((axis) => shape[axis] !== 1)) return null;
  const maps = isTurned ? [out, inputs] : [inputs, out];
  const order = [...batch, ...kernel, ...maps];
  if (order.length !== layout.length) return null;
  return { order, out: isTurned ? -2 : -1, in: isTurned ? -1 : -2 };
}
