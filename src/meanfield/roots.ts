import { brent, minimumBetween } from '../numeric/index.ts';

/** The values of a function on a grid, for all searches along it. */
export interface Scan {
  readonly f: (x: number) => number;
  /** Ascending; only points where `f` is a number. */
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Values at `[low, high]` in equal steps of at most `step`. */
export function scan(f: (x: number) => number, low: number, high: number, step: number): Scan {
  const count = Math.max(1, Math.ceil((high - low) / step));
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i <= count; i++) {
    const here = i === count ? high : low + ((high - low) * i) / count;
    const value = f(here);
    if (!Number.isFinite(value)) continue;
    x.push(here);
    y.push(value);
  }
  return { f, x, y };
}

/** A local minimum (or maximum) inside the grid, or one of its ends. */
export interface Extremum {
  readonly x: number;
  readonly y: number;
}

/** The local minima of a scanned function inside its grid, refined. */
export function minima({ f, x, y }: Scan): Extremum[] {
  const found: Extremum[] = [];
  for (let i = 1; i + 1 < x.length; i++) {
    if (!(y[i] < y[i - 1] && y[i] <= y[i + 1])) continue;
    const at = minimumBetween(f, x[i - 1], x[i + 1]);
    found.push({ x: at, y: f(at) });
  }
  return found;
}

/** The local maxima. */
export function maxima({ f, x, y }: Scan): Extremum[] {
  const mirror = minima({ f: (at) => -f(at), x, y: y.map((value) => -value) });
  return mirror.map((extremum) => ({ x: extremum.x, y: -extremum.y }));
}

/**
 * Every x where a scanned function is `level`, ascending: sign changes by Brent's method, and pairs of them inside one
 * step of the grid, which the extrema between give away. An extremum within `touch` of the level is a double root.
 */
export function roots(scanned: Scan, level: number, touch: number): number[] {
  const points: Extremum[] = scanned.x.map((x, i) => ({ x, y: scanned.y[i] }));
  const extrema = [...minima(scanned), ...maxima(scanned)];
  const touching = extrema.filter(({ y }) => Math.abs(y - level) <= touch);
  // Between grid points a double root shows no reliable sign.
  points.push(...extrema.filter((extremum) => !touching.includes(extremum)));
  points.sort((a, b) => a.x - b.x);
  const found: number[] = touching.map(({ x }) => x);
  const away = (x: number): boolean => touching.every((extremum) => extremum.x !== x);
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b] = [points[i], points[i + 1]];
    const [left, right] = [a.y - level, b.y - level];
    if (left === 0 && (i === 0 || points[i - 1].y !== level)) found.push(a.x);
    else if (left * right < 0 && away(a.x)) {
      found.push(brent((x) => scanned.f(x) - level, a.x, b.x));
    }
  }
  const last = points[points.length - 1];
  if (last !== undefined && last.y === level) found.push(last.x);
  return found.sort((a, b) => a - b);
}
