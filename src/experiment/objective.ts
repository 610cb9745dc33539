import { valueTypes } from '../autodiff/index.ts';
import { builder, numberAttribute, type Graph, type ValueInfo } from '../graph/index.ts';
import type { Loss } from '../train/index.ts';
import type { Subject } from './training.ts';

/** The output that a loss is of. */
export interface Objective {
  /** The network with this output alone. */
  readonly graph: Graph;
  readonly output: string;
  /** What a batch has: the inputs of the network, and the target. */
  readonly reads: readonly ValueInfo[];
  /** Extent of its last axis; 1 where that is not known and the loss does not ask. */
  readonly classes: number;
  readonly loss: Loss;
  /** What was done so that the loss fits the output, in sentences. */
  readonly notes: readonly string[];
}

/** What a batch must have for a loss of an output. */
function readsOf(graph: Graph, { shape }: ValueInfo, { target }: Loss): readonly ValueInfo[] {
  const info: ValueInfo =
    target === 'class'
      ? { name: 'target', dtype: 'int64', shape: shape?.slice(0, -1) ?? null }
      : { name: 'target', dtype: 'float32', shape };
  return [...graph.inputs, info];
}

function infoOf(graph: Graph, output: string): ValueInfo {
  const declared = graph.outputs.find(({ name }) => name === output);
  const type = valueTypes(graph).get(output);
  const shape = type?.shape ?? declared?.shape ?? null;
  return { name: output, dtype: type?.dtype ?? declared?.dtype ?? null, shape };
}

/** The value in front of the function that makes probabilities of it, if one stands at the end. */
function beforeProbability(
  graph: Graph,
  output: string,
): { readonly operator: string; readonly value: string; readonly axis: number } | null {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  let node = makers.get(output);
  while (node?.operator === 'Identity') node = makers.get(node.inputs[0]);
  if (node === undefined || node.domain !== '') return null;
  if (node.operator !== 'Softmax' && node.operator !== 'Sigmoid') return null;
  const opset = graph.opsets[''] ?? 13;
  const axis = numberAttribute(node, 'axis', opset < 13 ? 1 : -1);
  return { operator: node.operator, value: node.inputs[0], axis };
}

/** Whether a value is [batch, classes, 1, 1], as global pooling leaves it, also of images of more axes. */
function isPooled({ shape }: ValueInfo): boolean {
  return shape !== null && shape.length > 3 && shape.slice(2).every((extent) => extent === 1);
}

/** A graph with `[batch, classes]` of such a value in place of its outputs. */
function flattened(graph: Graph, { name, dtype, shape }: ValueInfo): Graph {
  const b = builder(graph.name, { ...graph, outputs: [] });
  const flat = b.node(`${name}/classes`, 'Flatten', [name], { axis: 1 });
  return { ...b.build(), outputs: [{ name: flat, dtype, shape: shape?.slice(0, 2) ?? null }] };
}

/**
 * The output that a loss is of, as the loss takes it. Cross-entropy is of the values in front of a `Softmax` at the
 * end; classes that stand on the second axis, with nothing but axes of extent 1 behind it, are put last. `RangeError` for an output that is none or no float32, for classes whose number is not known, and for cross-entropy
 * of a `Sigmoid`.
 */
export function objectiveOf(subject: Subject): Objective {
  const { name, graph, loss } = subject;
  const output = subject.output ?? graph.outputs[0].name;
  if (!graph.outputs.some((info) => info.name === output)) {
    const names = graph.outputs.map((info) => info.name).join(', ');
    throw new RangeError(`${name}: output must be one of ${names}, got ${output}`);
  }
  const info = infoOf(graph, output);
  if (info.dtype !== null && info.dtype !== 'float32') {
    throw new RangeError(
      `${name}: the output must be float32 to have a loss, got ${output}, which is ${info.dtype}`,
    );
  }
  const rank = info.shape?.length ?? 0;
  const isWide = loss.target === 'class' && isPooled(info);
  const classAxis = isWide ? 1 : rank - 1;
  const last = info.shape?.[classAxis] ?? null;
  if (loss.target === 'class' && (typeof last !== 'number' || (info.shape?.length ?? 0) < 2)) {
    const shape =
      info.shape === null ? 'unknown' : `[${info.shape.map((e) => e ?? '?').join(',')}]`;
    throw new RangeError(
      `${name}: the output must be [batch,classes] with a known number of classes for ${loss.name}, got ${output} of shape ${shape}`,
    );
  }
  const classes = typeof last === 'number' ? last : 1;
  const probability = loss.name === 'cross-entropy' ? beforeProbability(graph, output) : null;
  const isTheirs = [classAxis, classAxis - rank].includes(probability?.axis ?? classAxis);
  if (probability !== null && (probability.operator !== 'Softmax' || !isTheirs)) {
    throw new RangeError(
      `${name}: the output must be logits for cross-entropy, got ${output} behind ${probability.operator}`,
    );
  }
  const value = { ...info, name: probability?.value ?? output };
  const taken = isWide ? flattened(graph, value) : { ...graph, outputs: [value] };
  return {
    graph: taken,
    output: taken.outputs[0].name,
    reads: readsOf(graph, taken.outputs[0], loss),
    classes,
    loss,
    notes:
      probability === null
        ? []
        : [`The loss is of the values in front of the Softmax that makes ${output}.`],
  };
}
