import type { FloatArray } from '../random/index.ts';
import { columnsOf, invertTriangle, signedRows, type Block } from './haar-block.ts';
import { PANEL } from './haar-graphs.ts';
import { numbersAt, panelAt, panelsOf, rowsOf, type Plan, type Scratch } from './haar-plan.ts';
import type { HaarPrograms } from './haar-programs.ts';
import { matrixAt, type Matrix } from './program.ts';
import { markDone, take, waitFor, type Team } from './team.ts';

/** A block whose vectors have been drawn, and those who work at it. */
export interface Work {
  readonly plan: Plan;
  readonly block: Block;
  readonly scratch: Scratch;
  readonly programs: HaarPrograms;
  readonly team: Team;
  /** The first of the block's counters. */
  readonly item: number;
  /** The result: rows of later blocks at its beginning, as wide as what comes after the block. */
  readonly result: FloatArray;
}

type Matrices = Record<string, Matrix>;

/** Makes of every panel what rows are made with: its inner products, and its columns of the head. */
export async function makePanels(work: Work): Promise<void> {
  const { block, scratch, programs, team, item } = work;
  const { count, columnsAfter } = block;
  const { head, tail, halfNorms } = scratch.vectors;
  const hasTail = columnsAfter > 0;
  const panels = panelsOf(block);
  for (let j = take(team, item); j < panels; j = take(team, item)) {
    const [from, to] = panelAt(block, j);
    const size = to - from;
    const after = count - to;
    const panel = scratch.panels[j];
    const inputs: Matrices = { head: matrixAt(head, from * count, size, count) };
    const outputs: Matrices = { within: matrixAt(panel.inverse, 0, size, size) };
    if (hasTail) inputs['tail'] = matrixAt(tail, from * columnsAfter, size, columnsAfter);
    if (after > 0) {
      inputs['heads'] = matrixAt(head, to * count, after, count);
      if (hasTail) inputs['tails'] = matrixAt(tail, to * columnsAfter, after, columnsAfter);
      outputs['after'] = matrixAt(panel.after, 0, after, size);
    }
    const gram = await programs.gram(after === 0, hasTail);
    await gram.run(inputs, outputs);
    invertTriangle(panel.inverse, halfNorms.subarray(from, to));
    columnsOf(head, count, from, to, panel.head);
  }
}

/** The inputs that say what the reflections are: the triangle of the first panels, the head of all. */
function panelInputs({ block, scratch }: Work, solved: number): Matrices {
  const inputs: Matrices = {};
  for (const [j, { inverse, after, head }] of scratch.panels.entries()) {
    const [from, to] = panelAt(block, j);
    const size = to - from;
    inputs[`head${j}`] = matrixAt(head, 0, to, size);
    if (j < solved) inputs[`inverse${j}`] = matrixAt(inverse, 0, size, size);
    if (j < solved - 1) inputs[`after${j}`] = matrixAt(after, 0, block.count - to, size);
  }
  return inputs;
}

/**
 * Takes the rows that later blocks have made through this one. That makes them longer by `count`, and
 * moves them on by as many rows: the last come first, and no run writes before those have read that
 * have their rows there.
 */
export async function makeLaterRows(work: Work): Promise<void> {
  const { block, scratch, programs, team, item, result } = work;
  const { count, rowsAfter, columnsAfter } = block;
  if (rowsAfter === 0) return;
  const width = count + columnsAfter;
  const panels = panelsOf(block);
  const { tail } = scratch.vectors;
  const inputs = panelInputs(work, panels);
  inputs['tail'] = matrixAt(tail, 0, count, columnsAfter);
  for (let j = 0; j < panels; j++) {
    const [from, to] = panelAt(block, j);
    inputs[`tail${j}`] = matrixAt(tail, from * columnsAfter, to - from, columnsAfter);
  }
  const later = await programs.laterRows(panels);
  const rows = rowsOf(block);
  const endOf = (run: number): number => rowsAfter - run * rows;
  let read = 0;
  for (let run = take(team, item + 1); endOf(run) > 0; run = take(team, item + 1)) {
    const to = endOf(run);
    const from = Math.max(0, to - rows);
    const start = (count + from) * width;
    for (; read < run && endOf(read) * columnsAfter > start; read++) waitFor(team, item + 3 + read);
    const a = matrixAt(result, from * columnsAfter, to - from, columnsAfter);
    await later.run({ a, ...inputs }, { rows: matrixAt(result, start, to - from, width) });
    markDone(team, item + 3 + run);
  }
}

/** Makes the rows that no later block has a part in. */
export async function makeOwnRows(work: Work): Promise<void> {
  const { plan, block, scratch, programs, team, item, result } = work;
  const { count, columnsAfter } = block;
  const { vectors } = scratch;
  const width = count + columnsAfter;
  const panels = panelsOf(block);
  const rows = rowsOf(block);
  const runs = Math.ceil(count / rows);
  for (let run = take(team, item + 2); run < runs; run = take(team, item + 2)) {
    // The last rows take the longest, so they come first.
    const from = (runs - 1 - run) * rows;
    const end = Math.min(from + rows, count);
    const solved = Math.ceil(end / PANEL);
    const [, columns] = panelAt(block, solved - 1);
    const memory = new ArrayBuffer((end - from) * columns * result.BYTES_PER_ELEMENT);
    const v = numbersAt(plan.precision, memory);
    signedRows(vectors, count, from, end, columns, v);
    const inputs = panelInputs(work, solved);
    inputs['v'] = matrixAt(v, 0, end - from, columns);
    if (columnsAfter > 0) inputs['tail'] = matrixAt(vectors.tail, 0, columns, columnsAfter);
    const own = await programs.ownRows(panels, solved, columnsAfter > 0);
    await own.run(inputs, { rows: matrixAt(result, from * width, end - from, width) });
    for (let i = from; i < end; i++) result[i * width + i] += vectors.signs[i];
  }
}
