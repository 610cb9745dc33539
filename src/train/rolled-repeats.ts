/** Nodes `start … end - 1`, each of the kind of the one `period` before it from the second period on. */
export interface Repeat {
  readonly start: number;
  readonly end: number;
  readonly period: number;
}

/** Comparisons that a search takes at most, about; periods are as long as that allows, but at least so long. */
const mostComparisons = 5e7;
const shortest = 256;

/** Nodes that a loop in the place of a repeat saves. */
export function saved({ start, end, period }: Repeat): number {
  return (Math.floor((end - start) / period) - 1) * period;
}

/** All repeats of at least `least` periods, those that save most first. */
export function repeatsOf(kinds: Int32Array, least: number): Repeat[] {
  const count = kinds.length;
  const most = Math.max(shortest, Math.floor(mostComparisons / Math.max(1, count)));
  const found: Repeat[] = [];
  for (let period = 1; period <= Math.min(most, Math.floor(count / least)); period++) {
    let start = 0;
    for (let at = period; at <= count; at++) {
      if (at < count && kinds[at] === kinds[at - period]) continue;
      if (at - start >= least * period) found.push({ start, end: at, period });
      start = at - period + 1;
    }
  }
  return found.sort((a, b) => saved(b) - saved(a) || a.period - b.period || a.start - b.start);
}

/** The stretches of a repeat that are not taken, where they are long enough. */
export function freeParts(
  { start, end, period }: Repeat,
  taken: readonly (readonly [start: number, end: number])[],
  least: number,
): Repeat[] {
  let parts: (readonly [number, number])[] = [[start, end]];
  for (const [from, to] of taken) {
    if (parts.length === 0) return [];
    parts = parts
      .flatMap(([a, b]) =>
        to <= a || from >= b ? [[a, b] as const] : [[a, from] as const, [to, b] as const],
      )
      .filter(([a, b]) => b - a >= least * period);
  }
  return parts.map(([a, b]) => ({ start: a, end: b, period }));
}
