import type { Graph, Values } from '../graph/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { checkpointed, rollUp, type Rolled, type Trained } from '../train/index.ts';
import { objectiveOf, type Objective } from './objective.ts';
import { inTraining, type InTraining } from './running.ts';
import { trainedParameters } from './trained.ts';
import type { Subject } from './training.ts';

/** A network as it is trained. */
export interface Prepared {
  /** The network in inference, its equal layers as loops where that is worth it. */
  readonly objective: Objective;
  /** The same in training. */
  readonly training: InTraining;
  readonly rolled: Rolled;
  /** What is trained, by its names in the rolled graph. */
  readonly parameters: readonly Trained[];
  /** How many numbers these are. */
  readonly count: number;
  readonly notes: readonly string[];
}

/**
 * Nodes from which on equal layers become loops. onnxruntime takes some seconds to load the step of so many, four times
 * that for twice as many; steps of a loop take longer than those of layers one by one.
 */
export const MANY_NODES = 600;

/** The graph with other values of its stored tensors. */
function withWeights(graph: Graph, weights: Values): Graph {
  const constants = [...graph.constants].map(([name, constant]) => {
    const value = weights.get(name);
    if (value === undefined) return [name, constant] as const;
    const read = (): Tensor => ('data' in value ? value : value.read());
    return [name, { ...constant, read }] as const;
  });
  return { ...graph, constants: new Map(constants) };
}

/** A sentence about the `Dropout` of a network, which is the identity here as in inference. */
function dropoutNotes({ nodes }: Graph): readonly string[] {
  const count = nodes.filter(({ operator }) => operator === 'Dropout').length;
  if (count === 0) return [];
  const what = count === 1 ? 'its Dropout is' : `its ${count} Dropouts are`;
  return [`Nothing is dropped out: ${what} the identity in training too.`];
}

function fixedNotes({ fixed }: InTraining): readonly string[] {
  if (fixed.length === 0) return [];
  const names = `${fixed.slice(0, 3).join(', ')}${fixed.length > 3 ? ', …' : ''}`;
  return [`Batch normalisations in loops and branches keep their stored statistics: ${names}.`];
}

/** The trained tensors by their names in a rolled graph; `null` if a stack has both such and others. */
function inStacks(
  { graph, stacks }: Rolled,
  parameters: readonly Trained[],
): readonly Trained[] | null {
  const trained = new Set(parameters.map(({ name }) => name));
  const stacked = new Set([...stacks.values()].flat());
  const found: Trained[] = parameters.filter(({ name }) => !stacked.has(name));
  for (const [name, names] of stacks) {
    const count = names.filter((one) => trained.has(one)).length;
    if (count === 0) continue;
    if (count < names.length) return null;
    found.push({ name, shape: graph.constants.get(name)?.shape ?? [] });
  }
  return found;
}

/**
 * A network with its weights, its loss and its trained tensors as it goes into a step. `RangeError` as
 * `trainedParameters` and `objectiveOf`.
 */
export function prepared(subject: Subject, checkpointEvery: number | null): Prepared {
  const graph = withWeights(subject.graph, subject.weights);
  const parameters = trainedParameters(subject.name, graph, subject.network);
  const objective = objectiveOf({ ...subject, graph });
  const plain: Rolled = { graph: objective.graph, stacks: new Map(), layers: 0 };
  const whole = inTraining(plain.graph);
  const isWorth = checkpointEvery !== null || objective.graph.nodes.length >= MANY_NODES;
  const loops = isWorth ? rolledUp(plain.graph, parameters, whole, checkpointEvery) : null;
  const rolled = loops?.rolled ?? plain;
  const training = loops?.training ?? whole;
  return {
    objective: { ...objective, graph: rolled.graph },
    training,
    rolled,
    parameters: loops?.parameters ?? parameters,
    count: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    notes: [
      ...objective.notes,
      ...dropoutNotes(graph),
      ...fixedNotes(training),
      ...(checkpointEvery !== null && loops === null
        ? ['All activations are kept: no equal layers in a row can become a loop.']
        : []),
    ],
  };
}

/** The rolled network, `null` where nothing rolls up or a loop would lose running statistics. */
function rolledUp(
  graph: Graph,
  parameters: readonly Trained[],
  plain: InTraining,
  checkpointEvery: number | null,
): Pick<Prepared, 'rolled' | 'training' | 'parameters'> | null {
  const moved = new Set([...parameters, ...plain.running].map(({ name }) => name));
  const loops = rollUp(graph, { isTrained: (name) => moved.has(name) });
  if (loops.layers === 0) return null;
  const rolled = checkpointEvery === null ? loops : checkpointed(loops, checkpointEvery);
  const stacked = inStacks(rolled, parameters);
  const training = inTraining(rolled.graph);
  const isWhole = training.fixed.length === plain.fixed.length;
  return stacked === null || !isWhole ? null : { rolled, training, parameters: stacked };
}
