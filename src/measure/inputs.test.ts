import { expect, test } from 'vitest';
import { builder, type Dimension, type Graph } from '../graph/index.ts';
import { sizeOf, type DType, type Tensor } from '../tensor/index.ts';
import { makeInputs } from './inputs.ts';
import { tokenCount } from './tokens.ts';

const zeros = (...shape: readonly number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(sizeOf(shape)),
});

const numbersOf = (tensor: Tensor): number[] =>
  Array.from<number | bigint, number>(tensor.data, Number);

const int64 = (value: bigint): Tensor => ({
  dtype: 'int64',
  shape: [1, 2],
  data: BigInt64Array.of(value, 0n),
});

type Inputs = Readonly<Record<string, readonly [DType, readonly Dimension[]]>>;

function graphWith(inputs: Inputs): Graph {
  const b = builder('inputs');
  for (const [name, [dtype, shape]] of Object.entries(inputs)) b.input(name, dtype, shape);
  return b.build();
}

const shapesOf = (inputs: Inputs, batch?: number): (readonly number[])[] => {
  const [feeds] = makeInputs(graphWith(inputs), {
    seed: 1,
    ...(batch === undefined ? {} : { batch }),
  });
  return Object.values(feeds).map(({ shape }) => shape);
};

test('open extents are sized by name and place, fixed ones stay', () => {
  expect(shapesOf({ x: ['float32', ['batch', 784]] })).toEqual([[32, 784]]);
  expect(shapesOf({ x: ['float32', [null, 784]] }, 5)).toEqual([[5, 784]]);
  expect(shapesOf({ x: ['float32', ['N', 3, 224, 224]] })).toEqual([[3, 3, 224, 224]]);
  expect(shapesOf({ x: ['float32', ['N', 3, 'H', 'W']] })).toEqual([[32, 3, 32, 32]]);
  expect(shapesOf({ x: ['float32', ['seq_len', 'batch', 8]] })).toEqual([[16, 32, 8]]);
  expect(
    shapesOf({ ids: ['int64', ['batch', 'tokens']], mask: ['int64', ['batch', 'tokens']] }),
  ).toEqual([
    [32, 16],
    [32, 16],
  ]);
  expect(shapesOf({ x: ['float32', []] })).toEqual([[]]);
});

test('a fixed batch is repeated with other numbers until there are enough examples', () => {
  const graph = graphWith({ x: ['float32', [2, 10]] });
  const batches = makeInputs(graph, { seed: 1 });
  expect(batches.length).toBe(16);
  const numbers = batches.flatMap(({ x }) => numbersOf(x));
  expect(new Set(numbers).size).toBe(320);
  const [open] = makeInputs(graphWith({ x: ['float32', ['batch', 10]] }), { seed: 1 });
  expect(numbers).toEqual(numbersOf(open['x']));
});

test('an open feature axis is what the weight that reads it asks for', () => {
  const b = builder('features');
  const image = b.input('image', 'float32', ['n', null, null, null]);
  const rows = b.input('rows', 'float32', ['n', null]);
  b.node('conv', 'Conv', [image, b.constant('w', zeros(8, 2, 3, 3))], { group: 2 });
  b.node('gemm', 'Gemm', [rows, b.constant('v', zeros(5, 9))], { transB: 1 });
  const [feeds] = makeInputs(b.build(), { seed: 1 });
  expect([feeds['image'].shape, feeds['rows'].shape]).toEqual([
    [32, 4, 32, 32],
    [32, 9],
  ]);
});

test('floats are standard normal numbers of the declared dtype, the same for the same seed', () => {
  const graph = graphWith({ x: ['float32', ['batch', 1000]] });
  const [feeds] = makeInputs(graph, { seed: 1, batch: 100 });
  const values = numbersOf(feeds['x']);
  const mean = values.reduce((sum, x) => sum + x, 0) / 1e5;
  const square = values.reduce((sum, x) => sum + x * x, 0) / 1e5;
  // Five standard errors: of the mean 1/√n, of the second moment √(2/n).
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 1e5));
  expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / 1e5));
  expect(makeInputs(graph, { seed: 1, batch: 100 })).toEqual([feeds]);
  expect(makeInputs(graph, { seed: 2, batch: 100 })).not.toEqual([feeds]);
  const [half] = makeInputs(graphWith({ x: ['float16', [4]] }), { seed: 1 });
  expect(half['x']).toMatchObject({ dtype: 'float16', shape: [4] });
});

