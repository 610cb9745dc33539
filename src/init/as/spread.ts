import type { DialectSpread } from './dialect.ts';

/** The standard deviation of a normal number that is cut at ±2. */
export const CUT_STD: number = 0.87962566103423978;

/** All elements of one value. */
export const noSpread: DialectSpread = { std: 0, bound: 0 };

/** Uniform between two numbers. */
export function uniformSpread(low: number, high: number): DialectSpread {
  const width = Math.abs(high - low);
  return { std: width / Math.sqrt(12), bound: width / 2 };
}

/** Normal; with `isCut` of that deviation before it is cut at twice that. */
export function normalSpread(std: number, isCut: boolean): DialectSpread {
  return isCut
    ? { std: Math.abs(std) * CUT_STD, bound: 2 * Math.abs(std) }
    : { std: Math.abs(std), bound: null };
}

/** A matrix with orthonormal rows or columns, all axes but the last by the last. */
export function orthogonalSpread(shape: readonly number[], gain: number): DialectSpread {
  const cols = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return { std: Math.abs(gain) / Math.sqrt(Math.max(rows, cols)), bound: Math.abs(gain) };
}

/** `gain` on the diagonal of a matrix, 0 elsewhere. */
export function identitySpread([rows, cols]: readonly number[], gain: number): DialectSpread {
  const share = 1 / Math.max(rows, cols);
  return {
    std: Math.abs(gain) * Math.sqrt(share * (1 - share)),
    bound: share === 1 ? 0 : Math.abs(gain) * Math.max(share, 1 - share),
  };
}
