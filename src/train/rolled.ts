import type { Graph } from '../graph/index.ts';

/** A graph in which runs of equal layers have become loops (`Scan`). */
export interface Rolled {
  readonly graph: Graph;
  /** Stored tensors of equal layers that stand in the graph as one, stacked along a new first axis: its name, and theirs in order. */
  readonly stacks: ReadonlyMap<string, readonly string[]>;
  /** Layers that are computed in loops. */
  readonly layers: number;
}
