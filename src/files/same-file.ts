import { statSync } from 'node:fs';

/** Whether two paths lead to the same existing file, by links of either kind too. */
export function sameFile(a: string, b: string): boolean {
  const left = statSync(a, { bigint: true, throwIfNoEntry: false });
  const right = statSync(b, { bigint: true, throwIfNoEntry: false });
  if (left === undefined || right === undefined) return false;
  return left.dev === right.dev && left.ino === right.ino;
}
