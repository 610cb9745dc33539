import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import * as fc from 'fast-check';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { advise } from '../src/advise/index.ts';
import {
  decodeModel,
  editModel,
  encodeModel,
  modelOf,
  type Builder,
  type Graph,
  type Model,
} from '../src/graph/index.ts';
import { readModelFile, writeModelFile } from '../src/files/index.ts';
import { buildArchitecture, creluEdit, describeNetwork } from '../src/network/index.ts';
import { fillNormal, key } from '../src/random/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../src/tensor/index.ts';
import { floats, graphOf, integers } from './graph-fixture.ts';

const crelu = (model: Model): Model => editModel(model, creluEdit(model.graph));

/** Numbers of unit size from a seed. */
function noise(seed: number, ...shape: number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(key(seed), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

let seeds = 100;
const weight = (b: Builder, name: string, ...shape: number[]): string => {
  const scale = 1 / Math.sqrt(Math.max(1, sizeOf(shape.slice(1))));
  const { data } = noise(seeds++, ...shape);
  return b.constant(name, { dtype: 'float32', shape, data: data.map((x) => x * scale) });
};

async function outputOf(bytes: Uint8Array, graph: Graph): Promise<Float64Array> {
  const session = await openSession(bytes, { name: 'test.onnx' });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape, dtype }, i) => {
      const extents = (shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 3));
      const ids: Tensor = {
        dtype: 'int64',
        shape: extents,
        data: BigInt64Array.from({ length: sizeOf(extents) }, (_, j) => BigInt(j % 5)),
      };
      return [name, dtype === 'int64' ? ids : noise(i, ...extents)];
    }),
  );
  const outputs = await session.run(feeds);
  await session.close();
  return toFloat64(Object.values(outputs)[0]);
}

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

/** The network computes what it did, to the rounding of sums in another order; then again with other bytes. */
async function expectSame(model: Model): Promise<Model> {
  const after = crelu(model);
  const bytes = encodeModel(after);
  const [before, now] = [
    await outputOf(encodeModel(model), model.graph),
    await outputOf(bytes, model.graph),
  ];
  expect(now.length).toBe(before.length);
  // Adding zeros changes no term, but perhaps the order in which 2^12 terms at most are added up.
  expect(norm(now.map((value, i) => value - before[i])) / norm(before)).toBeLessThan(2 ** -12);
  expect(norm(before)).toBeGreaterThan(0);
  const read = decodeModel(bytes, { name: 'written' });
  const plain = ({ nodes }: Graph): unknown => nodes.map((node) => ({ ...node, attributes: {} }));
  expect(plain(read.graph)).toEqual(plain(after.graph));
  expect([...read.graph.constants.keys()].sort()).toEqual([...after.graph.constants.keys()].sort());
  return after;
}

const relu = (b: Builder, x: string): string => b.node(`${x}_relu`, 'Relu', [x]);
const conv = (b: Builder, name: string, x: string, shape: number[], more = {}): string =>
  b.node(
    name,
    'Conv',
    [x, weight(b, `${name}.weight`, ...shape), weight(b, `${name}.bias`, shape[0])],
    more,
  );
const dense = (b: Builder, name: string, x: string, inputs: number, outputs: number): string =>
  b.node(
    name,
    'Gemm',
    [x, weight(b, `${name}.weight`, outputs, inputs), weight(b, `${name}.bias`, outputs)],
    { transB: 1 },
  );
const norms = (b: Builder, x: string, width: number): string => {
  const parts = ['scale', 'shift', 'mean'].map((part) => weight(b, `${x}_bn.${part}`, width));
  const { data } = noise(seeds++, width);
  const variance = b.constant(`${x}_bn.var`, {
    dtype: 'float32',
    shape: [width],
    data: data.map((v) => v * v + 0.5),
  });
  return b.node(`${x}_bn`, 'BatchNormalization', [x, ...parts, variance]);
};

