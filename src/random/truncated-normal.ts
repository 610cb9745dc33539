import { exactLn } from '../numeric/index.ts';
import { fillChunks, STEP, type FloatArray } from './chunks.ts';
import { insideOf } from './inside.ts';
import type { Key } from './key.ts';
import { standardNormals } from './normal.ts';
import { philoxBlocks } from './philox.ts';

/** One attempt at a number of the cut normal from the four words of a block, `NaN` if it is rejected. */
type Proposal = (words: Uint32Array) => number;

/** `√(2π)`: the width from which on a normal hits the interval around 0 more often than a uniform is kept. */
const NORMAL_WIDTH = 2.5066282746310002;

function fromNormals(low: number, high: number): Proposal {
  const values = new Float64Array(4);
  return (words) => {
    standardNormals(words, values);
    for (let j = 0; j < 4; j++) if (values[j] >= low && values[j] <= high) return values[j];
    return NaN;
  };
}

/** 64 bits of uniform number, of which the first two words of a block are made. */
function uniform64(words: Uint32Array): number {
  return (words[0] + (words[1] + 0.5) * STEP) * STEP;
}

/** A proposal for `0 < a ≤ b`, mirrored by `sign`. */
function fromTail(a: number, b: number, sign: number): Proposal {
  const width = b - a;
  const rate = (a + Math.sqrt(a * a + 4)) / 2;
  if (width * rate <= 1) {
    return (words) => {
      const d = width * uniform64(words);
      const isKept = exactLn((words[2] + 0.5) * STEP) <= -0.5 * d * (2 * a + d);
      return isKept ? sign * Math.min(a + d, b) : NaN;
    };
  }
  return (words) => {
    const e = -exactLn(uniform64(words));
    const d = (e - 1) / rate;
    const isKept = e <= width * rate && exactLn((words[2] + 0.5) * STEP) <= -0.5 * d * d;
    return isKept ? sign * Math.min(a + e / rate, b) : NaN;
  };
}

function fromUniform(low: number, high: number): Proposal {
  const width = high - low;
  return (words) => {
    const x = Math.min(low + width * uniform64(words), high);
    return exactLn((words[2] + 0.5) * STEP) <= -0.5 * x * x ? x : NaN;
  };
}

/**
 * Numbers `mean + std z` with z normal on the condition `low ≤ z ≤ high`, exact in law for every
 * interval: two-sided or one-sided (±Infinity), narrow or far from 0. `out[i]` is element `offset + i`.
 * An interval around 0 that is at least √(2π) wide takes the numbers of `fillNormal` where they lie
 * inside; all others come from attempts t = 1, 2, … at blocks `(t·2⁵³ + element)` of the same path, of
 * which at least 4 in 10 succeed. No number is rounded out of `[mean + std low, mean + std high]`.
 * Throws `RangeError` unless `mean` is finite, `std` finite and not negative and `low ≤ high` not both
 * the same infinity.
 * Reference: Robert 1995, Simulation of truncated normal variables, arXiv:0907.4010
 */
export function fillTruncatedNormal(
  key: Key,
  out: FloatArray,
  mean: number,
  std: number,
  low: number,
  high: number,
  offset: number = 0,
): void {
  assertTruncated(mean, std, low, high);
  const isWide = low <= 0 && high >= 0 && high - low >= NORMAL_WIDTH;
  const propose = isWide
    ? fromNormals(low, high)
    : low > 0
      ? fromTail(low, high, 1)
      : high < 0
        ? fromTail(-high, -low, -1)
        : fromUniform(low, high);
  const words = new Uint32Array(4);
  const redraw = (element: number): number => {
    const elementHigh = Math.floor(element / 2 ** 32);
    for (let attempt = 1; ; attempt++) {
      philoxBlocks(key, element % 2 ** 32, elementHigh + attempt * 2 ** 21, words);
      const value = propose(words);
      if (!Number.isNaN(value)) return value;
    }
  };
  const [least, most] = endsOf(out, mean, std, low, high);
  fillChunks('fillTruncatedNormal', key, out, offset, (blocks, first, values) => {
    if (isWide) standardNormals(blocks, values);
    for (let j = 0; j < values.length; j++) {
      const isInside = isWide && values[j] >= low && values[j] <= high;
      const value = mean + std * (isInside ? values[j] : redraw(first + j));
      values[j] = value < least ? least : value > most ? most : value;
    }
  });
}

/** Throws `RangeError` where `fillTruncatedNormal` does. */
export function assertTruncated(mean: number, std: number, low: number, high: number): void {
  if (!Number.isFinite(mean) || !(std >= 0 && std < Infinity)) {
    throw new RangeError(
      `fillTruncatedNormal: mean must be finite and std finite and >= 0, got ${mean} and ${std}`,
    );
  }
  if (!(low <= high) || low === Infinity || high === -Infinity) {
    throw new RangeError(
      `fillTruncatedNormal: low must be <= high and one of them finite or both of different sign, got ${low} and ${high}`,
    );
  }
}

/** The ends that the numbers are clamped to. */
export function endsOf(
  out: FloatArray,
  mean: number,
  std: number,
  low: number,
  high: number,
): readonly [least: number, most: number] {
  return std === 0 ? [mean, mean] : insideOf(out, mean + std * low, mean + std * high);
}