/** Token ids that index a table of 7 rows and, one higher, a table of 6; types, masks and flags. */
function tokens(): Graph {
  const b = builder('tokens');
  const ids = b.input('ids', 'int32', ['batch', 'sequence']);
  b.input('token_type_ids', 'int64', ['batch', 'sequence']);
  b.input('attention_mask', 'int64', ['batch', 'sequence']);
  b.input('flags', 'bool', ['batch', 'sequence']);
  const flat = b.node('flat', 'Reshape', [
    b.node('wide', 'Cast', [ids], { to: 7 }),
    b.constant('to', { dtype: 'int64', shape: [1], data: BigInt64Array.of(-1n) }),
  ]);
  const one = b.constant('one', { dtype: 'int64', shape: [], data: BigInt64Array.of(1n) });
  b.node('embed', 'Gather', [b.constant('table', zeros(7, 4)), flat]);
  b.node(
    'embed2',
    'Gather',
    [b.constant('columns', zeros(4, 6)), b.node('next', 'Add', [flat, one])],
    { axis: 1 },
  );
  return b.build();
}

test('integers stay within the rows of every table that they index', () => {
  const graph = tokens();
  expect(tokenCount(graph, 'ids')).toBe(5);
  expect(tokenCount(graph, 'token_type_ids')).toBe(2);
  const [feeds] = makeInputs(graph, { seed: 1 });
  const valuesOf = (name: string): number[] =>
    [...new Set(numbersOf(feeds[name]))].sort((a, b) => a - b);
  // 512 draws miss one of 5 values with probability 5 · 0.8^512 < 1e-48.
  expect(valuesOf('ids')).toEqual([0, 1, 2, 3, 4]);
  expect(valuesOf('token_type_ids')).toEqual([0, 1]);
  expect(valuesOf('attention_mask')).toEqual([1]);
  expect(valuesOf('flags')).toEqual([0, 1]);
  expect(Object.values(feeds).map(({ dtype }) => dtype)).toEqual([
    'int32',
    'int64',
    'int64',
    'bool',
  ]);
});

test('given tensors are converted to the declared dtype', () => {
  const graph = graphWith({ x: ['float32', ['batch', 2]], ids: ['int64', ['batch', 3]] });
  const given = new Map<string, Tensor>([
    ['x', { dtype: 'float64', shape: [4, 2], data: Float64Array.of(0.1, 1, 2, 3, 4, 5, 6, 7) }],
  ]);
  const [feeds, ...others] = makeInputs(graph, { seed: 1, given });
  expect(others).toEqual([]);
  expect(feeds['x']).toEqual({
    dtype: 'float32',
    shape: [4, 2],
    data: Float32Array.of(0.1, 1, 2, 3, 4, 5, 6, 7),
  });
  expect(feeds['ids'].shape).toEqual([4, 3]);
  const ids: Tensor = { dtype: 'float32', shape: [1, 3], data: Float32Array.of(1, 2, 3) };
  const [converted] = makeInputs(graph, { seed: 1, given: new Map([['ids', ids]]) });
  expect(converted['ids'].data).toEqual(BigInt64Array.of(1n, 2n, 3n));
});

test('a single tensor is for the only input, and its open axes may have any length', () => {
  const graph = graphWith({ x: ['float32', ['batch', 2]] });
  const [feeds] = makeInputs(graph, { seed: 1, given: zeros(7, 2) });
  expect(feeds).toEqual({ x: zeros(7, 2) });
});

