import type { Dimension, ValueInfo } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** Declared and actual shape as text, `[batch,784]`; an extent of which nothing is known is `?`. */
export function shapeText(shape: readonly Dimension[]): string {
  return `[${shape.map((extent) => extent ?? '?').join(',')}]`;
}

/**
 * Checks tensors against the declared inputs they are for: all inputs there and no others
 * (`RangeError`), dtype equal (`TypeError`), shape equal where it is declared, one size per symbol
 * (`RangeError`).
 */
export function checkFeeds(
  inputs: readonly ValueInfo[],
  feeds: Readonly<Record<string, Tensor>>,
): void {
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(feeds)) {
    if (!names.includes(name)) {
      throw new RangeError(`${name}: an input must be one of ${names.join(', ')}, got ${name}`);
    }
  }
  const sizes = new Map<string, number>();
  for (const { name, dtype, shape } of inputs) {
    const tensor = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (tensor === undefined) throw new RangeError(`${name}: an input must be given, got none`);
    if (dtype !== null && tensor.dtype !== dtype) {
      throw new TypeError(`${name}: dtype must be ${dtype}, got ${tensor.dtype}`);
    }
    if (shape === null) continue;
    const fits =
      shape.length === tensor.shape.length &&
      shape.every((extent, axis) => typeof extent !== 'number' || extent === tensor.shape[axis]);
    if (!fits) {
      throw new RangeError(
        `${name}: shape must be ${shapeText(shape)}, got ${shapeText(tensor.shape)}`,
      );
    }
    shape.forEach((extent, axis) => {
      if (typeof extent !== 'string') return;
      const size = sizes.get(extent) ?? tensor.shape[axis];
      if (size !== tensor.shape[axis]) {
        throw new RangeError(
          `${name}: ${extent} must be ${size} as in the inputs before, got ${tensor.shape[axis]}`,
        );
      }
      sizes.set(extent, size);
    });
  }
}

/**
 * Shapes of numbers for declared inputs: a number stays, a symbol gets one size everywhere, chosen by
 * `choose` where it is first met, as is every extent of which nothing is known.
 */
export function resolveInputs(
  inputs: readonly ValueInfo[],
  choose: (extent: string | null, axis: number, input: ValueInfo) => number,
): ReadonlyMap<string, readonly number[]> {
  const sizes = new Map<string, number>();
  const shapes = new Map<string, readonly number[]>();
  for (const input of inputs) {
    const shape = (input.shape ?? []).map((extent, axis) => {
      if (typeof extent === 'number') return extent;
      if (extent === null) return choose(extent, axis, input);
      const size = sizes.get(extent) ?? choose(extent, axis, input);
      sizes.set(extent, size);
      return size;
    });
    shapes.set(input.name, shape);
  }
  return shapes;
}