const graphs: Readonly<Record<string, Graph>> = {
  'pooling, normalisation behind the ReLU, flattening by a written shape': graphOf(
    [2, 3, 8, 8],
    (b) => {
      let x = norms(b, relu(b, conv(b, 'c1', 'x', [6, 3, 3, 3])), 6);
      x = b.node('pool', 'MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
      x = relu(b, conv(b, 'c2', x, [5, 6, 1, 1]));
      x = b.node('flat', 'Reshape', [x, b.constant('to', integers(2, 45))]);
      return dense(b, 'd2', relu(b, dense(b, 'd1', x, 45, 7)), 7, 4);
    },
  ),
  'grouped, depthwise and transposed convolutions': graphOf([2, 4, 6, 6], (b) => {
    let x = relu(b, conv(b, 'c1', 'x', [12, 4, 1, 1]));
    x = b.node('pool', 'AveragePool', [x], { kernel_shape: [2, 2] });
    x = relu(b, conv(b, 'c2', x, [6, 4, 1, 1], { group: 3 }));
    x = relu(b, conv(b, 'dw', x, [12, 1, 3, 3], { group: 6 }));
    x = b.node('up', 'ConvTranspose', [x, weight(b, 'up.weight', 12, 2, 2, 2)], {
      group: 4,
      strides: [2, 2],
    });
    return b.node('up2', 'ConvTranspose', [relu(b, x), weight(b, 'up2.weight', 8, 3, 2, 2)]);
  }),
  'concatenations of both, one and no rectified value': graphOf([2, 4, 6, 6], (b) => {
    const x = relu(b, conv(b, 'c1', 'x', [5, 4, 1, 1]));
    const left = relu(b, conv(b, 'left', x, [3, 5, 1, 1]));
    const right = conv(b, 'right', x, [7, 5, 1, 1]);
    const both = b.node('both', 'Concat', [left, right, x], { axis: 1 });
    return conv(b, 'last', both, [2, 15, 1, 1]);
  }),
  'scales, slopes and sums of equal channels': graphOf([2, 4, 6, 6], (b) => {
    const x = relu(b, conv(b, 'c1', 'x', [5, 4, 1, 1]));
    const scaled = b.node('scaled', 'Mul', [x, weight(b, 'scale', 5, 1, 1)]);
    const halved = b.node('halved', 'Div', [x, b.constant('two', floats([], 2))]);
    const sum = b.node('sum', 'Add', [scaled, halved]);
    const bent = b.node('bent', 'PRelu', [sum, weight(b, 'slope', 5, 1, 1)]);
    return conv(
      b,
      'last',
      b.node('shift', 'Sub', [bent, weight(b, 'shift', 1, 5, 1, 1)]),
      [2, 5, 1, 1],
    );
  }),
  'channels last, a transposed weight and a sequence axis': graphOf([2, 3, 6, 6], (b) => {
    const x = relu(b, conv(b, 'c1', 'x', [5, 3, 1, 1]));
    const last = b.node('nhwc', 'Transpose', [x], { perm: [0, 2, 3, 1] });
    const w = b.node('w_t', 'Transpose', [weight(b, 'w1', 7, 5)], { perm: [1, 0] });
    const y = b.node('p1', 'MatMul', [last, w]);
    const bias = b.node('p1_bias', 'Add', [y, weight(b, 'b1', 7)]);
    const rows = b.node('rows', 'Reshape', [relu(b, bias), b.constant('to', integers(2, 36, 7))]);
    return b.node('p2', 'MatMul', [rows, weight(b, 'w2', 7, 4)]);
  }),
  'one weight in two places of which one is behind a ReLU': graphOf([2, 6], (b) => {
    const w = weight(b, 'tied', 6, 6);
    const x = relu(b, b.node('p1', 'MatMul', ['x', w]));
    return b.node('p3', 'MatMul', [relu(b, b.node('p2', 'MatMul', [x, w])), w]);
  }),
  'a mean over space, a squeeze and a padding': graphOf([2, 3, 6, 6], (b) => {
    const x = relu(b, conv(b, 'c1', 'x', [5, 3, 1, 1]));
    const padded = b.node('pad', 'Pad', [x, b.constant('pads', integers(0, 0, 1, 1, 0, 0, 1, 1))]);
    const mean = b.node('mean', 'ReduceMean', [padded, b.constant('axes', integers(-1, 2))], {
      keepdims: 1,
    });
    const flat = b.node('squeeze', 'Squeeze', [mean, b.constant('at', integers(2, 3))]);
    return dense(b, 'd', flat, 5, 3);
  }),
};
const named = [
  'mlp:20-16x3-4',
  'cnn:3x10-8s2-6x2-4',
  'cnn:1x9x9-8x2-3:circular',
  'transformer:v10-16x2h2-10:relu',
];

/** A named architecture with weights of its own, since its own are zeros. */
function withNoise(graph: Graph): Graph {
  const constants = new Map(
    [...graph.constants].map(([name, constant]) => {
      if (constant.dtype !== 'float32') return [name, constant] as const;
      const tensor = noise(seeds++, ...constant.shape);
      const scale = 1 / Math.sqrt(Math.max(1, sizeOf(constant.shape.slice(1))));
      const data = tensor.data.map((x) => x * scale);
      return [name, { ...constant, read: () => ({ ...tensor, data }) }] as const;
    }),
  );
  return { ...graph, constants };
}

test.each([
  ...Object.entries(graphs),
  ...named.map((text) => [text, withNoise(buildArchitecture(text))] as const),
])('%s: the network computes what it did', async (_, graph) => {
  await expectSame(modelOf(graph));
});

/** A chain of random layers: convolutions in groups, two in parallel, pooling, normalisation. */
function chain(steps: readonly (readonly [string, number, number])[], isLast: boolean): Graph {
  return graphOf([2, 4, 6, 6], (b) => {
    let [x, width] = ['x', 4];
    for (const [i, [kind, outs, groups]] of steps.entries()) {
      const name = `s${i}`;
      const g = width % groups === 0 ? groups : 1;
      if (kind === 'pool') {
        x = b.node(name, 'MaxPool', [x], { kernel_shape: [2, 2], pads: [1, 0, 0, 1] });
      } else if (kind === 'norm') {
        x = norms(b, x, width);
      } else if (kind === 'branch') {
        const left = relu(b, conv(b, `${name}l`, x, [outs, width, 1, 1]));
        const right = relu(b, conv(b, `${name}r`, x, [groups, width, 1, 1]));
        x = b.node(name, 'Concat', [left, right], { axis: 1 });
        width = outs + groups;
      } else {
        x = relu(b, conv(b, name, x, [outs * g, width / g, 1, 1], { group: g }));
        width = outs * g;
      }
    }
    const last = isLast ? b.node('nhwc', 'Transpose', [x], { perm: [0, 2, 3, 1] }) : x;
    return dense(b, 'd', b.node('flat', 'Flatten', [last]), 36 * width, 3);
  });
}

test('any chain of layers computes what it did', async () => {
  const step = fc.tuple(
    fc.constantFrom('conv', 'conv', 'branch', 'pool', 'norm'),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (steps, last) => {
        const graph = chain([['conv', 3, 1], ...steps], last);
        await expectSame(modelOf(graph));
      },
    ),
    { numRuns: 25, seed: 4 },
  );
});

