/** The networks of bench/train.ts, with their weights at step zero, their batches and their step. */
import { advise, drawsOfPlan } from '../src/advise/index.ts';
import type { Graph, Node } from '../src/graph/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { sgd } from '../src/optim/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';
import {
  crossEntropy,
  rolesOf,
  stackName,
  stateName,
  stepGraph,
  stepsGraph,
} from '../src/train/index.ts';

/** A network whose training is timed. */
export interface Trained {
  readonly name: string;
  readonly spec: string;
  readonly label: string;
  readonly batch: number;
  /** Steps that one run takes. */
  readonly steps: number;
  /** What the ratio of PyTorch's time to ours is to reach; `null` where it is only told. */
  readonly target: number | null;
}

const SEED = 1;
const CLASSES = 10;
const LEARNING_RATE = 0.01;
const MOMENTUM = 0.9;

/** The networks that the issue of this benchmark names. */
export const networks: readonly Trained[] = [
  {
    name: 'mlp',
    spec: 'mlp:784-1024x4-10:relu',
    label: 'MLP 784-1024×4-10, batch 256',
    batch: 256,
    steps: 10,
    target: 2,
  },
  {
    name: 'cnn32',
    spec: 'cnn:1x14x14-64x32-10:tanh',
    label: 'vanilla tanh CNN of 32 layers, 64 channels, 14 × 14, batch 64',
    batch: 64,
    steps: 2,
    target: 1,
  },
  {
    name: 'resnet20',
    spec: 'resnet:20',
    label: 'ResNet-20, 32 × 32, batch 128',
    batch: 128,
    steps: 2,
    target: 1,
  },
  {
    name: 'lstm',
    spec: 'lstm:128-128-10:t64',
    label: 'LSTM 128 over 64 steps, batch 64',
    batch: 64,
    steps: 8,
    target: 1,
  },
  {
    name: 'cnn1000',
    spec: 'cnn:1x7x7-16x1000-10:tanh',
    label: 'vanilla tanh CNN of 1,000 layers, 16 channels, 7 × 7, batch 32',
    batch: 32,
    steps: 2,
    target: 1.2,
  },
];

/** The network `name`. */
export function networkOf(name: string): Trained {
  const found = networks.find((network) => network.name === name);
  if (found === undefined) throw new RangeError(`bench/train: no network ${name}`);
  return found;
}

function normal(name: string, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(fold(key(SEED), name), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

/** The graph with its normalisations taking the moments of the batch. */
function inTraining(graph: Graph): Graph {
  const change = (node: Node): Node => {
    if (node.operator !== 'BatchNormalization') return node;
    const outputs = [node.outputs[0], `${node.name}:mean`, `${node.name}:var`];
    return { ...node, outputs, attributes: { ...node.attributes, training_mode: 1 } };
  };
  return { ...graph, nodes: graph.nodes.map(change) };
}

/** Steps of a network as one graph, and what it is run on. */
export interface Given {
  /** One step, of which `many` takes one after another. */
  readonly step: Graph;
  readonly many: Graph;
  /** Weights by name. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Examples and classes of every step, stacked. */
  readonly batches: Readonly<Record<string, Tensor>>;
  /** All that a run takes. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** What a run gives for every step. */
  readonly metrics: readonly string[];
}

/** The steps of a network on Gaussian inputs of classes at random, from the weights of its plan. */
export function givenOf({ spec, batch, steps }: Trained): Given {
  const graph = buildArchitecture(spec);
  const network = describeNetwork(graph);
  const drawn = drawsOfPlan(network, { model: spec, seed: SEED })(
    advise(network, { model: spec, seed: SEED }).seed,
  );
  const optimizer = sgd({ momentum: MOMENTUM });
  const parameters = network.parameters
    .filter(({ name }) => !name.includes('running_'))
    .map(({ name, shape }) => ({ name, shape }));
  const step = stepGraph(inTraining(graph), parameters, {
    output: 'output',
    classes: CLASSES,
    loss: crossEntropy(),
    optimizer,
  });
  const weights = new Map<string, Tensor>();
  const carried: Record<string, Tensor> = {};
  for (const { name, shape } of parameters) {
    const stored = graph.constants.get(name)?.read();
    const value = drawn.get(name) ?? stored ?? normal(name, shape);
    weights.set(name, value);
    carried[name] = value;
    for (const slot of optimizer.state) {
      const data = new Float32Array(sizeOf(shape));
      carried[stateName(slot, name)] = { dtype: 'float32', shape, data };
    }
  }
  const [input] = graph.inputs;
  const extents = (input.shape?.slice(1) ?? []).map(Number);
  const batches = {
    [stackName(input.name)]: normal('input', [steps, batch, ...extents]),
    [stackName('target')]: {
      dtype: 'int64' as const,
      shape: [steps, batch],
      data: BigInt64Array.from({ length: steps * batch }, (_, i) => BigInt((7919 * i) % CLASSES)),
    },
  };
  const feeds = {
    ...carried,
    ...batches,
    steps: { dtype: 'int64' as const, shape: [], data: BigInt64Array.of(BigInt(steps)) },
    first_step: { dtype: 'float64' as const, shape: [], data: Float64Array.of(1) },
    [stackName('learning_rate')]: {
      dtype: 'float32' as const,
      shape: [steps],
      data: new Float32Array(steps).fill(LEARNING_RATE),
    },
  };
  const { metrics } = rolesOf(step);
  return { step, many: stepsGraph(step), weights, batches, feeds, metrics };
}
