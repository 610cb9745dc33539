import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The path that a new file would have, without links. */
function placeOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

/**
 * Whether two paths lead to the same file, by links of either kind too; where neither exists yet,
 * whether they would.
 */
export function sameFile(a: string, b: string): boolean {
  const left = statSync(a, { bigint: true, throwIfNoEntry: false });
  const right = statSync(b, { bigint: true, throwIfNoEntry: false });
  if (left === undefined && right === undefined) return placeOf(a) === placeOf(b);
  if (left === undefined || right === undefined) return false;
  return left.dev === right.dev && left.ino === right.ino;
}
