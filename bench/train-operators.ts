/** What the operators of a training step take. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelsIn, PRODUCTS } from './profile.ts';
import type { Given } from './train-networks.ts';

/** Milliseconds a step by operator, and those of products of matrices and convolutions together. */
export interface Operators {
  readonly products: number;
  readonly others: readonly (readonly [operator: string, milliseconds: number])[];
}

/** Operators whose time is that of those inside of them. */
const AROUND: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);

/** Steps as they are timed, by onnxruntime's own account; the second of two runs counts. */
export async function operatorsOf(
  { open, set, picks }: Given,
  threads: number,
): Promise<Operators> {
  const folder = mkdtempSync(join(tmpdir(), 'stepzero-profile-'));
  try {
    const trainer = await open(threads, join(folder, 'profile'));
    for (let round = 0; round < 2; round++) await trainer.steps(set, picks, 1);
    await trainer.close();
    const times = new Map<string, number>();
    for (const { operator, seconds, run } of kernelsIn(folder)) {
      if (run !== 1 || AROUND.has(operator)) continue;
      times.set(operator, (times.get(operator) ?? 0) + (1000 * seconds) / picks.length);
    }
    const all = [...times].sort(([, a], [, b]) => b - a);
    return {
      products: all
        .filter(([operator]) => PRODUCTS.has(operator))
        .reduce((sum, [, milliseconds]) => sum + milliseconds, 0),
      others: all.filter(([operator]) => !PRODUCTS.has(operator)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