test('every weight behind a ReLU has twice the inputs, the new ones 0', () => {
  const graph = graphs['grouped, depthwise and transposed convolutions'];
  const edit = creluEdit(graph);
  expect(edit.rectifiers).toEqual(['c1', 'c2', 'dw', 'up'].map((name) => `${name}_output_relu`));
  expect(
    edit.widened.map(({ name, before, after }) => `${name} ${before.join()} → ${after.join()}`),
  ).toMatchInlineSnapshot(`
    [
      "c2.weight 6,4,1,1 → 6,8,1,1",
      "dw.weight 12,1,3,3 → 12,2,3,3",
      "up.weight 12,2,2,2 → 24,2,2,2",
      "up2.weight 8,3,2,2 → 16,3,2,2",
    ]
  `);
  const { constants } = edit;
  const before = toFloat64(graph.constants.get('dw.weight')?.read() as Tensor<'float32'>);
  const after = toFloat64(constants.get('dw.weight')?.read() as Tensor<'float32'>);
  const taps = (values: Float64Array, at: number): number[] => [
    ...values.subarray(9 * at, 9 * at + 9),
  ];
  for (let out = 0; out < 12; out++) {
    expect(taps(after, 2 * out)).toEqual(taps(before, out));
    expect(taps(after, 2 * out + 1)).toEqual(Array.from({ length: 9 }, () => 0));
  }
});

