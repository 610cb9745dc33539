import { painter } from './paint.ts';
import { defaultRows, gapText } from './signal.ts';
import type { TextOptions } from './types.ts';

/**
 * Rows to show of `count`: all, or of a long table both ends and the `places` that matter, each with its
 * neighbours; places of -1 are none. A table of more than `limit` rows is long.
 */
export function shownRows(
  count: number,
  places: readonly number[],
  limit: number = defaultRows(count),
): readonly number[] {
  if (count <= limit) return Array.from({ length: count }, (_, index) => index);
  const kept = new Set<number>();
  const keep = (index: number): void => {
    if (index >= 0 && index < count && kept.size < limit) kept.add(index);
  };
  keep(0);
  keep(count - 1);
  for (const index of places) {
    if (index >= 0) for (const near of [index, index - 1, index + 1]) keep(near);
  }
  for (let step = 1; kept.size < limit; step++) {
    keep(step);
    keep(count - 1 - step);
  }
  return [...kept].sort((a, b) => a - b);
}

/** The lines of a table of the rows `shown`, with a line for those left out between them. */
export function withGaps(
  lines: readonly string[],
  shown: readonly number[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  const head = lines.length - shown.length;
  return [
    ...lines.slice(0, head),
    ...shown.flatMap((index, position) => {
      const skipped = position === 0 ? 0 : index - shown[position - 1] - 1;
      const line = lines[head + position];
      return skipped > 0 ? [paint('dim', `  ${gapText(skipped)}`), line] : [line];
    }),
  ];
}
