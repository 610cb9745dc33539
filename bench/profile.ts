/** What onnxruntime says of its operators' times. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Products of matrices and convolutions. */
export const PRODUCTS: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'FusedConv',
  'FusedGemm',
  'FusedMatMul',
  'Gemm',
  'LSTM',
  'MatMul',
]);

/** One run of one node. */
export interface Kernel {
  readonly operator: string;
  readonly node: string;
  readonly seconds: number;
  /** Which run of the session it belongs to, from 0. */
  readonly run: number;
}

/** An entry of the file. */
interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly node_index?: string };
}

/** All that a session has run whose profile lies alone in a folder. */
export function kernelsIn(folder: string): readonly Kernel[] {
  const [file] = readdirSync(folder);
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly Event[];
  const runs = events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts);
  return events.flatMap(({ cat, name, ts, dur, args }) => {
    const isKernel = cat === 'Node' && name.endsWith('_kernel_time');
    if (!isKernel || args?.op_name === undefined) return [];
    const run = runs.filter((begun) => begun <= ts).length - 1;
    return [{ operator: args.op_name, node: args.node_index ?? '', seconds: dur / 1e6, run }];
  });
}