test('given tensors that do not fit are named with what must hold', () => {
  const message = (inputs: Inputs, given: ReadonlyMap<string, Tensor> | Tensor): string => {
    try {
      makeInputs(graphWith(inputs), { seed: 1, given });
      return 'no error';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const images: Inputs = { input: ['float32', ['batch', 784]] };
  const two: Inputs = { a: ['float32', ['batch', 2]], b: ['int32', ['batch', 2]] };
  expect([
    message(images, zeros(32, 100)),
    message(images, zeros(784)),
    message(images, new Map([['image', zeros(1, 784)]])),
    message(two, zeros(1, 2)),
    message(
      two,
      new Map<string, Tensor>([
        ['a', zeros(3, 2)],
        ['b', int64(0n)],
      ]),
    ),
    message(two, new Map([['b', int64(2n ** 31n)]])),
    message(two, new Map([['b', { ...zeros(1, 2), data: Float32Array.of(0.5, 1) }]])),
  ]).toMatchInlineSnapshot(`
    [
      "input: shape must be [batch,784], got [32,100]",
      "input: shape must be [batch,784], got [784]",
      "image: an input must be one of input, got image",
      "input: a tensor without a name must be for a network with 1 input, got 2: a, b",
      "b: batch must be 3 as in the inputs before, got 1",
      "b: every element must be a whole number that int32 holds, got 2147483648",
      "b: every element must be a whole number that int32 holds, got 0.5",
    ]
  `);
  expect(() => makeInputs(graphWith({ x: ['float32', [2]] }), { seed: 1 })).not.toThrow();
});

test('an input without a declared shape must be given', () => {
  const graph: Graph = {
    ...graphWith({}),
    inputs: [{ name: 'x', dtype: 'float32', shape: null }],
  };
  expect(() => makeInputs(graph, { seed: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: x: an input must be given or have a declared shape, got neither]`,
  );
  expect(makeInputs(graph, { seed: 1, given: zeros(3) })).toEqual([{ x: zeros(3) }]);
});

test('an open batch without a name is one batch, a fixed one as many as hold the examples', () => {
  const batchesOf = (...shape: readonly Dimension[]): number =>
    makeInputs(graphWith({ x: ['float32', shape] }), { seed: 1 }).length;
  expect([batchesOf(null, 3), batchesOf('N', 3), batchesOf(8, 3), batchesOf()]).toEqual([
    1, 1, 4, 32,
  ]);
});

test('what shows nothing is refused: no examples, NaN, and inputs too large to be made up', () => {
  const graph = graphWith({ x: ['float32', [null, 2]] });
  const given = (...data: number[]): Tensor => ({
    dtype: 'float32',
    shape: [data.length / 2, 2],
    data: Float32Array.from(data),
  });
  expect(() => makeInputs(graph, { seed: 0, given: given() })).toThrow(
    new RangeError('x: there must be at least one example, got [0,2]'),
  );
  expect(() => makeInputs(graph, { seed: 0, given: given(1, NaN) })).toThrow(
    new RangeError('x: every element must be a number, got NaN'),
  );
  expect(makeInputs(graph, { seed: 0, given: given(1, -Infinity) })).toHaveLength(1);
  expect(() => makeInputs(graph, { seed: 0, batch: 1e12 })).toThrow(
    new RangeError(
      'x: inputs that are made up must have at most 268435456 elements, got [1000000000000,2]',
    ),
  );
  expect(() => makeInputs(graphWith({}), { seed: 0, given: given(1, 2) })).toThrow(
    new RangeError('input: a tensor without a name must be for a network with 1 input, got none'),
  );
});

test('with c two examples have that correlation, whatever axis or batch they are in', () => {
  const second = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a, (value, i) => value * b[i]).reduce((sum, x) => sum + x, 0) / a.length;
  const c = 0.7;
  const size = 20_000;
  // Of the mean of n products of two standard normals of correlation c the variance is (1 + c²)/n.
  const error = 5 * Math.sqrt((1 + c ** 2) / size);
  const [feeds] = makeInputs(graphWith({ x: ['float32', ['batch', size]] }), {
    seed: 3,
    c,
    batch: 2,
  });
  const x = numbersOf(feeds['x']);
  const [a, b] = [x.slice(0, size), x.slice(size)];
  expect(Math.abs(second(a, b) - c)).toBeLessThan(error);
  expect(Math.abs(second(a, a) - 1)).toBeLessThan(5 * Math.sqrt(2 / size));

  const fixed = makeInputs(graphWith({ x: ['float32', [1, size]] }), { seed: 3, c, batch: 2 });
  const [one, two] = fixed.map((batch) => numbersOf(batch['x']));
  expect(Math.abs(second(one, two) - c)).toBeLessThan(error);

  const [steps] = makeInputs(graphWith({ x: ['float32', ['steps', 'batch', 10]] }), {
    seed: 3,
    c: 1,
    batch: 2,
  });
  const [first, other] = [numbersOf(steps['x']).slice(0, 10), numbersOf(steps['x']).slice(10, 20)];
  expect(first).toEqual(other);

  expect(() => makeInputs(graphWith({ x: ['float32', ['n', 1]] }), { seed: 0, c: 2 })).toThrow(
    'makeInputs: c must be from 0 to 1, got 2',
  );
});
