import { describe, expect, test } from 'vitest';
import { builder, type Builder, type Graph } from '../graph/index.ts';
import { buildArchitecture, layerValues } from '../network/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';
import { exampleCount, examplesOf } from './examples.ts';
import { shapeKey, shapesOf } from './graph-shapes.ts';
import { makeInputs, openProbe, type Feeds } from './index.ts';

/** Values with the examples, `count` of them in each of `outer` blocks, each in the place of the one before. */
function rolled<D extends Tensor>(tensor: D, outer: number, count: number): D {
  const data = tensor.data.slice();
  const inner = data.length / (outer * count);
  for (let block = 0; block < outer; block++) {
    for (let example = 0; example < count; example++) {
      const from = (block * count + ((example + 1) % count)) * inner;
      for (let i = 0; i < inner; i++) {
        data[(block * count + example) * inner + i] = tensor.data[from + i];
      }
    }
  }
  return { ...tensor, data };
}

function randomWeights(graph: Graph): ReadonlyMap<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const [name, { dtype, shape }] of graph.constants) {
    if (dtype !== 'float32' || sizeOf(shape) === 1) continue;
    const data = new Float32Array(sizeOf(shape));
    fillNormal(fold(key(1), name), data, 0.2, 0.3);
    weights.set(name, { dtype, shape, data: /var/.test(name) ? data.fill(1) : data });
  }
  return weights;
}

interface Held {
  /** Values of which it is known where their examples lie. */
  readonly known: readonly string[];
  /** Those of them that do not follow when examples change places. */
  readonly wrong: readonly string[];
}

/** Lets examples change places and looks whether all values do what is said of them. */
async function held(graph: Graph, feeds: Feeds): Promise<Held> {
  const weights = randomWeights(graph);
  const shapes = (await shapesOf(graph, weights, [feeds], {})).get(shapeKey(feeds)) ?? new Map();
  const count = exampleCount(graph, feeds);
  const examples = examplesOf(graph, shapes, count);
  const known = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => examples.has(name));
  if (known.length === 0) return { known, wrong: [] };
  const outer = (name: string): number => examples.get(name)?.outer ?? NaN;
  const others = Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [
      name,
      examples.has(name) ? rolled(tensor, outer(name), count) : tensor,
    ]),
  );
  const outputs = known.map((name) => ({ name, dtype: null, shape: null }));
  const probe = await openProbe({ ...graph, outputs });
  const before = await probe.run(weights, feeds);
  const after = await probe.run(weights, others);
  await probe.close();
  const wrong = known.filter((name) => {
    const expected = rolled(before[name], outer(name), count);
    if (!isFloat(expected.dtype)) return false;
    let square = 0;
    let gap = 0;
    for (const [index, value] of expected.data.entries()) {
      square += Number(value) ** 2;
      gap += (Number(value) - Number(after[name].data[index])) ** 2;
    }
    // The same operations on the same numbers, at most in another order: float32 roundings, 1e-4 of the size.
    return !(gap <= 1e-8 * square);
  });
  return { known, wrong };
}

test.each([
  'mlp:5-8x2-3:tanh',
  'cnn:2x9x9-8-3',
  'resnet:8',
  'lstm:v9-4-3:bi',
  'lstm:5-4x2-3',
  'gru:4-5-3',
  'rnn:4-4x2-3',
  'transformer:v9-4x2h2-9:t6',
])(
  'in %s the examples of every layer are known, and change places with the inputs',
  async (text) => {
    const graph = buildArchitecture(text);
    const [feeds] = makeInputs(graph, { seed: 1, batch: 3 });
    const { known, wrong } = await held(graph, feeds);
    expect(wrong).toEqual([]);
    const layers = layerValues(graph).map(({ name }) => name);
    expect(layers.filter((name) => !known.includes(name))).toEqual([]);
  },
);

const int64 = (...values: readonly number[]): Tensor<'int64'> => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

const normal = (...shape: readonly number[]): Tensor<'float32'> => {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(key(2), data, 0, 1);
  return { dtype: 'float32', shape, data };
};

type Build = (b: Builder, x: string) => string;