test('what a network that was transformed looks linear from is planned in its own halves', () => {
  const after = crelu(modelOf(graphs['grouped, depthwise and transposed convolutions']));
  const { parameters } = advise(describeNetwork(after.graph), {
    model: 'm',
    seed: 0,
    scheme: 'looks_linear',
  });
  const weights = parameters.filter(({ name }) => name.includes('weight'));
  expect(weights.map(({ name, scheme, options }) => `${name} ${scheme} ${JSON.stringify(options)}`))
    .toMatchInlineSnapshot(`
    [
      "c1.weight scaled_orthogonal {}",
      "c2.weight looks_linear {"base":"scaled_orthogonal"}",
      "dw.weight looks_linear {"gain":1.41421356237,"base":"delta_orthogonal"}",
      "up.weight looks_linear {"base":"lecun_normal"}",
      "up2.weight looks_linear {"base":"lecun_normal"}",
    ]
  `);
});

test('a weight that other nodes read too stays, and a wider one stands beside it', () => {
  const edit = creluEdit(graphs['one weight in two places of which one is behind a ReLU']);
  expect(edit.widened.map(({ name, after }) => `${name} ${after.join()}`)).toEqual([
    'tied_crelu 12,6',
  ]);
});

test('declared shapes follow, and the rest of the file stays as it was', () => {
  const graph = graphOf([2, 4], (b) => dense(b, 'd2', relu(b, dense(b, 'd1', 'x', 4, 3)), 3, 2));
  const info = (name: string, shape: number[]) =>
    [name, { name, dtype: 'float32', shape }] as const;
  const values = new Map([info('d1_output', [2, 3]), info('d1_output_relu_output', [2, 3])]);
  const bytes = encodeModel(modelOf({ ...graph, values }));
  const proto = fromBinary(ModelProtoSchema, bytes);
  proto.docString = 'kept';
  proto.metadataProps.push({ $typeName: 'onnx.StringStringEntryProto', key: 'a', value: 'b' });
  const model = decodeModel(toBinary(ModelProtoSchema, proto), { name: 'm' });
  const after = crelu(model);
  expect(after.proto.docString).toBe('kept');
  expect(after.proto.metadataProps).toEqual(proto.metadataProps);
  expect(after.graph.values.get('d1_output_relu_output')?.shape).toEqual([2, 3]);
  expect(after.graph.nodes.map(({ name, inputs }) => `${name}: ${inputs.join()}`))
    .toMatchInlineSnapshot(`
    [
      "d1: x,d1.weight,d1.bias",
      "d1_output_relu: d1_output",
      "d1_output_relu_minus: d1_output",
      "d1_output_relu_negative: d1_output_relu_output_minus",
      "d1_output_relu_both: d1_output_relu_output,d1_output_relu_output_negative",
      "d2: d1_output_relu_output_both,d2.weight,d2.bias",
      "y_identity: d2_output",
    ]
  `);
});

const refusal = (shape: number[], make: (b: Builder) => string): string => {
  try {
    creluEdit(graphOf(shape, make));
    return 'none';
  } catch (error) {
    return String(error);
  }
};

