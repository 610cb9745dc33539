import type { Dimension } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';

/** What is known about a value before it is computed; `null` where nothing is. */
export interface Type {
  readonly dtype: DType | null;
  readonly shape: readonly Dimension[] | null;
  /** The numbers in a small tensor, such as the target of a `Reshape`. */
  readonly value: readonly number[] | null;
  /** The same where some are known as the symbol of an extent, or not at all. */
  readonly parts?: readonly Dimension[];
}

/** Nothing is known. */
export const unknown: Type = { dtype: null, shape: null, value: null };

/** A type without known numbers. */
export function typed(dtype: DType | null, shape: readonly Dimension[] | null): Type {
  return { dtype, shape, value: null };
}

/** The numbers in a small tensor as far as they are known; `null` where not even their count is. */
export function partsOf({ value, parts }: Type): readonly Dimension[] | null {
  return value ?? parts ?? null;
}

/** A type with what is known of its numbers. */
export function withParts(type: Type, parts: readonly Dimension[] | null): Type {
  if (parts === null) return type;
  const value = fixedShape(parts);
  return value === null ? { ...type, parts } : { ...type, value };
}

/** The shape if all its extents are numbers, else `null`. */
export function fixedShape(shape: readonly Dimension[] | null): readonly number[] | null {
  if (shape === null) return null;
  const numbers = shape.filter((extent) => typeof extent === 'number');
  return numbers.length === shape.length ? numbers : null;
}

/** The product of extents, `null` unless all are numbers. */
export function extentOf(shape: readonly Dimension[]): number | null {
  return fixedShape(shape)?.reduce((size, extent) => size * extent, 1) ?? null;
}

function broadcastPair(a: Dimension, b: Dimension): Dimension {
  if (a === 1) return b;
  if (b === 1 || a === b) return a;
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : null;
}

/** The shape that operands broadcast to, `null` if the rank of one is not known. */
export function broadcast(
  shapes: readonly (readonly Dimension[] | null)[],
): readonly Dimension[] | null {
  let result: readonly Dimension[] = [];
  for (const shape of shapes) {
    if (shape === null) return null;
    const rank = Math.max(result.length, shape.length);
    const at = (of: readonly Dimension[], axis: number): Dimension =>
      axis < rank - of.length ? 1 : of[axis - rank + of.length];
    const before = result;
    result = Array.from({ length: rank }, (_, axis) =>
      broadcastPair(at(before, axis), at(shape, axis)),
    );
  }
  return result;
}

/** What two sources say about the same value, together. */
export function merged(a: Type, b: Type): Type {
  const shape =
    a.shape !== null && b.shape !== null && a.shape.length === b.shape.length
      ? a.shape.map((extent, axis) => {
          const other = b.shape?.[axis] ?? null;
          if (typeof extent === 'number') return extent;
          return typeof other === 'number' ? other : (extent ?? other);
        })
      : (a.shape ?? b.shape);
  const value = a.value ?? b.value;
  const parts = value === null ? (a.parts ?? b.parts) : undefined;
  return { dtype: a.dtype ?? b.dtype, shape, value, ...(parts === undefined ? {} : { parts }) };
}

/** Axes counted from 0; negative ones count from the end. */
export function fromStart(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}
