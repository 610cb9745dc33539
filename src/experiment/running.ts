import { upgraded } from '../autodiff/index.ts';
import { numberAttribute, type Graph } from '../graph/index.ts';
import type { Carried } from '../train/index.ts';

/** A graph for training: statistics of the batch in every batch normalisation, and where the running ones go. */
export interface InTraining {
  readonly graph: Graph;
  /** Running means and variances by name, and their values after a step. */
  readonly running: readonly Carried[];
  /** What training leaves out, in sentences. */
  readonly notes: readonly string[];
}

/** A sentence about the `Dropout` of a network, which is the identity here as in inference. */
function dropoutNote(graph: Graph): readonly string[] {
  const count = graph.nodes.filter(({ operator }) => operator === 'Dropout').length;
  if (count === 0) return [];
  return [
    `Nothing is dropped out: ${count} ${count === 1 ? 'Dropout is' : 'Dropouts are'} the identity in training too.`,
  ];
}

/**
 * The graph with every `BatchNormalization` in training mode, in which it takes mean and variance of the batch and
 * moves the running ones: `running ← m running + (1 - m) batch`, with the momentum m of the operator (0.9 if it says
 * nothing, which PyTorch calls 0.1). The variance is the biased one in both places, `Σ (x - μ)²/n`; PyTorch moves the running
 * variance by the unbiased one. Where several share their running statistics, each moves them in turn.
 *
 * Reference: Ioffe & Szegedy 2015, algorithm 1, arXiv:1502.03167; ONNX, BatchNormalization.
 */
export function inTraining(before: Graph): InTraining {
  const hasNorm = before.nodes.some(({ operator }) => operator === 'BatchNormalization');
  const graph = hasNorm && (before.opsets[''] ?? 0) < 15 ? upgraded(before) : before;
  const now = new Map<string, string>();
  const nodes = graph.nodes.map((node) => {
    const isInference =
      node.operator === 'BatchNormalization' &&
      node.domain === '' &&
      numberAttribute(node, 'training_mode', 0) === 0;
    if (!isInference) return node;
    const [x, scale, shift, mean, variance] = node.inputs;
    const [y] = node.outputs;
    const [nextMean, nextVariance] = [`${y}/running_mean`, `${y}/running_var`];
    const inputs = [x, scale, shift, now.get(mean) ?? mean, now.get(variance) ?? variance];
    now.set(mean, nextMean);
    now.set(variance, nextVariance);
    return {
      ...node,
      inputs,
      outputs: [y, nextMean, nextVariance],
      attributes: { ...node.attributes, training_mode: 1 },
    };
  });
  const running = [...now].flatMap(([name, next]) => {
    const stored = graph.constants.get(name);
    return stored === undefined ? [] : [{ name, shape: stored.shape, next }];
  });
  return { graph: { ...graph, nodes }, running, notes: dropoutNote(graph) };
}
