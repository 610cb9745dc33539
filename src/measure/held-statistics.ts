import { numberAttribute, type Graph, type Node } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** Shape and dtype of a value that was computed. */
export type SeenTypes = ReadonlyMap<string, Pick<Tensor, 'dtype' | 'shape'>>;

/** A network whose statistics over the batch are computed apart from it. */
export interface HeldStatistics {
  /** Values that hold them. */
  readonly names: readonly string[];
  /** The network with the statistics as outputs. */
  readonly computed: Graph;
  /** The network with the statistics as inputs, of the types that they were seen to have. */
  readonly held: (seen: SeenTypes) => Graph;
}

const isTraining = (node: Node): boolean =>
  node.operator === 'BatchNormalization' && numberAttribute(node, 'training_mode', 0) === 1;

/**
 * Cuts a network where it takes a statistic of its input over the batch, that is in batch normalisations in training
 * and in those reductions whose result holds no examples any more. With statistics that are held, no example
 * depends on another.
 */
export function holdStatistics(
  graph: Graph,
  input: string,
  isStatistic: (reduced: string) => boolean,
): HeldStatistics {
  const taken = new Set([
    ...graph.nodes.flatMap(({ outputs }) => outputs),
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
  ]);
  const free = (name: string): string => {
    let candidate = name;
    while (taken.has(candidate)) candidate += "'";
    taken.add(candidate);
    return candidate;
  };
  const moving = new Set([input]);
  const names: string[] = [];
  const computed: Node[] = [];
  const held: Node[] = [];
  for (const node of graph.nodes) {
    const isMoving = node.inputs.some((name) => moving.has(name));
    if (isMoving) for (const name of node.outputs) moving.add(name);
    if (isMoving && isTraining(node)) {
      const statistics = ['mean', 'variance'].map((what) => free(`${node.name}/${what}`));
      const [y] = node.outputs;
      names.push(...statistics);
      // Without momentum the new running statistics are those of the batch.
      const attributes = { ...node.attributes, momentum: 0 };
      computed.push({ ...node, attributes, outputs: [y, ...statistics] });
      const { training_mode: _, ...others } = node.attributes;
      held.push({
        ...node,
        attributes: others,
        inputs: [...node.inputs.slice(0, 3), ...statistics],
        outputs: [y],
      });
    } else if (isMoving && node.operator.startsWith('Reduce') && node.outputs.every(isStatistic)) {
      names.push(...node.outputs);
      computed.push(node);
    } else {
      computed.push(node);
      held.push(node);
    }
  }
  return {
    names,
    computed: {
      ...graph,
      nodes: computed,
      outputs: names.map((name) => ({ name, dtype: null, shape: null })),
    },
    held: (seen) => ({
      ...graph,
      nodes: held,
      inputs: [
        ...graph.inputs,
        ...names.map((name) => {
          const { dtype, shape } = seen.get(name) ?? { dtype: null, shape: null };
          return { name, dtype, shape };
        }),
      ],
    }),
  };
}
