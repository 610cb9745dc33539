import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModelFile } from '../src/files/index.ts';
import {
  builder,
  encodeModel,
  modelOf,
  numberAttribute,
  numbersAttribute,
  type Attribute,
  type Graph,
  type Node,
} from '../src/graph/index.ts';
import { architectures, buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../src/tensor/index.ts';

const MODELS = resolve(import.meta.dirname, '../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

const files = isThere
  ? ['torch', 'light'].flatMap((set) =>
      readdirSync(join(MODELS, set))
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(set, name)),
    )
  : [];

/** Weights with more elements than this are not made. */
const LARGEST = 5e6;

const OPERATORS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/** A linear operator with its stored weight, in the shape in which the operator gets it. */
interface Applied {
  readonly node: Node;
  readonly parameter: string;
  readonly shape: readonly number[];
}

/** The linear operators of a graph whose weight is stored, or stored and transposed. */
function appliedIn(graph: Graph): Applied[] {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value, node])));
  const found: Applied[] = [];
  for (const node of graph.nodes) {
    if (!OPERATORS.has(node.operator) || node.domain !== '') continue;
    const value = node.inputs[1];
    const own = graph.constants.get(value);
    const maker = makers.get(value);
    const under =
      maker?.operator === 'Transpose' ? graph.constants.get(maker.inputs[0]) : undefined;
    if (own !== undefined) found.push({ node, parameter: own.name, shape: own.shape });
    else if (maker !== undefined && under !== undefined) {
      const order = numbersAttribute(maker, 'perm') ?? under.shape.map((_, axis) => axis).reverse();
      const shape = order.map((axis) => under.shape[axis]);
      found.push({ node, parameter: under.name, shape });
    }
  }
  return found;
}

interface Counted {
  /** Most inputs that reach one output. */
  readonly fanIn: number;
  /** Outputs that an input reaches, on average over a period of the strides. */
  readonly fanOut: number;
}

/** Runs the operator, with ones for weights, on ones and on an impulse: nothing is derived, all is counted. */
async function count({ node, shape }: Applied): Promise<Counted> {
  const isConv = node.operator.startsWith('Conv');
  const isTurned = node.operator === 'ConvTranspose';
  const groups = numberAttribute(node, 'group', 1);
  const kernel = isConv ? shape.slice(2) : [];
  const strides = numbersAttribute(node, 'strides') ?? kernel.map(() => 1);
  const dilations = numbersAttribute(node, 'dilations') ?? kernel.map(() => 1);
  const reach = kernel.map((extent, axis) => (extent - 1) * dilations[axis] + 1);
  const steps = kernel.map((_, axis) => (isTurned ? 1 : strides[axis]));
  // From a place in the middle every tap stays inside of the image, padded or not.
  const size = reach.map((extent, axis) => 3 * extent + 2 * steps[axis]);
  const matrixIn = numberAttribute(node, 'transB', 0) === 1 ? shape[1] : shape[0];
  const channels = isConv ? (isTurned ? shape[0] : shape[1] * groups) : matrixIn;
  const inputShape = [1, channels, ...size];
  const b = builder('one');
  b.input('x', 'float32', inputShape);
  const weight = b.constant('w', {
    dtype: 'float32',
    shape,
    data: new Float32Array(sizeOf(shape)).fill(1),
  });
  const attributes: Record<string, Attribute> = { ...node.attributes };
  b.output('y', b.node('op', node.operator, ['x', weight], attributes), 'float32', []);
  const session = await openSession(encodeModel(modelOf(b.build()), new Map()));
  const run = async (data: Float32Array): Promise<Float64Array> => {
    const x: Tensor = { dtype: 'float32', shape: inputShape, data };
    return toFloat64((await session.run({ x }))['y']);
  };
  const ones = await run(new Float32Array(sizeOf(inputShape)).fill(1));
  const impulse = new Float32Array(sizeOf(inputShape));
  for (let flat = 0; flat < sizeOf(size); flat++) {
    let rest = flat;
    let isInside = true;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      const at = (rest % size[axis]) - reach[axis];
      rest = Math.floor(rest / size[axis]);
      if (at < 0 || at >= steps[axis]) isInside = false;
    }
    if (isInside) impulse[flat] = 1;
  }
  const reached = await run(impulse);
  await session.close();
  return {
    fanIn: ones.reduce((most, value) => Math.max(most, value), 0),
    fanOut: reached.reduce((sum, value) => sum + value, 0) / sizeOf(steps),
  };
}

const counted = new Map<string, Counted>();

