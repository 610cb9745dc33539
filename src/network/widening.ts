import type { Constant } from '../graph/index.ts';
import { bytesOf, bytesPerElement, sizeOf, tensorOfBytes, type Tensor } from '../tensor/index.ts';
import type { Channels } from './channels.ts';

/**
 * Which old elements stand along an axis: position p of the new axis has element `order[p]` of the old one,
 * or zeros where that is negative.
 */
export type Order = Int32Array;

/** The order for an axis on which every channel of `order` is `each` elements, as the channels stand. */
export function spread(order: Order, each: number, { positions, count }: Channels): Order {
  const isBefore = positions === 'before';
  return Int32Array.from({ length: order.length * each }, (_, i) => {
    const place = isBefore ? Math.floor(i / order.length) : i % each;
    const from = order[isBefore ? i % order.length : Math.floor(i / each)];
    if (from < 0) return -1;
    return isBefore ? place * count + from : from * each + place;
  });
}

/**
 * A stored tensor with its elements along one axis in another order, made when it is read. With several
 * orders, each is for one of as many equal parts of axis 0.
 */
export function reordered(
  constant: Constant,
  name: string,
  axis: number,
  orders: readonly Order[],
): Constant {
  const { dtype } = constant;
  const shape = constant.shape.with(axis, orders[0].length);
  const read = (): Tensor => {
    const before = bytesOf(constant.read());
    const run = sizeOf(constant.shape.slice(axis + 1)) * bytesPerElement(dtype);
    const rows = sizeOf(constant.shape.slice(0, axis));
    const extent = constant.shape[axis];
    const width = orders[0].length;
    const after = new Uint8Array(rows * width * run);
    for (let row = 0; row < rows; row++) {
      const order = orders[Math.floor((row * orders.length) / rows)];
      for (let p = 0; p < width; p++) {
        if (order[p] < 0) continue;
        const from = (row * extent + order[p]) * run;
        after.set(before.subarray(from, from + run), (row * width + p) * run);
      }
    }
    return tensorOfBytes(name, dtype, shape, after);
  };
  return { name, dtype, shape, source: 'initializer', read };
}
