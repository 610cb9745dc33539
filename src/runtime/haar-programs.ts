import type { Graph } from '../graph/index.ts';
import { gramGraph, laterRowsGraph, ownRowsGraph } from './haar-graphs.ts';
import type { Precision } from './matrix-graph.ts';
import { openProgram, type Program } from './program.ts';

const open = new Map<string, Promise<Program>>();

/** A program that stays open for the next matrix: there are few, and to open one takes milliseconds. */
function program(id: string, graph: () => Graph, threads: number): Promise<Program> {
  const name = `${id} on ${threads}`;
  const found = open.get(name) ?? openProgram(graph(), threads);
  open.set(name, found);
  return found;
}

/** Programs for blocks of some number of panels; `threads` as for `openProgram`. */
export interface HaarPrograms {
  readonly gram: (isLast: boolean, hasTail: boolean) => Promise<Program>;
  readonly laterRows: (panels: number) => Promise<Program>;
  readonly ownRows: (panels: number, solved: number, hasTail: boolean) => Promise<Program>;
}

/** The programs that `haar-graphs.ts` describes, each opened when it is first asked for. */
export function haarPrograms(precision: Precision, threads: number): HaarPrograms {
  return {
    gram: (isLast, hasTail) =>
      program(
        `gram ${precision} ${isLast} ${hasTail}`,
        () => gramGraph(precision, isLast, hasTail),
        threads,
      ),
    laterRows: (panels) =>
      program(`later ${precision} ${panels}`, () => laterRowsGraph(precision, panels), threads),
    ownRows: (panels, solved, hasTail) =>
      program(
        `own ${precision} ${panels} ${solved} ${hasTail}`,
        () => ownRowsGraph(precision, panels, solved, hasTail),
        threads,
      ),
  };
}