/** The fans of every linear operator, counted, beside those that the network is said to have. */
async function compare(graph: Graph): Promise<{ checked: number; left: number }> {
  const network = describeNetwork(graph);
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  let [checked, left] = [0, 0];
  for (const applied of appliedIn(graph)) {
    const info = infos.get(applied.parameter);
    if (info === undefined || info.uses !== 1 || info.layout.length === 0) continue;
    if (sizeOf(applied.shape) > LARGEST) {
      left++;
      continue;
    }
    // What an input reaches in a packed weight is what it reaches in every block.
    const reached = info.blocks.reduce((sum, block) => sum + block.fanOut, 0);
    const fanOut = info.blocks.length === 0 ? info.fanOut : reached;
    const same = JSON.stringify([applied.node.operator, applied.shape, applied.node.attributes]);
    const fans = counted.get(same) ?? (await count(applied));
    counted.set(same, fans);
    expect({ fanIn: info.fanIn, fanOut }, `${info.name} ${same}`).toEqual(fans);
    checked++;
  }
  return { checked, left };
}

/** Linear operators of each file: those counted, and those with too large a weight. */
const expected: Readonly<Record<string, readonly [checked: number, left: number]>> = {
  'torch/lenet5.onnx': [5, 0],
  'torch/lstm_classifier.onnx': [1, 0],
  'torch/mlp_relu_20x128.onnx': [20, 0],
  'torch/mlp_tanh_50x128.onnx': [50, 0],
  'torch/timm_test_convnext.onnx': [32, 0],
  'torch/timm_test_efficientnet.onnx': [18, 0],
  'torch/timm_test_resnet.onnx': [16, 0],
  'torch/timm_test_vit.onnx': [26, 0],
  'torch/transformer_postln.onnx': [17, 0],
  'light/light_bvlc_alexnet.onnx': [6, 2],
  'light/light_inception_v1.onnx': [57, 0],
  'light/light_resnet50.onnx': [54, 0],
  'light/light_shufflenet.onnx': [50, 0],
  'light/light_squeezenet.onnx': [26, 0],
  'light/light_vgg19.onnx': [17, 2],
  'light/light_zfnet512.onnx': [7, 1],
};

describe.skipIf(!isThere)('fans of real networks', () => {
  test.each(files)('%s: the fans are those that impulses count', async (file) => {
    const { checked, left } = await compare(readModelFile(join(MODELS, file)).graph);
    expect([checked, left]).toEqual(expected[file]);
  });
});

test.each(architectures.map(({ name }) => ({ name })))(
  '$name: the fans are those that impulses count',
  async ({ name }) => {
    const { checked } = await compare(buildArchitecture(name));
    expect(checked).toBeGreaterThan(0);
  },
);

interface Convolution {
  readonly operator: 'Conv' | 'ConvTranspose';
  readonly shape: readonly number[];
  readonly group?: number;
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
}

const convolutions: readonly Convolution[] = [
  { operator: 'Conv', shape: [8, 6, 3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { operator: 'Conv', shape: [8, 6, 1, 1], strides: [2, 2] },
  { operator: 'Conv', shape: [4, 3, 5, 2], strides: [3, 1], dilations: [2, 3] },
  { operator: 'Conv', shape: [6, 2, 3], group: 3, strides: [2] },
  { operator: 'Conv', shape: [12, 1, 3, 3], group: 4, dilations: [2, 2] },
  { operator: 'Conv', shape: [5, 1, 7, 7], group: 5, strides: [4, 4] },
  { operator: 'Conv', shape: [4, 2, 2, 3, 2], strides: [1, 2, 2] },
  { operator: 'ConvTranspose', shape: [6, 4, 3, 3] },
  { operator: 'ConvTranspose', shape: [6, 4, 4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
  { operator: 'ConvTranspose', shape: [6, 2, 3, 5], strides: [2, 3], group: 3 },
  { operator: 'ConvTranspose', shape: [4, 3, 2], strides: [3] },
  { operator: 'ConvTranspose', shape: [4, 3, 3, 4], strides: [2, 4], dilations: [2, 2] },
  { operator: 'ConvTranspose', shape: [4, 1, 5], strides: [3], dilations: [2], group: 4 },
];

test.each(convolutions)(
  '$operator of $shape, groups $group, strides $strides, dilations $dilations: the fans are those that impulses count',
  async ({ operator, shape, ...attributes }) => {
    const b = builder('conv');
    const channels = operator === 'Conv' ? shape[1] * (attributes.group ?? 1) : shape[0];
    b.input('x', 'float32', ['batch', channels, ...shape.slice(2).map(() => 40)]);
    const weight = b.parameter('w', shape);
    const given = Object.fromEntries(
      Object.entries(attributes).filter((pair): pair is [string, number] => pair[1] !== undefined),
    );
    b.output('y', b.node('op', operator, ['x', weight], given), 'float32', []);
    expect(await compare(b.build())).toEqual({ checked: 1, left: 0 });
  },
);