test('what cannot take twice the channels is refused in one sentence that names the node', () => {
  const image = [2, 4, 6, 6];
  const first = (b: Builder): string => relu(b, conv(b, 'c1', 'x', [4, 4, 1, 1]));
  const twice = (model: Model): string => {
    try {
      crelu(crelu(model));
      return 'none';
    } catch (error) {
      return String(error);
    }
  };
  expect(
    [
      refusal([2, 8], (b) => dense(b, 'd2', dense(b, 'd1', 'x', 8, 4), 4, 2)),
      refusal([2, 8], (b) => relu(b, dense(b, 'd1', 'x', 8, 4))),
      refusal([2, 8], (b) => dense(b, 'd1', relu(b, 'x'), 8, 4)),
      refusal(image, (b) => {
        const x = first(b);
        return conv(
          b,
          'c3',
          relu(b, b.node('sum', 'Add', [x, conv(b, 'c2', x, [4, 4, 1, 1])])),
          [4, 4, 1, 1],
        );
      }),
      refusal(image, (b) =>
        conv(b, 'c2', b.node('lrn', 'LRN', [first(b)], { size: 3 }), [4, 4, 1, 1]),
      ),
      refusal(image, (b) => {
        const x = first(b);
        return b.node('both', 'Add', [
          b.node('pool', 'MaxPool', [x], { kernel_shape: [1, 1] }),
          conv(b, 'c2', x, [4, 4, 1, 1]),
        ]);
      }),
      refusal(image, (b) => {
        const half = b.node('half', 'Slice', [
          first(b),
          ...['from', 'to', 'axis'].map((n, i) =>
            b.constant(n, integers(i === 1 ? 2 : i === 2 ? 1 : 0)),
          ),
        ]);
        return conv(b, 'c2', half, [4, 2, 1, 1]);
      }),
      twice(
        modelOf(graphOf([2, 8], (b) => dense(b, 'd2', relu(b, dense(b, 'd1', 'x', 8, 4)), 4, 2))),
      ),
    ].join('\n'),
  ).toMatchInlineSnapshot(`
    "RangeError: crelu: the network must have a ReLU with a layer behind it, got no ReLU
    RangeError: crelu: the network must have a ReLU with a layer behind it, got none but those concatenated already or behind the last layer
    RangeError: crelu: x_relu (Relu) must rectify what a layer makes, got something else
    RangeError: crelu: sum (Add) must take the same channels from all its inputs, got a concatenated ReLU beside another value
    RangeError: crelu: lrn (LRN) must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not
    RangeError: crelu: both (Add) must take the same channels from all its inputs, got a concatenated ReLU beside another value
    RangeError: crelu: half (Slice) must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not
    RangeError: crelu: the network must have a ReLU with a layer behind it, got none but those concatenated already or behind the last layer"
  `);
});

