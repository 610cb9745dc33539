/** The networks of bench/measure.ts, each with its weights, inputs and the cotangent of its output. */
import { cotangentName, vjp } from '../src/autodiff/index.ts';
import { type Constant, type Graph, type Node } from '../src/graph/index.ts';
import { buildArchitecture } from '../src/network/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';

/** A network that is timed, forward and backward. */
export interface Timed {
  readonly name: string;
  readonly label: string;
  /** What the ratio of PyTorch's time to ours is to reach. */
  readonly target: number;
  readonly batch: number;
  readonly graph: Graph;
  /** Extents of the output behind the batch. */
  readonly output: readonly number[];
}

const SEED = 1;

function normal(name: string, shape: readonly number[]): Tensor {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(fold(key(SEED), name), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

/**
 * ResNet-18 as it is used on 32 × 32 images: a 3 × 3 stem without a stride and no pooling behind it, ten
 * classes. With `training` the normalisations take the moments of the batch.
 */
function smallResNet(training: boolean): Graph {
  const graph = buildArchitecture('resnet:18-10');
  const pool = graph.nodes.find(({ operator }) => operator === 'MaxPool');
  const change = (node: Node): readonly Node[] => {
    const inputs = node.inputs.map((input) =>
      input === pool?.outputs[0] ? pool.inputs[0] : input,
    );
    if (node === pool) return [];
    if (node.name === 'conv1') {
      const attributes = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
      return [{ ...node, attributes }];
    }
    if (training && node.operator === 'BatchNormalization') {
      const outputs = [...node.outputs, `${node.name}:mean`, `${node.name}:var`];
      return [{ ...node, inputs, outputs, attributes: { ...node.attributes, training_mode: 1 } }];
    }
    return [{ ...node, inputs }];
  };
  const stem: Constant = {
    name: 'conv1.weight',
    dtype: 'float32',
    shape: [64, 3, 3, 3],
    source: 'initializer',
    read: () => normal('conv1.weight', [64, 3, 3, 3]),
  };
  return {
    ...graph,
    inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 3, 32, 32] }],
    nodes: graph.nodes.flatMap(change),
    constants: new Map([...graph.constants, ['conv1.weight', stem]]),
    values: new Map(),
  };
}

/** The networks that the issue of this benchmark names. */
export const networks: readonly Timed[] = [
  {
    name: 'mlp',
    label: 'MLP 784-1024×4-10, batch 256',
    target: 1.8,
    batch: 256,
    graph: buildArchitecture('mlp:784-1024x4-10:relu'),
    output: [10],
  },
  {
    name: 'resnet',
    label: 'ResNet-18 for 32 × 32 images, batch 64, normalised by stored moments',
    target: 1,
    batch: 64,
    graph: smallResNet(false),
    output: [10],
  },
  {
    name: 'resnet_training',
    label: 'ResNet-18 for 32 × 32 images, batch 64, normalised by the moments of the batch',
    target: 1,
    batch: 64,
    graph: smallResNet(true),
    output: [10],
  },
  {
    name: 'transformer',
    label: 'transformer of 12 layers, width 256, 4 heads, 32 × 128 tokens',
    target: 1,
    batch: 32,
    graph: buildArchitecture('transformer:v1000-256x12h4-1000:t128'),
    output: [128, 1000],
  },
];

/** The stored tensors that PyTorch has no gradient of: the moments of batch normalisations, integers, numbers. */
function isFixed({ name, dtype, shape }: Constant): boolean {
  return dtype !== 'float32' || shape.length === 0 || name.includes('running_');
}

/**
 * A weight: Gaussian of variance 2 / fan-in, or for a vector a tenth of that of the unit Gaussian around 1 (the scale
 * of a normalisation) or 0, so that no gradient is 0.
 */
function weightOf({ name, shape }: Constant): Tensor {
  const { dtype, data } = normal(name, shape);
  const isScale = shape.length === 1 && /(bn|norm|downsample\.1)\d*\.weight$/.test(name);
  const size = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const factor = shape.length === 1 ? 0.1 : Math.sqrt(2 / size);
  const values = Float32Array.from(
    data as Float32Array,
    (value) => factor * value + (isScale ? 1 : 0),
  );
  return { dtype, shape, data: values };
}

/** What goes in: Gaussian weights, Gaussian inputs or tokens, a Gaussian cotangent. */
export interface Given {
  /** Gradients of all weights and biases, from the cotangent of the output. */
  readonly derivative: Graph;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** The derivative of a network with what it is run on. */
export function givenOf({ graph, batch, output }: Timed): Given {
  const parameters = [...graph.constants.values()].filter((constant) => !isFixed(constant));
  const derivative = vjp(graph, { withRespectTo: parameters.map((parameter) => parameter.name) });
  const weights = new Map(parameters.map((parameter) => [parameter.name, weightOf(parameter)]));
  const [input] = graph.inputs;
  const shape = [batch, ...(input.shape?.slice(1) ?? []).map(Number)];
  const feeds = {
    [input.name]: input.dtype === 'int64' ? tokens(shape) : normal('input', shape),
    [cotangentName(graph.outputs[0].name)]: normal('cotangent', [batch, ...output]),
  };
  return { derivative, weights, feeds };
}

function tokens(shape: readonly number[]): Tensor {
  const vocabulary = 1000;
  const data = BigInt64Array.from({ length: sizeOf(shape) }, (_, index) =>
    BigInt((7919 * index) % vocabulary),
  );
  return { dtype: 'int64', shape, data };
}

/** The network `name`. */
export function networkOf(name: string): Timed {
  const found = networks.find((network) => network.name === name);
  if (found === undefined) throw new RangeError(`bench/measure: no network ${name}`);
  return found;
}
