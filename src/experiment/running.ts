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

/** A graph whose normalisations are in training mode. */
interface Moved {
  readonly graph: Graph;
  /** What becomes of running statistics, by the names by which they are read. */
  readonly next: ReadonlyMap<string, string>;
  readonly fixed: readonly string[];
}

/**
 * Puts the normalisations of a graph, and of the `Scan`s in it, into training mode where they read statistics that can be
 * moved; the others keep what is stored.
 */
function moved(graph: Graph, canMove: (name: string) => boolean): Moved {
  const next = new Map<string, string>();
  const fixed: string[] = [];
  const nodes = graph.nodes.map((node) => {
    const [body] = bodiesOf(node);
    if (body !== undefined) {
      const loop =
        node.operator === 'Scan'
          ? loopInTraining(node, body, (name) => canMove(name) && !next.has(name))
          : null;
      fixed.push(...(loop?.fixed ?? bodiesOf(node).flatMap(inferenceNodes)));
      for (const [name, value] of loop?.next ?? []) next.set(name, value);
      return loop?.node ?? node;
    }
    if (!isInference(node)) return node;
    const [, , , mean, variance] = node.inputs;
    if (!canMove(mean) || !canMove(variance)) {
      fixed.push(node.name);
      return node;
    }
    const values = nextOf(node);
    const result = training(node, next.get(mean) ?? mean, next.get(variance) ?? variance, values);
    next.set(mean, values[0]);
    next.set(variance, values[1]);
    return result;
  });
  return { graph: { ...graph, nodes }, next, fixed };
}

/** A `Scan` in training mode, and what becomes of its sequences. */
interface Loop {
  readonly node: Node;
  readonly next: ReadonlyMap<string, string>;
  readonly fixed: readonly string[];
}

/** A `Scan` whose statistics are sequences, of which each step moves its own; the moved ones are further outputs. */
function loopInTraining(scan: Node, body: Graph, canMove: (name: string) => boolean): Loop {
  const states = body.inputs.length - numberAttribute(scan, 'num_scan_inputs', 0);
  const isPlain = !Object.keys(scan.attributes).some((name) => /axes|directions/.test(name));
  const sequences = new Map(
    body.inputs.slice(states).map(({ name }, index) => [name, scan.inputs[states + index]]),
  );
  const inner = moved(body, (slice) => {
    const sequence = sequences.get(slice);
    return isPlain && sequence !== undefined && canMove(sequence);
  });
  const next = new Map<string, string>();
  const outputs = [...inner.next].map(([slice, name]): ValueInfo => {
    const sequence = sequences.get(slice) ?? slice;
    next.set(sequence, `${sequence}/${name}`);
    return { name, dtype: null, shape: null };
  });
  const whole = { ...inner.graph, outputs: [...body.outputs, ...outputs] };
  const node = {
    ...scan,
    attributes: { ...scan.attributes, body: whole },
    outputs: [...scan.outputs, ...next.values()],
  };
  return { node: next.size === 0 ? scan : node, next, fixed: inner.fixed };
}

/** The first operator set in which a normalisation says whether it is in training. */
const oldestOpset = 14;

/**
 * The graph with every `BatchNormalization` in training mode, in which it takes mean and variance of the batch and
 * moves the running ones: `running ← m running + (1 - m) batch`, with the momentum m of the operator (0.9 if it says
 * nothing, which PyTorch calls 0.1). The variance is the biased one in both places, `Σ (x - μ)²/n`; PyTorch moves the
 * running variance by the unbiased one. Where several share their running statistics, each moves them in turn. In a `Scan`
 * each step has its own, as sequences; what else stands in loops and branches is left as it is.
 *
 * Reference: Ioffe & Szegedy 2015, algorithm 1, arXiv:1502.03167; ONNX, BatchNormalization.
 */
export function inTraining(given: Graph): InTraining {
  if (inferenceNodes(given).length === 0) return { graph: given, running: [], fixed: [] };
  const graph = (given.opsets[''] ?? oldestOpset) < oldestOpset ? upgraded(given) : given;
  const views = viewsOf(graph);
  const found = moved(graph, (name) => graph.constants.has(name) || views.has(name));
  const running: Carried[] = [];
  const back: Node[] = [];
  const constants = new Map(graph.constants);
  for (const [read, value] of found.next) {
    const name = views.get(read) ?? read;
    const { shape } = graph.constants.get(name) ?? { shape: [] };
    if (name === read) {
      running.push({ name, shape, next: value });
      continue;
    }
    const [target, next] = [`${value}/shape`, `${value}/whole`];
    const data = BigInt64Array.from(shape, BigInt);
    const tensor = { dtype: 'int64', shape: [shape.length], data } as const;
    constants.set(target, { ...tensor, name: target, source: 'initializer', read: () => tensor });
    const inputs = [value, target];
    const outputs = [next];
    back.push({ name: next, operator: 'Reshape', domain: '', inputs, outputs, attributes: {} });
    running.push({ name, shape, next });
  }
  const nodes = [...found.graph.nodes, ...back];
  return { graph: { ...graph, nodes, constants }, running, fixed: found.fixed };
}

/** Stored tensors by the names of the reshaped forms in which alone they are read. */
function viewsOf({ nodes, constants }: Graph): ReadonlyMap<string, string> {
  const readers = new Map<string, number>();
  for (const { inputs } of nodes) {
    for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return new Map(
    nodes.flatMap(({ operator, inputs: [name], outputs }) => {
      const isView = operator === 'Reshape' && constants.has(name) && readers.get(name) === 1;
      return isView ? [[outputs[0], name] as const] : [];
    }),
  );
}
