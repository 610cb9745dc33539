import { expect, test } from 'vitest';
import { advise, applyPlan } from '../src/advise/index.ts';
import {
  editModel,
  encodeModel,
  modelOf,
  type Builder,
  type Graph,
  type Model,
} from '../src/graph/index.ts';
import { buildArchitecture, creluEdit, describeNetwork } from '../src/network/index.ts';
import { fillNormal, key } from '../src/random/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../src/tensor/index.ts';
import { graphOf, integers } from './graph-fixture.ts';

type Outputs = readonly Float64Array[];

/** What a network with these weights makes of each input. */
async function run(
  model: Model,
  scheme: string,
  inputs: readonly Float32Array[],
): Promise<Outputs> {
  const network = describeNetwork(model.graph);
  const plan = advise(network, { model: 'test', seed: 3, scheme });
  const weights = new Map([...applyPlan(plan, network)].map(([name, draw]) => [name, draw()]));
  const session = await openSession(encodeModel(model, weights), { name: 'test.onnx' });
  const [{ name, shape }] = model.graph.inputs;
  const extents = (shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 1));
  const outputs: Float64Array[] = [];
  for (const data of inputs) {
    const made = await session.run({ [name]: { dtype: 'float32', shape: extents, data } });
    const [tensor] = Object.values(made) as Tensor<'float32'>[];
    outputs.push(toFloat64(tensor));
  }
  await session.close();
  return outputs;
}

function noise(graph: Graph, seed: number): Float32Array {
  const shape = (graph.inputs[0].shape ?? []).map((n) => (typeof n === 'number' ? n : 1));
  const values = new Float32Array(sizeOf(shape));
  fillNormal(key(seed), values, 0, 1);
  return values;
}

const norm = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((sum, value) => sum + value ** 2, 0));

const [A, B] = [0.75, -2];

/** `‖f(ax + by) - a f(x) - b f(y)‖` over `‖f(ax + by)‖`, and the same for `f(-x) = -f(x)`. */
async function defects(graph: Graph, scheme: string): Promise<{ sum: number; sign: number }> {
  const [x, y] = [noise(graph, 1), noise(graph, 2)];
  const [fx, fy, mixed, minus] = await run(modelOf(graph), scheme, [
    x,
    y,
    x.map((value, i) => A * value + B * y[i]),
    x.map((value) => -value),
  ]);
  const apart = (z: Float64Array, of: (i: number) => number): number =>
    norm(z.map((value, i) => value - of(i))) / norm(z);
  return {
    sum: apart(mixed, (i) => A * fx[i] + B * fy[i]),
    sign: apart(minus, (i) => -fx[i]),
  };
}

const conv = (b: Builder, name: string, x: string, shape: number[], more = {}): string => {
  const pads = shape
    .slice(2)
    .flatMap((k) => [k >> 1, (k - 1) >> 1])
    .sort((p, q) => q - p);
  return b.node(
    name,
    'Conv',
    [x, b.parameter(`${name}.weight`, shape), b.parameter(`${name}.bias`, [shape[0]])],
    { pads, ...more },
  );
};
const dense = (b: Builder, name: string, x: string, inputs: number, outputs: number): string =>
  b.node(
    name,
    'Gemm',
    [x, b.parameter(`${name}.weight`, [outputs, inputs]), b.parameter(`${name}.bias`, [outputs])],
    { transB: 1 },
  );
const relu = (b: Builder, x: string): string => b.node(`${x}_relu`, 'Relu', [x]);
const norms = (b: Builder, x: string, width: number): string =>
  b.node(`${x}_bn`, 'BatchNormalization', [
    x,
    ...['scale', 'shift', 'mean', 'var'].map((part) => b.parameter(`${x}_bn.${part}`, [width])),
  ]);

/** `[φ(x); φ(-x)]`. */
const crelu = (b: Builder, x: string): string => {
  const minus = b.node(`${x}_neg`, 'Neg', [x]);
  return b.node(`${x}_both`, 'Concat', [relu(b, x), relu(b, minus)], { axis: 1 });
};