test('weights beside the model are read from there and written beside the new one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepzero-crelu-'));
  try {
    const graph = graphOf([2, 64], (b) =>
      dense(b, 'd3', dense(b, 'd2', relu(b, dense(b, 'd1', 'x', 64, 48)), 48, 40), 40, 7),
    );
    const path = join(folder, 'apart.onnx');
    await writeModelFile(path, modelOf(graph), new Map(), { apartFrom: 1 });
    const before = readModelFile(path);
    expect(before.elsewhere.size).toBeGreaterThan(0);
    const out = join(folder, 'out.onnx');
    const written = await writeModelFile(out, crelu(before), new Map(), { source: path });
    expect(written).toEqual([out, `${out}.data`]);
    const after = readModelFile(out);
    expect(after.graph.constants.get('d2.weight')?.shape).toEqual([40, 96]);
    const [old, now] = [
      await outputOf(encodeModel(before), graph),
      await outputOf(encodeModel(after), graph),
    ];
    expect(norm(now.map((value, i) => value - old[i])) / norm(old)).toBeLessThan(2 ** -12);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const MODELS = resolve(import.meta.dirname, '../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

describe.skipIf(!isThere)('real networks', () => {
  const files = isThere
    ? ['torch', 'light'].flatMap((set) =>
        readdirSync(join(MODELS, set))
          .filter((name) => name.endsWith('.onnx'))
          .map((name) => join(set, name)),
      )
    : [];

  test('each can be transformed, or says in one sentence why not; so with looking linear', () => {
    const why = (work: () => unknown): string => {
      try {
        work();
        return 'yes';
      } catch (error) {
        return String(error).replace(/^RangeError: /, '');
      }
    };
    const answers = files.map((file) => {
      const { graph } = readModelFile(join(MODELS, file));
      const linear = (): unknown =>
        advise(describeNetwork(graph), { model: file, seed: 0, scheme: 'looks_linear' });
      return `${file}\n  ${why(() => creluEdit(graph))}\n  ${why(linear)}`;
    });
    expect(`\n${answers.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      torch/lenet5.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_tanh (Tanh), which is an activation φ for which φ(x) - φ(-x) is not linear in x
      torch/lstm_classifier.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: every layer must be a product with one weight, got node_LSTM_65 (LSTM)
      torch/mlp_relu_20x128.onnx
        yes
        yes
      torch/mlp_tanh_50x128.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_tanh (Tanh), which is an activation φ for which φ(x) - φ(-x) is not linear in x
      torch/timm_test_convnext.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_layer_norm (LayerNormalization), which is not linear in its input
      torch/timm_test_efficientnet.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_sigmoid (Sigmoid), which is an activation φ for which φ(x) - φ(-x) is not linear in x
      torch/timm_test_resnet.onnx
        crelu: node_add (Add) must take the same channels from all its inputs, got a concatenated ReLU beside another value
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_add (Add), which adds halves to a value that has none
      torch/timm_test_vit.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_layer_norm (LayerNormalization), which is not linear in its input
      torch/transformer_postln.onnx
        crelu: the network must have a ReLU with a layer behind it, got no ReLU
        looks_linear: what stands between layers must be linear or keep mirrored halves, got node_MatMul_73 (MatMul), which is not linear in its input
      light/light_bvlc_alexnet.onnx
        crelu: n2 (LRN) must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not
        looks_linear: what stands between layers must be linear or keep mirrored halves, got n2 (LRN), which does not keep the halves of its channels apart
      light/light_inception_v1.onnx
        crelu: n3 (LRN) must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not
        looks_linear: what stands between layers must be linear or keep mirrored halves, got n3 (LRN), which does not keep the halves of its channels apart
      light/light_resnet50.onnx
        crelu: n24 (Sum) must take the same channels from all its inputs, got a concatenated ReLU beside another value
        looks_linear: what stands between layers must be linear or keep mirrored halves, got n24 (Sum), which adds halves to a value that has none
      light/light_shufflenet.onnx
        crelu: n7 (Reshape) must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not
        looks_linear: what stands between layers must be linear or keep mirrored halves, got n7 (Reshape), which does not keep the halves of its channels apart
      light/light_squeezenet.onnx
        yes
        yes
      light/light_vgg19.onnx
        yes
        yes
      light/light_zfnet512.onnx
        crelu: n2 (LRN) must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not
        looks_linear: what stands between layers must be linear or keep mirrored halves, got n2 (LRN), which does not keep the halves of its channels apart
      "
    `);
  });

  test.each(['torch/mlp_relu_20x128.onnx', 'light/light_squeezenet.onnx'])(
    '%s computes what it did, and then looks linear',
    async (file) => {
      const after = await expectSame(readModelFile(join(MODELS, file)));
      const plan = advise(describeNetwork(after.graph), {
        model: file,
        seed: 0,
        scheme: 'looks_linear',
      });
      const weights = plan.parameters.filter(({ role }) => role === 'dense' || role === 'conv');
      expect(new Set(weights.slice(1).map(({ scheme }) => scheme))).toEqual(
        new Set(['looks_linear']),
      );
    },
  );
});
