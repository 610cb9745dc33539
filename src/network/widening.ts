import type { Constant } from '../graph/index.ts';
import { bytesOf, bytesPerElement, sizeOf, tensorOfBytes, type Tensor } from '../tensor/index.ts';

/**
 * Which old elements stand along an axis: position p of the new axis has element `order[p]` of the old one,
 * or zeros where that is negative.
 */
export type Order = Int32Array;

/** The order for an axis on which every channel of `order` is `each` elements in a row. */
export function inRows(order: Order, each: number): Order {
  return Int32Array.from({ length: order.length * each }, (_, i) => {
    const from = order[Math.floor(i / each)];
    return from < 0 ? -1 : from * each + (i % each);
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