const graphs: Readonly<Record<string, Graph>> = {
  'convolutions, normalisations, average pooling and a flattening': graphOf([1, 3, 16, 16], (b) => {
    let x = relu(b, norms(b, conv(b, 'c1', 'x', [8, 3, 5, 5]), 8));
    x = b.node('pool', 'AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
    x = relu(b, norms(b, conv(b, 'c2', x, [12, 8, 3, 3], { strides: [2, 2] }), 12));
    x = b.node('flat', 'Flatten', [x]);
    return dense(b, 'd2', relu(b, dense(b, 'd1', x, 12 * 16, 10)), 10, 5);
  }),
  'grouped convolutions, whose groups have halves of their own': graphOf([1, 4, 8, 8], (b) => {
    let x = relu(b, conv(b, 'c1', 'x', [16, 4, 3, 3]));
    x = relu(b, conv(b, 'c2', x, [24, 4, 3, 3], { group: 4 }));
    x = relu(b, conv(b, 'c3', x, [8, 12, 1, 1], { group: 2 }));
    return dense(b, 'd', b.node('flat', 'Reshape', [x, b.constant('to', integers(0, -1))]), 512, 3);
  }),
  'parallel convolutions that are concatenated': graphOf([1, 4, 8, 8], (b) => {
    const x = relu(b, conv(b, 'c1', 'x', [8, 4, 3, 3]));
    const left = relu(b, conv(b, 'left', x, [12, 8, 1, 1]));
    const right = relu(b, conv(b, 'right', x, [18, 8, 3, 3]));
    const both = b.node('both', 'Concat', [left, right], { axis: 1 });
    return b.node('mean', 'GlobalAveragePool', [conv(b, 'last', both, [6, 30, 1, 1])]);
  }),
  'channels that are last': graphOf([1, 3, 6, 6], (b) => {
    const x = relu(b, conv(b, 'c1', 'x', [8, 3, 3, 3]));
    const last = b.node('nhwc', 'Transpose', [x], { perm: [0, 2, 3, 1] });
    return b.node('out', 'MatMul', [
      relu(b, b.node('in', 'MatMul', [last, b.parameter('w1', [8, 10])])),
      b.parameter('w2', [10, 4]),
    ]);
  }),
  'concatenated rectifiers, of any width': graphOf([1, 3, 6, 6], (b) => {
    const x = crelu(b, conv(b, 'c1', 'x', [5, 3, 3, 3]));
    const y = crelu(b, conv(b, 'c2', x, [7, 10, 3, 3]));
    const z = b.node('flat', 'Flatten', [y]);
    return dense(b, 'd2', crelu(b, dense(b, 'd1', z, 14 * 36, 9)), 18, 4);
  }),
  'a rectifier of a concatenated x and -x': graphOf([1, 6], (b) => {
    const x = dense(b, 'd1', 'x', 6, 5);
    const both = b.node('both', 'Concat', [x, b.node('minus', 'Neg', [x])], { axis: 1 });
    return dense(b, 'd2', relu(b, both), 10, 3);
  }),
  'transposed convolutions': graphOf([1, 4, 5, 5], (b) => {
    const x = relu(
      b,
      b.node('up', 'ConvTranspose', ['x', b.parameter('w1', [4, 6, 2, 2])], { strides: [2, 2] }),
    );
    return b.node('up2', 'ConvTranspose', [x, b.parameter('w2', [6, 3, 3, 3])]);
  }),
  'residual sums of values that are not rectified yet': graphOf([1, 3, 6, 6], (b) => {
    let x = conv(b, 'stem', 'x', [8, 3, 3, 3]);
    for (let i = 0; i < 3; i++) {
      const inner = relu(b, conv(b, `in${i}`, relu(b, x), [6, 8, 3, 3]));
      x = b.node(`sum${i}`, 'Add', [x, conv(b, `out${i}`, inner, [8, 6, 1, 1])]);
    }
    return conv(b, 'head', relu(b, x), [2, 8, 1, 1]);
  }),
  'features that are kept, normalised and concatenated': graphOf([1, 3, 6, 6], (b) => {
    let [x, width] = [conv(b, 'stem', 'x', [8, 3, 3, 3]), 8];
    for (let i = 0; i < 3; i++) {
      const more = conv(b, `c${i}`, relu(b, norms(b, x, width)), [4, width, 3, 3]);
      x = b.node(`cat${i}`, 'Concat', [x, more], { axis: 1 });
      width += 4;
    }
    return conv(b, 'head', relu(b, norms(b, x, width)), [2, width, 1, 1]);
  }),
  'sums of mirrored layers': graphOf([1, 8], (b) => {
    const [p, q] = [dense(b, 'p', 'x', 8, 12), dense(b, 'q', 'x', 8, 12)];
    return dense(b, 'out', relu(b, b.node('sum', 'Add', [p, q])), 12, 3);
  }),
};

const named = [
  'mlp:784-512x10-10:relu',
  'mlp:32-64x20-5:leaky_relu:0.2',
  'mlp:32-64x4-5:gelu',
  'mlp:32-64x4-5:silu',
  'mlp:32-64x4-5:softplus',
  'cnn:1x28x28-32x10-10',
  'cnn:3x20-24s2-24x4-5:circular',
  'cnn:2x6x6x6-8x3-4',
  'mlp:32-20x6-5:crelu',
  'mlp:32-20x4-5:residual:0.5:crelu',
  'cnn:3x12x12-8x4-5:crelu',
  'vanilla:6-8:crelu',
  'resnet:8:nonorm:crelu',
  'resnet:8:projection:crelu',
];

const concatenated = (graph: Graph): Graph => editModel(modelOf(graph), creluEdit(graph)).graph;

const all: Readonly<Record<string, Graph>> = {
  ...graphs,
  ...Object.fromEntries(
    [
      'parallel convolutions that are concatenated',
      'grouped convolutions, whose groups have halves of their own',
    ].map((name) => [`${name}, of concatenated rectifiers`, concatenated(graphs[name])]),
  ),
  ...Object.fromEntries(named.map((text) => [text, buildArchitecture(text)])),
  ...Object.fromEntries(
    ['mlp:32-63x6-5', 'cnn:3x12-9x4-5:circular'].map((text) => [
      `${text} with concatenated rectifiers`,
      concatenated(buildArchitecture(text)),
    ]),
  ),
};

/**
 * Half a unit in the last place of float32 per product and sum: of each layer at most its fan_in
 * times that, relative to the norms of its weights and inputs, and twice that for the two halves.
 */
function rounding(graph: Graph): number {
  const fans = describeNetwork(graph).parameters.map(({ fanIn }) => fanIn ?? 0);
  return 2 * 2 ** -24 * fans.reduce((sum, fan) => sum + fan, 0);
}

test.each(Object.keys(all))('%s: the network is linear at step zero', async (name) => {
  const graph = all[name];
  const bound = 4 * rounding(graph);
  const { sum, sign } = await defects(graph, 'looks_linear');
  expect(sum).toBeLessThan(bound);
  expect(sign).toBeLessThan(bound);
  const usual = await defects(graph, 'he_normal');
  expect(usual.sum).toBeGreaterThan(100 * bound);
});

test('with maxima on the way the network is odd, and says so', async () => {
  const graph = graphOf([1, 3, 12, 12], (b) => {
    const pool = (x: string): string =>
      b.node(`${x}_pool`, 'MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
    const x = pool(relu(b, conv(b, 'c1', 'x', [8, 3, 3, 3])));
    const y = relu(b, pool(conv(b, 'c2', x, [6, 8, 3, 3])));
    return dense(b, 'd', b.node('flat', 'Flatten', [y]), 54, 4);
  });
  const { sum, sign } = await defects(graph, 'looks_linear');
  expect(sign).toBeLessThan(4 * rounding(graph));
  expect(sum).toBeGreaterThan(0.01);
  const plan = advise(describeNetwork(graph), { model: 'm', seed: 0, scheme: 'looks_linear' });
  expect(plan.parameters.find((entry) => entry.name === 'd.weight')?.reason).toContain(
    'begins odd',
  );
});

// Reference: 50 ReLU layers in float64 gave the ratio 1.0000000000000018.
test('50 mirrored ReLU layers keep the norm of any input', async () => {
  const graph = buildArchitecture('mlp:64-128x50-64');
  const x = noise(graph, 5);
  const [y] = await run(modelOf(graph), 'looks_linear', [x]);
  expect(Math.abs(norm(y) / norm(x) - 1)).toBeLessThan(rounding(graph));
});

test('delta-orthogonal kernels keep the norm of any image', async () => {
  const graph = graphOf([1, 6, 9, 7], (b) => {
    let x = 'x';
    for (let i = 0; i < 20; i++) x = relu(b, conv(b, `c${i}`, x, [12, i === 0 ? 6 : 12, 3, 3]));
    return conv(b, 'last', x, [6, 12, 1, 1]);
  });
  const x = noise(graph, 5);
  const [y] = await run(modelOf(graph), 'looks_linear(base=delta_orthogonal)', [x]);
  expect(Math.abs(norm(y) / norm(x) - 1)).toBeLessThan(rounding(graph));
});

test('the ends of residual branches share what the branches add', () => {
  const graph = graphs['residual sums of values that are not rectified yet'];
  const ends = Object.entries(plan(graph)).filter(([name]) => name.startsWith('out'));
  expect(Object.fromEntries(ends)).toMatchInlineSnapshot(`
    {
      "out0.weight": "looks_linear {"gain":0.666666666667,"base":"delta_orthogonal","mirror":"both"}",
      "out1.weight": "looks_linear {"gain":0.666666666667,"base":"delta_orthogonal","mirror":"both"}",
      "out2.weight": "looks_linear {"gain":0.666666666667,"base":"delta_orthogonal","mirror":"both"}",
    }
  `);
});

/** What `looks_linear` gives each weight of a graph. */
function plan(graph: Graph, scheme = 'looks_linear'): Record<string, string> {
  const { parameters } = advise(describeNetwork(graph), { model: 'm', seed: 0, scheme });
  const weights = parameters.filter(({ role }) => role !== 'bias');
  return Object.fromEntries(
    weights.map(({ name, scheme: own, options }) => [name, `${own} ${JSON.stringify(options)}`]),
  );
}

test('halves are as large as all groups and all parts of a concatenation can take', () => {
  expect(plan(graphs['grouped convolutions, whose groups have halves of their own']))
    .toMatchInlineSnapshot(`
      {
        "c1.weight": "looks_linear {"base":"scaled_orthogonal","mirror":"out","half_out":2}",
        "c2.weight": "looks_linear {"gain":1.22474487139,"base":"delta_orthogonal","mirror":"both"}",
        "c3.weight": "looks_linear {"base":"scaled_orthogonal","mirror":"both","half_in":3}",
        "d.weight": "looks_linear {"half_in":128}",
      }
    `);
  expect(plan(graphs['parallel convolutions that are concatenated'])).toMatchInlineSnapshot(`
    {
      "c1.weight": "looks_linear {"base":"scaled_orthogonal","mirror":"out"}",
      "last.weight": "looks_linear {"base":"scaled_orthogonal","half_in":3}",
      "left.weight": "looks_linear {"gain":1.22474487139,"base":"delta_orthogonal","mirror":"both","half_out":3}",
      "right.weight": "looks_linear {"gain":1.5,"base":"delta_orthogonal","mirror":"both","half_out":3}",
    }
  `);
  expect(plan(graphs['concatenated rectifiers, of any width'])).toMatchInlineSnapshot(`
    {
      "c1.weight": "scaled_orthogonal {}",
      "c2.weight": "looks_linear {"gain":1.18321595662,"base":"delta_orthogonal"}",
      "d1.weight": "looks_linear {}",
      "d2.weight": "looks_linear {}",
    }
  `);
  expect(
    plan(buildArchitecture('mlp:8-6-2:leaky_relu:0.25'), 'looks_linear(gain=2, base=lecun_normal)'),
  ).toMatchInlineSnapshot(`
    {
      "layers.0.weight": "looks_linear {"gain":2,"base":"lecun_normal","mirror":"out"}",
      "layers.1.weight": "looks_linear {"gain":1.6,"base":"lecun_normal"}",
    }
  `);
});

const refusal = (make: (b: Builder) => string, shape: number[] = [1, 8]): string => {
  try {
    plan(graphOf(shape, make));
    return 'none';
  } catch (error) {
    return String(error);
  }
};

test('what cannot look linear is refused in one sentence that names the node', () => {
  const stem = (b: Builder): string => relu(b, dense(b, 'd1', 'x', 8, 8));
  const image = [1, 4, 6, 6];
  const first = (b: Builder): string => relu(b, conv(b, 'c1', 'x', [8, 4, 3, 3]));
  expect(
    [
      refusal((b) => dense(b, 'd2', relu(b, dense(b, 'd1', 'x', 8, 7)), 7, 2)),
      refusal((b) => dense(b, 'd2', b.node('act', 'Tanh', [dense(b, 'd1', 'x', 8, 8)]), 8, 2)),
      refusal((b) => dense(b, 'd2', dense(b, 'd1', 'x', 8, 8), 8, 2)),
      refusal((b) => dense(b, 'd2', relu(b, 'x'), 8, 2)),
      refusal((b) => {
        const x = stem(b);
        const sum = b.node('sum', 'Add', [x, dense(b, 'd2', x, 8, 8)]);
        return dense(b, 'd3', relu(b, sum), 8, 2);
      }),
      refusal((b) => conv(b, 'dw', first(b), [8, 1, 3, 3], { group: 8 }), image),
      refusal(
        (b) => conv(b, 'c2', b.node('lrn', 'LRN', [first(b)], { size: 5 }), [4, 8, 1, 1]),
        image,
      ),
      refusal((b) =>
        dense(b, 'd2', b.node('shifted', 'Add', [stem(b), b.parameter('v', [8])]), 8, 2),
      ),
      refusal((b) =>
        dense(b, 'd2', b.node('gated', 'Mul', [stem(b), dense(b, 'g', 'x', 8, 8)]), 8, 2),
      ),
      refusal((b) => {
        const x = relu(b, b.node('p1', 'MatMul', ['x', b.parameter('tied', [8, 8])]));
        return b.node('p2', 'MatMul', [x, 'tied']);
      }),
      refusal((b) => {
        const ln = [b.parameter('s', [8]), b.parameter('t', [8])];
        return dense(
          b,
          'd2',
          relu(b, b.node('ln', 'LayerNormalization', [dense(b, 'd1', 'x', 8, 8), ...ln])),
          8,
          2,
        );
      }),
    ].join('\n'),
  ).toMatchInlineSnapshot(`
    "RangeError: looks_linear: d1 (Gemm) must have an even number of outputs in each group, to be mirrored, got 7
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got act (Tanh), which is an activation φ for which φ(x) - φ(-x) is not linear in x
    RangeError: looks_linear: the network must have an activation such as relu between two layers, got none
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got x_relu (Relu), which activates what no layer makes, so it has no mirrored halves
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got sum (Add), which adds halves to a value that has none
    RangeError: looks_linear: dw (Conv) must have an even number of input channels in each group, which are mirrored, got 1
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got lrn (LRN), which does not keep the halves of its channels apart
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got shifted (Add), which adds a stored vector to halves
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got gated (Mul), which multiplies two values
    RangeError: looks_linear: tied must be mirrored alike in p1 and p2, which share it
    RangeError: looks_linear: what stands between layers must be linear or keep mirrored halves, got ln (LayerNormalization), which is not linear in its input"
  `);
});
