import type { Spec } from '../init/index.ts';
import { sizeOf, type AxisRole } from '../tensor/index.ts';

/** Which axis of the tensor is which; negative axes count from the end, all others are kernel axes. */
export type AxisOptions = {
  /** -2 if it is left out. */
  readonly inAxis?: number | readonly number[] | undefined;
  /** -1 if it is left out. */
  readonly outAxis?: number | readonly number[] | undefined;
  /** Axes along which there is one independent map per element; none if it is left out. */
  readonly batchAxis?: number | readonly number[] | undefined;
  /** Groups of a grouped convolution, into which the out axis is divided; 1 if it is left out. */
  readonly groups?: number | undefined;
};

/**
 * The float32 tensor of this shape with its true fans. A vector or a scalar whose axes are not named is
 * no linear map and has fans of 1. `RangeError` for axes that are not there or named twice, and for
 * groups that do not divide the out axis.
 */
export function specOfAxes(shape: readonly number[], options: AxisOptions): Spec {
  const { inAxis, outAxis, batchAxis = [], groups = 1 } = options;
  const shown = `[${shape.join(', ')}]`;
  const isVector = shape.length < 2 && inAxis === undefined && outAxis === undefined;
  if (isVector) {
    return { shape, dtype: 'float32', layout: [], groups, fanIn: 1, fanOut: 1 };
  }
  const layout = shape.map((): AxisRole => 'kernel');
  const named = new Set<number>();
  const mark = (option: string, axes: number | readonly number[], role: AxisRole): void => {
    for (const axis of [axes].flat()) {
      const at = axis < 0 ? axis + shape.length : axis;
      if (!Number.isInteger(at) || at < 0 || at >= shape.length || named.has(at)) {
        throw new RangeError(
          `stepzero/jax-js: ${option} must name axes of ${shown}, each once, got ${axis}`,
        );
      }
      named.add(at);
      layout[at] = role;
    }
  };
  mark('inAxis', inAxis ?? -2, 'in');
  mark('outAxis', outAxis ?? -1, 'out');
  mark('batchAxis', batchAxis, 'batch');
  const count = (role: AxisRole): number => sizeOf(shape.filter((_, i) => layout[i] === role));
  const outputs = count('out');
  if (!Number.isSafeInteger(groups) || groups < 1 || outputs % groups !== 0) {
    throw new RangeError(
      `stepzero/jax-js: groups must be an integer >= 1 that divides the ${outputs} outputs of ${shown}, got ${groups}`,
    );
  }
  return {
    shape,
    dtype: 'float32',
    layout,
    groups,
    fanIn: count('in') * count('kernel'),
    fanOut: (outputs / groups) * count('kernel'),
  };
}