/** What becomes of `x` of this shape, and whether it is known where its examples are. */
const cases: readonly (readonly [string, readonly (number | string)[], Build, boolean])[] = [
  [
    'heads of attention in one axis with the examples',
    ['batch', 4, 6],
    (b, x) => {
      const split = b.node('split', 'Reshape', [x, b.constant('s', int64(0, 4, 2, 3))]);
      const heads = b.node('heads', 'Transpose', [split], { perm: [0, 2, 1, 3] });
      const merged = b.node('merged', 'Reshape', [heads, b.constant('m', int64(-1, 4, 3))]);
      const back = b.node('back', 'Transpose', [merged], { perm: [0, 2, 1] });
      return b.node('scores', 'MatMul', [merged, back]);
    },
    true,
  ],
  [
    'steps and examples in one axis',
    [4, 'batch', 3],
    (b, x) => {
      const rows = b.node('rows', 'Reshape', [x, b.constant('s', int64(-1, 3))]);
      const gemm = b.node('gemm', 'Gemm', [rows, b.constant('w', normal(3, 2))]);
      return b.node('tanh', 'Tanh', [gemm]);
    },
    true,
  ],
  [
    'a class token before the positions, and then alone',
    ['batch', 4, 3],
    (b, x) => {
      const token = b.constant('token', normal(1, 1, 3));
      const shape = b.constant('shape', int64(3, 1, 3));
      const spread = b.node('spread', 'Expand', [token, shape]);
      const joined = b.node('joined', 'Concat', [spread, x], { axis: 1 });
      const first: Tensor<'int64'> = { dtype: 'int64', shape: [], data: BigInt64Array.of(0n) };
      return b.node('first', 'Gather', [joined, b.constant('zero', first)], { axis: 1 });
    },
    true,
  ],
  [
    'a mean over positions',
    ['batch', 4, 3],
    (b, x) => b.node('mean', 'ReduceMean', [x, b.constant('axes', int64(1))], { keepdims: 0 }),
    true,
  ],
  [
    'an equation',
    ['batch', 4, 3],
    (b, x) =>
      b.node('equation', 'Einsum', [x, b.constant('w', normal(3, 5))], {
        equation: 'btc,cd->tbd',
      }),
    true,
  ],
  [
    'the states and outputs of a scan over steps',
    [3, 'batch', 2],
    (b, x) => {
      const body = builder('body');
      body.input('h', 'float32', [3, 2]);
      body.input('step', 'float32', [3, 2]);
      const next = body.node('next', 'Tanh', [body.node('sum', 'Add', ['h', 'step'])]);
      body.output('state', next, 'float32', [3, 2]);
      body.output('seen', next, 'float32', [3, 2]);
      const zero: Tensor<'int64'> = { dtype: 'int64', shape: [], data: BigInt64Array.of(0n) };
      const first = b.node('first', 'Gather', [x, b.constant('zero', zero)]);
      const attributes = { body: body.build(), num_scan_inputs: 1 };
      b.node('scan', 'Scan', [first, x], attributes, 2);
      return b.node('sum', 'Add', ['scan_output_0', 'scan_output_1']);
    },
    true,
  ],
  [
    'elements picked one by one',
    [3, 4],
    (b, x) => {
      const flat = b.node('flat', 'Reshape', [x, b.constant('s', int64(12))]);
      const picked = int64(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8);
      return b.node('picked', 'Gather', [flat, b.constant('p', picked)]);
    },
    true,
  ],
  [
    'a sum over the examples',
    ['batch', 3],
    (b, x) => b.node('sum', 'ReduceSum', [x, b.constant('axes', int64(0))], { keepdims: 1 }),
    false,
  ],
  [
    'the products of all units',
    ['batch', 3],
    (b, x) => {
      const turned = b.node('turned', 'Transpose', [x]);
      return b.node('products', 'MatMul', [turned, x]);
    },
    false,
  ],
  [
    'every second example',
    ['batch', 3],
    (b, x) =>
      b.node('half', 'Slice', [
        x,
        b.constant('from', int64(0)),
        b.constant('to', int64(9)),
        b.constant('axis', int64(0)),
        b.constant('step', int64(2)),
      ]),
    false,
  ],
];

describe.each(cases)('%s', (_, shape, build, isKnown) => {
  test(isKnown ? 'is followed' : 'holds no examples side by side', async () => {
    const b = builder('case');
    b.input('x', 'float32', shape);
    const value = build(b, 'x');
    b.output('y', value, 'float32', []);
    const graph = { ...b.build(), outputs: [{ name: 'y', dtype: null, shape: null }] };
    const x = normal(...shape.map((extent) => (typeof extent === 'number' ? extent : 3)));
    const { known, wrong } = await held(graph, { x });
    expect(wrong).toEqual([]);
    expect(known.includes(value)).toBe(isKnown);
  });
});
