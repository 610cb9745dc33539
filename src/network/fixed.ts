import type { Constant } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { numbersOf } from './roots.ts';

/**
 * Whether the numbers of a table follow a rule, so that nobody learned them: a mask, a grid of coordinates, slopes
 * over positions, frequencies, a code of sines and cosines.
 */
export function isFixedCode(constant: Constant): boolean {
  const data = numbersOf(constant);
  const width = constant.shape.at(-1) ?? 1;
  return (
    !isUniform(data) &&
    (repeats(data) ||
      isSinusoidal(data, width) ||
      isLinear(data, width, constant.shape) ||
      isDecaying(data))
  );
}

/** Whether all elements are equal, as in a tensor that no one has filled yet. */
export function isUniform(data: Float64Array): boolean {
  return data.every((value) => value === data[0]);
}

/** Whether every row of a table is the same vector, not all of its elements equal. */
export function isRepeatedVector(constant: Constant): boolean {
  const data = numbersOf(constant);
  const width = constant.shape.at(-1) ?? 1;
  return width > 1 && !isUniform(data) && data.every((value, i) => value === data[i % width]);
}

/** Fewer values than this in a table four times as large are no measurements. */
const FEW = 64;

function repeats(data: Float64Array): boolean {
  const most = Math.min(FEW, data.length / 4);
  const values = new Set<number>();
  for (const value of data) {
    values.add(value);
    if (values.size > most) return false;
  }
  return true;
}

/** Rows of sines and cosines in pairs all have the squared norm d/2. */
function isSinusoidal(data: Float64Array, width: number): boolean {
  for (let row = 0; row < data.length; row += width) {
    let norm2 = 0;
    for (let i = row; i < row + width; i++) norm2 += data[i] * data[i];
    if (!(Math.abs(norm2 - width / 2) <= 1e-3 * width)) return false;
  }
  return width > 1;
}

/** Arithmetic progressions along the last axis. */
function isLinear(data: Float64Array, width: number, shape: readonly number[]): boolean {
  if (width < 3 || sizeOf(shape) === 0) return false;
  const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < data.length; i++) {
    if (i % width < 2) continue;
    const bend = data[i] - 2 * data[i - 1] + data[i - 2];
    if (!(Math.abs(bend) <= 1e-5 * scale)) return false;
  }
  return true;
}

/** Values fall from the first to the last: by one ratio, or so many that chance is no reason. */
function isDecaying(data: Float64Array): boolean {
  if (data.length < 4 || data[data.length - 1] <= 0) return false;
  const ratio = data[1] / data[0];
  const falls = data.every((value, i) => i === 0 || value < data[i - 1]);
  const isGeometric = data.every(
    (value, i) => i === 0 || Math.abs(value / data[i - 1] / ratio - 1) < 1e-3,
  );
  return falls && (isGeometric || data.length >= 12);
}
