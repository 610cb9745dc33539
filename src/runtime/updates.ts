import type { Graph } from '../graph/index.ts';
import { matrixGraph } from './matrix-graph.ts';
import { openProgram, type Matrix, type Program } from './program.ts';

/** `sum = c ± a bᵀ`. */
function updateGraph(minus: boolean): Graph {
  const g = matrixGraph(minus ? 'difference' : 'sum', 'float64');
  const sum = g.product('sum', g.input('a'), g.input('b'), {
    transposed: true,
    minus,
    plus: g.input('c'),
  });
  g.output(sum);
  return g.build();
}

const open = new Map<string, Promise<Program>>();

/** A program that stays open for the next matrix: there are few, and to open one takes milliseconds. */
function program(minus: boolean, threads: number): Promise<Program> {
  const id = `${minus} ${threads}`;
  const found = open.get(id) ?? openProgram(updateGraph(minus), threads);
  open.set(id, found);
  return found;
}

/**
 * `C ← C + A Bᵀ`, or with `minus` `C - A Bᵀ`, in float64 and in place, on onnxruntime; `threads` is its own choice if
 * 0. What it objects to becomes a `RangeError` of one sentence.
 */
export async function addProduct(
  c: Matrix,
  a: Matrix,
  b: Matrix,
  { minus = false, threads = 0 }: { readonly minus?: boolean; readonly threads?: number } = {},
): Promise<void> {
  const { run } = await program(minus, threads);
  await run({ a, b, c }, { sum: c });
}
