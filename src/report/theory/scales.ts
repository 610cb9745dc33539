type Place = readonly [number, number];

/** Round values from `low` to `high` in about `parts` steps, and the decimals they need. */
export function ticksOf(
  low: number,
  high: number,
  parts: number,
  isLog: boolean,
): { readonly values: readonly number[]; readonly digits: number } {
  const least = (high - low) / Math.max(1, parts);
  const power = 10 ** Math.floor(Math.log10(least));
  const wanted = [1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10;
  const step = isLog ? Math.max(1, Math.ceil(least - 1e-9)) : wanted * power;
  const values: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    // Adding 0 makes 0 of -0.
    values.push(i * step + 0);
  }
  return { values, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/**
 * The part of a line inside the rectangle from `low` to `high`, with a gap, `null`, where it is outside or
 * not finite.
 */
export function clipped(
  points: readonly Place[],
  low: Place,
  high: Place,
): readonly [number, number | null][] {
  const kept: [number, number | null][] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b] = [points[i], points[i + 1]];
    const part = clippedSegment(a, b, low, high);
    if (part === null) continue;
    const last = kept.at(-1);
    const isContinued = last !== undefined && last[0] === part[0][0] && last[1] === part[0][1];
    if (!isContinued) {
      if (last !== undefined) kept.push([last[0], null]);
      kept.push([part[0][0], part[0][1]]);
    }
    kept.push([part[1][0], part[1][1]]);
  }
  return kept;
}

/** Liang and Barsky: the stretch of a segment inside a rectangle. */
function clippedSegment(a: Place, b: Place, low: Place, high: Place): [Place, Place] | null {
  if (![...a, ...b].every(Number.isFinite)) return null;
  let [from, to] = [0, 1];
  for (const axis of [0, 1] as const) {
    const change = b[axis] - a[axis];
    for (const [distance, slope] of [
      [a[axis] - low[axis], -change],
      [high[axis] - a[axis], change],
    ]) {
      if (slope === 0 && distance < 0) return null;
      if (slope < 0) from = Math.max(from, distance / slope);
      else if (slope > 0) to = Math.min(to, distance / slope);
    }
  }
  if (from > to) return null;
  const at = (t: number): Place =>
    t === 0 ? a : t === 1 ? b : [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
  return [at(from), at(to)];
}
