/** What the operators of a training step take. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Given } from './train-networks.ts';

/** Milliseconds a step by operator, and those of products of matrices and convolutions together. */
export interface Operators {
  readonly products: number;
  readonly others: readonly (readonly [operator: string, milliseconds: number])[];
}

const PRODUCTS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'LSTM', 'MatMul']);

/** Operators whose time is that of those inside of them. */
const AROUND: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);

/** What onnxruntime writes of a node or a run. */
interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/** Steps as they are timed, with onnxruntime's own account of them in files of that prefix; the second of two runs counts. */
export async function operatorsOf(
  { open, set, picks }: Given,
  threads: number,
  prefix: string,
): Promise<Operators> {
  const trainer = await open(threads, prefix);
  for (let round = 0; round < 2; round++) await trainer.steps(set, picks, 1);
  await trainer.close();
  const folder = dirname(prefix);
  const file = readdirSync(folder).find((name) => join(folder, name).startsWith(`${prefix}_`));
  if (file === undefined) throw new Error(`${prefix}: onnxruntime must write its times, got none`);
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly Event[];
  const begun = Math.max(
    ...events.filter(({ name }) => name === 'model_run').map((event) => event.ts),
  );
  const times = new Map<string, number>();
  for (const { cat, name, ts, dur, args } of events) {
    const operator = args?.op_name;
    const isKernel = cat === 'Node' && name.endsWith('_kernel_time') && ts >= begun;
    if (!isKernel || operator === undefined || AROUND.has(operator)) continue;
    times.set(operator, (times.get(operator) ?? 0) + dur / 1000 / picks.length);
  }
  const all = [...times].sort(([, a], [, b]) => b - a);
  return {
    products: all
      .filter(([operator]) => PRODUCTS.has(operator))
      .reduce((sum, [, milliseconds]) => sum + milliseconds, 0),
    others: all.filter(([operator]) => !PRODUCTS.has(operator)),
  };
}
