/** The networks of bench/train.ts, with their weights at step zero, their batches and their step. */
import { advise, drawsOfPlan } from '../src/advise/index.ts';
import type { LearningSet } from '../src/data/index.ts';
import { openTrainer, type StepPick, type Trainer } from '../src/experiment/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { sgd } from '../src/optim/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';
import { crossEntropy } from '../src/train/index.ts';

/** A network whose training is timed. */
export interface Timed {
  readonly name: string;
  readonly spec: string;
  readonly label: string;
  readonly batch: number;
  /** Steps that one run takes. */
  readonly steps: number;
  /** What the ratio of PyTorch's time to ours is to reach; `null` where it is only told. */
  readonly target: number | null;
  /** How often the steps are timed. */
  readonly rounds: number;
  /** Whether torch.compile is tried, which takes minutes for a thousand layers. */
  readonly isCompiled: boolean;
  /** How many convolutions, where time and memory are told beside the products alone. */
  readonly layers: number | null;
}

const SEED = 1;
const CLASSES = 10;
const LEARNING_RATE = 0.01;
const MOMENTUM = 0.9;

/** The networks that the issue of this benchmark names. */
export const networks: readonly Timed[] = [
  {
    name: 'mlp',
    spec: 'mlp:784-1024x4-10:relu',
    label: 'MLP 784-1024×4-10, batch 256',
    batch: 256,
    steps: 10,
    target: 2,
    rounds: 9,
    isCompiled: true,
    layers: null,
  },
  {
    name: 'cnn32',
    spec: 'cnn:1x14x14-64x32-10:tanh',
    label: 'tanh CNN of 32 layers, 64 channels, 14 × 14, batch 64',
    batch: 64,
    steps: 2,
    target: 1,
    rounds: 7,
    isCompiled: true,
    layers: null,
  },
  {
    name: 'resnet20',
    spec: 'resnet:20',
    label: 'ResNet-20, 32 × 32, batch 128',
    batch: 128,
    steps: 2,
    target: 1,
    rounds: 7,
    isCompiled: true,
    layers: null,
  },
  {
    name: 'lstm',
    spec: 'lstm:128-128-10:t64',
    label: 'LSTM 128 over 64 steps, batch 64',
    batch: 64,
    steps: 8,
    target: 1,
    rounds: 9,
    isCompiled: true,
    layers: null,
  },
  {
    name: 'cnn1000',
    spec: 'cnn:1x7x7-16x1000-10:tanh',
    label: 'tanh CNN of 1,000 layers, 16 channels, 7 × 7, batch 32',
    batch: 32,
    steps: 2,
    target: 1.2,
    rounds: 5,
    isCompiled: false,
    layers: 1000,
  },
  {
    name: 'cnn10000',
    spec: 'cnn:1x7x7-16x10000-10:tanh',
    label: 'the same of 10,000 layers',
    batch: 32,
    steps: 1,
    target: null,
    rounds: 2,
    isCompiled: false,
    layers: 10_000,
  },
];

/** The network `name`. */
export function networkOf(name: string): Timed {
  const found = networks.find((network) => network.name === name);
  if (found === undefined) throw new RangeError(`bench/train: no network ${name}`);
  return found;
}

function normal(name: string, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(fold(key(SEED), name), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

/** What goes in. */
export interface Given {
  /** Weights at step zero by name. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Gaussian examples and classes of every step, stacked, as PyTorch gets them. */
  readonly batches: Readonly<Record<string, Tensor>>;
  /** The training of the network, as `stepzero train` opens it. */
  readonly open: (threads: number, profile?: string) => Promise<Trainer>;
  readonly set: LearningSet;
  readonly picks: readonly StepPick[];
}

/** Steps of a network on Gaussian inputs, from the weights of its plan. */
export function givenOf({ spec, batch, steps }: Timed): Given {
  const graph = buildArchitecture(spec);
  const network = describeNetwork(graph);
  const plan = { model: spec, seed: SEED };
  const drawn = drawsOfPlan(network, plan)(advise(network, plan).seed);
  const weights = new Map<string, Tensor>();
  for (const { name, dtype, read } of graph.constants.values()) {
    if (dtype === 'float32') weights.set(name, drawn.get(name) ?? read());
  }
  const [input] = graph.inputs;
  const extents = (input.shape?.slice(1) ?? []).map(Number);
  const count = steps * batch;
  const examples = normal('input', [count, ...extents]);
  const classes = BigInt64Array.from({ length: count }, (_, i) => BigInt((7919 * i) % CLASSES));
  const size = sizeOf(extents);
  const set: LearningSet = {
    name: 'Gaussian examples',
    split: 'train',
    count,
    target: 'class',
    classes: Array.from({ length: CLASSES }, (_, index) => String(index)),
    // Batches are consecutive: no time goes into gathering them, as none does in PyTorch.
    batch: (indices) => {
      const [first] = indices;
      const end = first + indices.length;
      return {
        inputs: {
          [input.name]: {
            dtype: 'float32',
            shape: [indices.length, ...extents],
            data: examples.data.subarray(first * size, end * size),
          },
        },
        target: { dtype: 'int64', shape: [indices.length], data: classes.subarray(first, end) },
      };
    },
  };
  const picks = Array.from({ length: steps }, (_, step) => ({
    indices: Uint32Array.from({ length: batch }, (_, index) => step * batch + index),
    learningRate: LEARNING_RATE,
  }));
  const open = (threads: number, profile?: string): Promise<Trainer> =>
    openTrainer(
      { name: spec, graph, network, weights, loss: crossEntropy() },
      {
        optimizer: sgd({ momentum: MOMENTUM }),
        threads,
        ...(profile === undefined ? {} : { profile }),
      },
    );
  const batches = {
    'all(input)': { ...examples, shape: [steps, batch, ...extents] },
    'all(target)': { dtype: 'int64' as const, shape: [steps, batch], data: classes },
  };
  return { weights, batches, open, set, picks };
}
