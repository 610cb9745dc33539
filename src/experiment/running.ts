import { upgraded } from '../autodiff/index.ts';
import { numberAttribute, type Graph, type Node, type ValueInfo } from '../graph/index.ts';
import type { Carried } from '../train/index.ts';

/** A graph for training: statistics of the batch in every batch normalisation, and where the running ones go. */
export interface InTraining {
  readonly graph: Graph;
  /** Running means and variances by name, and their values after a step. */
  readonly running: readonly Carried[];
  /** Batch normalisations in loops and branches that keep their stored statistics, by the names of their nodes. */
  readonly fixed: readonly string[];
}

const isInference = (node: Node): boolean =>
  node.operator === 'BatchNormalization' &&
  node.domain === '' &&
  numberAttribute(node, 'training_mode', 0) === 0;

/** The node in training mode, with its running statistics behind `y`. */
function training(node: Node, mean: string, variance: string, next: readonly string[]): Node {
  const [x, scale, shift] = node.inputs;
  const attributes = { ...node.attributes, training_mode: 1 };
  const inputs = [x, scale, shift, mean, variance];
  return { ...node, inputs, outputs: [node.outputs[0], ...next], attributes };
}

const nextOf = ({ outputs: [y] }: Node): readonly [string, string] => [
  `${y}/running_mean`,
  `${y}/running_var`,
];

/** A loop over layers whose normalisations are in training mode. */
interface Loop {
  readonly node: Node;
  /** What becomes of the sequences of running statistics, by name. */
  readonly next: ReadonlyMap<string, string>;
  readonly fixed: readonly string[];
}

/**
 * A `Scan` whose normalisations read their statistics from sequences, one for each step, and give the moved ones as further
 * outputs; others keep what is stored.
 */
function loopInTraining(scan: Node, body: Graph): Loop {
  const states = body.inputs.length - numberAttribute(scan, 'num_scan_inputs', 0);
  const readers = new Map<string, number>();
  for (const { inputs } of body.nodes) {
    for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const sequenceOf = (slice: string): string | null => {
    const at = body.inputs.findIndex(({ name }) => name === slice);
    return at >= states && readers.get(slice) === 1 ? scan.inputs[at] : null;
  };
  const next = new Map<string, string>();
  const fixed: string[] = [];
  const outputs: ValueInfo[] = [];
  const titles: string[] = [];
  const nodes = body.nodes.map((node) => {
    if (!isInference(node)) return node;
    const [, , , mean, variance] = node.inputs;
    const sequences = [mean, variance].map(sequenceOf);
    const [means, variances] = sequences;
    if (means === null || variances === null) {
      fixed.push(node.name);
      return node;
    }
    const moved = nextOf(node);
    for (const [index, sequence] of [means, variances].entries()) {
      const title = `${sequence}/${moved[index]}`;
      next.set(sequence, title);
      titles.push(title);
      outputs.push({ name: moved[index], dtype: null, shape: null });
    }
    return training(node, mean, variance, moved);
  });
  if (next.size === 0) return { node: scan, next, fixed };
  const attributes = {
    ...scan.attributes,
    body: { ...body, nodes, outputs: [...body.outputs, ...outputs] },
  };
  return { node: { ...scan, attributes, outputs: [...scan.outputs, ...titles] }, next, fixed };
}

const bodiesOf = ({ attributes }: Node): readonly Graph[] =>
  Object.values(attributes).flatMap((value) =>
    typeof value === 'object' && 'nodes' in value ? [value] : [],
  );

/** The names of the normalisations in a graph and inside of its nodes. */
function inferenceNodes(graph: Graph): readonly string[] {
  return graph.nodes.flatMap((node) =>
    isInference(node) ? [node.name] : bodiesOf(node).flatMap(inferenceNodes),
  );
}

/** The first operator set in which a normalisation says whether it is in training. */
const oldestOpset = 14;

/**
 * The graph with every `BatchNormalization` in training mode, in which it takes mean and variance of the batch and
 * moves the running ones: `running ← m running + (1 - m) batch`, with the momentum m of the operator (0.9 if it says
 * nothing, which PyTorch calls 0.1). The variance is the biased one in both places, `Σ (x - μ)²/n`; PyTorch moves the
 * running variance by the unbiased one. Where several share their running statistics, each moves them in turn. In a `Scan`
 * each step has its own; what else stands in loops and branches is left as it is.
 *
 * Reference: Ioffe & Szegedy 2015, algorithm 1, arXiv:1502.03167; ONNX, BatchNormalization.
 */
export function inTraining(given: Graph): InTraining {
  const hasNorm = inferenceNodes(given).length > 0;
  if (!hasNorm) return { graph: given, running: [], fixed: [] };
  const graph = (given.opsets[''] ?? oldestOpset) < oldestOpset ? upgraded(given) : given;
  const now = new Map<string, string>();
  const fixed: string[] = [];
  const nodes = graph.nodes.map((node) => {
    const [body] = bodiesOf(node);
    if (node.operator === 'Scan' && body !== undefined) {
      const loop = loopInTraining(node, body);
      for (const [name, next] of loop.next) now.set(name, next);
      fixed.push(...loop.fixed);
      return loop.node;
    }
    if (body !== undefined) fixed.push(...bodiesOf(node).flatMap(inferenceNodes));
    if (!isInference(node)) return node;
    const [, , , mean, variance] = node.inputs;
    const moved = nextOf(node);
    const result = training(node, now.get(mean) ?? mean, now.get(variance) ?? variance, moved);
    now.set(mean, moved[0]);
    now.set(variance, moved[1]);
    return result;
  });
  const running = [...now].flatMap(([name, next]) => {
    const stored = graph.constants.get(name);
    return stored === undefined ? [] : [{ name, shape: stored.shape, next }];
  });
  return { graph: { ...graph, nodes }, running, fixed };
}
