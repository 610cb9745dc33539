/** Accuracy by depth, the depths ascending; NaN where it was not measured. */
export interface ByDepth {
  readonly depths: readonly number[];
  readonly accuracy: readonly number[];
}

/**
 * The depth at which accuracy falls below `level`, between measured depths on a straight line over the logarithm of
 * depth. `null` where it is below at every depth or at none; what was not measured counts as below.
 */
export function depthAt({ depths, accuracy }: ByDepth, level: number): number | null {
  const last = accuracy.findLastIndex((value) => value >= level);
  if (last < 0 || last === depths.length - 1) return null;
  const [above, below] = [accuracy[last], accuracy[last + 1]];
  if (Number.isNaN(below)) return null;
  const part = (above - level) / (above - below);
  return depths[last] * (depths[last + 1] / depths[last]) ** part;
}

/** Whether a network should be trainable, and whether it was. */
export interface Cell {
  readonly depth: number;
  readonly limit: number;
  readonly isTrained: boolean;
}

/** Share of the networks that were trained exactly where they are no deeper than `factor` times the limit. */
export function shareRight(cells: readonly Cell[], factor: number): number {
  const right = cells.filter(
    ({ depth, limit, isTrained }) => depth <= factor * limit === isTrained,
  );
  return right.length / cells.length;
}

/** The factors from `from` to `to` (so many, spaced evenly in logarithms) that sort the most networks right, least and greatest. */
export function bestFactors(
  cells: readonly Cell[],
  from: number,
  to: number,
  count: number,
): readonly [number, number] {
  const factors = Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));
  const shares = factors.map((factor) => shareRight(cells, factor));
  const most = Math.max(...shares);
  return [factors[shares.indexOf(most)], factors[shares.lastIndexOf(most)]];
}
