import type { AxisRole, FloatDType } from '../tensor/index.ts';
import type { Spec } from './initializer.ts';

/**
 * The spec of a weight of this shape: `oi` is `[out, in / groups, ...kernel]`, `io` is
 * `[...kernel, in / groups, out]`. `fanIn = in/groups · ∏k`, `fanOut = out/groups · ∏k`.
 * A vector or a scalar is no linear map between axes but acts element by element, `y_i = w_i x_i`: its
 * layout is empty and both fans are 1.
 * `RangeError` for extents that are no integers from 0 on and groups that do not divide `out`.
 */
export function specOf(
  shape: readonly number[],
  layout: 'oi' | 'io',
  dtype: FloatDType = 'float32',
  groups: number = 1,
): Spec {
  const shown = `[${shape.join(', ')}]`;
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new RangeError(`specOf: shape must be of integers >= 0, got ${shown}`);
  }
  if (shape.length < 2) {
    if (groups !== 1) {
      throw new RangeError(`specOf: groups must be 1 for shape ${shown}, got ${groups}`);
    }
    return { shape, dtype, layout: [], groups, fanIn: 1, fanOut: 1 };
  }
  const kernel = layout === 'oi' ? shape.slice(2) : shape.slice(0, -2);
  const channels = layout === 'oi' ? [shape[0], shape[1]] : [shape.at(-1) ?? 0, shape.at(-2) ?? 0];
  const [outputs, inputs] = channels;
  if (!Number.isSafeInteger(groups) || groups < 1 || outputs % groups !== 0) {
    throw new RangeError(
      `specOf: groups must be an integer >= 1 that divides the ${outputs} outputs of ${shown}, got ${groups}`,
    );
  }
  const taps = kernel.reduce((product, extent) => product * extent, 1);
  const kernelRoles = kernel.map((): AxisRole => 'kernel');
  return {
    shape,
    dtype,
    layout: layout === 'oi' ? ['out', 'in', ...kernelRoles] : [...kernelRoles, 'in', 'out'],
    groups,
    fanIn: inputs * taps,
    fanOut: (outputs / groups) * taps,
  };
}
