import { readsOf, upgraded, valueTypes } from '../autodiff/index.ts';
import type { Constant, Graph, Node } from '../graph/index.ts';
import { isFloat, sizeOf } from '../tensor/index.ts';
import { kindsOf } from './rolled-kinds.ts';
import { runsIn, type Run } from './rolled-layers.ts';
import { claimer } from './rolled-names.ts';
import { freeParts, repeatsOf } from './rolled-repeats.ts';
import { loopOf, type Loop, type Writing } from './rolled-scan.ts';
import { wiringOf, type Wiring } from './rolled-wiring.ts';

/** A graph in which runs of equal layers have become loops (`Scan`). */
export interface Rolled {
  readonly graph: Graph;
  /** Stored tensors of equal layers that stand in the graph as one, stacked along a new first axis: its name, and theirs in order. */
  readonly stacks: ReadonlyMap<string, readonly string[]>;
  /** Layers that are computed in loops. */
  readonly layers: number;
}

/** How a graph is rolled up. */
export interface RollOptions {
  /** Fewest equal layers in a row that become a loop, at least 2; 4 if not given. */
  readonly least?: number;
  /**
   * Whether a stored tensor is trained, so that each layer keeps its own even where all are equal; all floats but the
   * single numbers of `Constant` nodes if not given.
   */
  readonly isTrained?: (name: string) => boolean;
}

/** The first operator set with today's `Scan`. */
const oldestOpset = 9;

/**
 * Writes every run of equal layers of a network as one `Scan`: its state is what goes from layer to layer, its
 * sequences are the stacked parameters. Layers are equal that have the same operators, attributes and shapes and are wired
 * alike, each of any number of nodes; tensors that all layers share, and what they read from before the run, are
 * captured. A run ends where something inside of it is read elsewhere. The values that the graph gives are the
 * same. `RangeError` for `least` below 2.
 */
export function rollUp(given: Graph, { least = 4, isTrained }: RollOptions = {}): Rolled {
  if (!Number.isInteger(least) || least < 2) {
    throw new RangeError(`rollUp: least must be a whole number of at least 2, got ${least}`);
  }
  const graph = (given.opsets[''] ?? oldestOpset) < oldestOpset ? upgraded(given) : given;
  const wiring = wiringOf(graph);
  const types = valueTypes(graph);
  const kinds = kindsOf(wiring, types);
  const writing: Writing = {
    wiring,
    types,
    isFixed: (constant) => !(isTrained ?? isLearnable(graph))(constant.name),
    claim: claimer(graph),
  };
  const loops = new Map<Run, Loop>();
  const taken: (readonly [number, number])[] = [];
  for (const repeat of repeatsOf(kinds, least)) {
    for (const part of freeParts(repeat, taken, least)) {
      for (const run of runsIn({ wiring, types, least }, part)) {
        const loop = loopOf(writing, run);
        if (loop === null) continue;
        loops.set(run, loop);
        taken.push([run.start, run.start + run.period * run.layers]);
      }
    }
  }
  return loops.size === 0 ? { graph: given, stacks: new Map(), layers: 0 } : written(wiring, loops);
}

function isLearnable({ constants }: Graph): (name: string) => boolean {
  return (name) => {
    const constant = constants.get(name);
    if (constant === undefined || !isFloat(constant.dtype)) return false;
    return constant.source === 'initializer' || sizeOf(constant.shape) > 1;
  };
}

/** The graph with the loops in the places of their runs. */
function written({ graph, nodes, reads }: Wiring, loops: ReadonlyMap<Run, Loop>): Rolled {
  const runs = [...loops].sort(([a], [b]) => a.start - b.start);
  const kept: Node[] = [];
  const read = new Set(graph.outputs.map(({ name }) => name));
  let at = 0;
  const keepUntil = (end: number): void => {
    for (; at < end; at++) {
      kept.push(nodes[at]);
      for (const name of reads[at]) read.add(name);
    }
  };
  for (const [run, { node }] of runs) {
    keepUntil(run.start);
    kept.push(node);
    at = run.start + run.period * run.layers;
  }
  keepUntil(nodes.length);
  const stacks = new Map<string, readonly string[]>();
  const constants = new Map<string, Constant>();
  let layers = 0;
  for (const [run, loop] of runs) {
    layers += run.layers;
    for (const [name, names] of loop.stacks) stacks.set(name, names);
    for (const constant of loop.constants) constants.set(constant.name, constant);
    for (const name of readsOf(loop.node)) read.add(name);
  }
  for (const [name, constant] of graph.constants) if (read.has(name)) constants.set(name, constant);
  const made = new Set(kept.flatMap(({ outputs }) => outputs));
  const values = new Map([...graph.values].filter(([name]) => made.has(name)));
  return { graph: { ...graph, nodes: kept, constants, values }, stacks, layers };
}
