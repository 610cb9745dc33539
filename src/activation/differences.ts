import type { Smoothness } from './singular-points.ts';

/** Points of the difference formula. */
const POINTS = 9;

/** `D[s][k]`: weights of the values at 0 … 8 in the derivative at s of the polynomial through them. */
const WEIGHTS: readonly (readonly number[])[] = (() => {
  const product = (k: number): number => {
    let value = 1;
    for (let m = 0; m < POINTS; m++) if (m !== k) value *= k - m;
    return value;
  };
  return Array.from({ length: POINTS }, (_, s) => {
    const row = Array.from({ length: POINTS }, (_unused, k) =>
      k === s ? 0 : product(s) / product(k) / (s - k),
    );
    for (let m = 0; m < POINTS; m++) if (m !== s) row[s] += 1 / (s - m);
    return row;
  });
})();

/** How near to a breakpoint values count as those of one side. */
const BESIDE = 1e-11;

/**
 * `f'` from nine values of `f`, on one side of every breakpoint (from the left at one): a difference formula of
 * order 8 with steps of 1/64 of the cell on which a polynomial of degree 15 does, good to about 1e-11 of
 * the slope's size.
 */
export function byDifferences(
  f: (x: number) => number,
  breakpoints: readonly number[],
  { cells, isSmoothBeyond }: Pick<Smoothness, 'cells' | 'isSmoothBeyond'>,
): (x: number) => number {
  const count = cells.length;
  const outermost = Math.min(cells[1] - cells[0], cells[count - 1] - cells[count - 2]);
  /** Beyond the cells what oscillates goes on as at their end, and what does not gets flatter. */
  const beyond = (x: number): number => (isSmoothBeyond ? Math.abs(x) / 16 : outermost);
  return (x) => {
    const i = breakpoints.findIndex((b) => x <= b);
    const upper = i < 0 ? Infinity : breakpoints[i];
    const lower =
      i < 0
        ? (breakpoints[breakpoints.length - 1] ?? -Infinity)
        : (breakpoints[i - 1] ?? -Infinity);
    const low = i === 0 || breakpoints.length === 0 ? -Infinity : lower + beside(lower);
    const high = i < 0 ? Infinity : upper - beside(upper);
    const at = Math.min(Math.max(x, low), high);
    const step = Math.min((cellWidth(cells, at) ?? beyond(at)) / 64, (high - low) / 10);
    let shift = 4;
    while (shift > 0 && at - shift * step < low) shift -= 1;
    while (shift < 8 && at + (8 - shift) * step > high) shift += 1;
    let sum = 0;
    for (let k = 0; k < POINTS; k++) {
      if (WEIGHTS[shift][k] !== 0) sum += WEIGHTS[shift][k] * f(at + (k - shift) * step);
    }
    return sum / step;
  };
}

function beside(breakpoint: number): number {
  return BESIDE * Math.max(1, Math.abs(breakpoint));
}

function cellWidth(cells: readonly number[], x: number): number | null {
  if (!(x > cells[0] && x < cells[cells.length - 1])) return null;
  let [low, high] = [0, cells.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cells[middle] <= x) low = middle;
    else high = middle;
  }
  return cells[high] - cells[low];
}
