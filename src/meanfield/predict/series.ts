import type { Moments } from './moments.ts';

/** `E x_t x_s` for every pair of steps, a row for every t. */
export type Grid = readonly Float64Array[];

/** Second moments of the steps of a sequence: of one input, and of two. */
export interface Series {
  readonly own: Grid;
  readonly other: Grid;
}

/** The grid of a function of two steps. */
export function gridOf(steps: number, at: (t: number, s: number) => number): Grid {
  return Array.from({ length: steps }, (_, t) =>
    Float64Array.from({ length: steps }, (__, s) => at(t, s)),
  );
}

/** A sequence whose steps are all alike, and all pairs of steps. */
export function evenSeries({ q, k, p, r }: Moments, steps: number): Series {
  return {
    own: gridOf(steps, (t, s) => (t === s ? q : p)),
    other: gridOf(steps, (t, s) => (t === s ? k : r)),
  };
}

/** The sequence read backwards. */
export function reversed({ own, other }: Series): Series {
  const turn = (grid: Grid): Grid =>
    gridOf(grid.length, (t, s) => grid[grid.length - 1 - t][grid.length - 1 - s]);
  return { own: turn(own), other: turn(other) };
}

/** The series of units taken from several sequences in equal parts. */
export function mixedSeries(parts: readonly Series[]): Series {
  const mix = (of: keyof Series): Grid =>
    gridOf(
      parts[0][of].length,
      (t, s) => parts.reduce((sum, part) => sum + part[of][t][s], 0) / parts.length,
    );
  return { own: mix('own'), other: mix('other') };
}

/** The moments of a step picked at random, pairs of positions being any two different steps. */
export function momentsOfSeries({ own, other }: Series, mean: number): Moments {
  const steps = own.length;
  const average = (grid: Grid, isSame: boolean): number => {
    let [sum, count] = [0, 0];
    for (let t = 0; t < steps; t++) {
      for (let s = 0; s < steps; s++) {
        if ((t === s) !== isSame) continue;
        sum += grid[t][s];
        count++;
      }
    }
    return count === 0 ? 0 : sum / count;
  };
  const [q, k] = [average(own, true), average(other, true)];
  return {
    mean,
    q,
    k,
    p: steps > 1 ? average(own, false) : q,
    r: steps > 1 ? average(other, false) : k,
  };
}
