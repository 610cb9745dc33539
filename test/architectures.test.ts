import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encodeModel, modelOf, type Graph } from '../src/graph/index.ts';
import { architectures, buildArchitecture } from '../src/network/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';

/** `base + scale sin(0.7 i + the sum of the name's character codes)`, base 1 for scales and variances. */
function filled(name: string, shape: readonly number[], scale: number): Tensor {
  const isScale = name.includes('weight') && shape.length === 1;
  const base = isScale || name.includes('running_var') ? 1 : 0;
  let offset = 0;
  for (let i = 0; i < name.length; i++) offset += name.charCodeAt(i);
  const data = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => base + scale * Math.sin(0.7 * i + offset),
  );
  return { dtype: 'float32', shape, data };
}

/** Every float32 tensor but the scalars, which are no parameters. */
function parametersOf(graph: Graph, scale: number): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  for (const { name, dtype, shape } of graph.constants.values()) {
    if (dtype === 'float32' && shape.length > 0) values.set(name, filled(name, shape, scale));
  }
  return values;
}

/** `sin(1.3 i)` for features, `5 i mod 7` for tokens, in a batch of two. */
function inputOf(graph: Graph): Tensor {
  const [{ dtype, shape }] = graph.inputs;
  const extents = (shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 2));
  const length = sizeOf(extents);
  return dtype === 'int64'
    ? { dtype, shape: extents, data: BigInt64Array.from({ length }, (_, i) => BigInt((5 * i) % 7)) }
    : {
        dtype: 'float32',
        shape: extents,
        data: Float32Array.from({ length }, (_, i) => Math.sin(1.3 * i)),
      };
}

async function run(graph: Graph, input: Tensor, scale: number): Promise<Tensor> {
  const session = await openSession(encodeModel(modelOf(graph), parametersOf(graph, scale)));
  try {
    return (await session.run({ input }))['output'];
  } finally {
    await session.close();
  }
}

const numbersOf = (tensor: Tensor): number[] => Array.from(tensor.data, Number);

interface Golden {
  readonly cases: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly output: readonly number[] }>
  >;
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('golden/architectures.json', import.meta.url), 'utf8'),
);

test.each(Object.entries(golden.cases))(
  '%s is what PyTorch makes of it',
  async (text, expected) => {
    const graph = buildArchitecture(text);
    const output = await run(graph, inputOf(graph), 0.3);
    expect(output.shape).toEqual(expected.shape);
    // A float32 sum of at most 576 products (3·3·64) is off by at most 576 · 2⁻²⁴ of its magnitude.
    const largest = Math.max(...expected.output.map(Math.abs));
    for (const [i, value] of numbersOf(output).entries()) {
      expect(Math.abs(value - expected.output[i])).toBeLessThanOrEqual(576 * 2 ** -24 * largest);
    }
  },
);

const examples = architectures.flatMap((architecture) => architecture.examples);

test.each(examples)('%s runs and gives finite numbers', async (text) => {
  const graph = buildArchitecture(text);
  const output = await run(graph, inputOf(graph), 0.01);
  const [{ shape }] = graph.outputs;
  expect(output.shape).toEqual(shape?.map((extent) => (extent === 'batch' ? 2 : extent)));
  expect(numbersOf(output).every(Number.isFinite)).toBe(true);
});

/** For each of five steps, whether its output changes when the input of the last two does. */
async function rowsChanged(text: string): Promise<boolean[]> {
  const graph = buildArchitecture(text);
  const input = inputOf(graph);
  const other = { ...input, data: Float32Array.from(input.data, Number) };
  const late = 3 * 4;
  for (let i = late; i < 5 * 4; i++) other.data[i] += 1;
  const [before, after] = [
    numbersOf(await run(graph, input, 0.3)),
    numbersOf(await run(graph, { ...other, dtype: 'float32' }, 0.3)),
  ];
  return [0, 1, 2, 3, 4].map((step) =>
    [0, 1, 2].some((unit) => before[3 * step + unit] !== after[3 * step + unit]),
  );
}

test('a step of a transformer depends on the steps before it alone, unless it may see all', async () => {
  expect(await rowsChanged('transformer:4-8x2h2-3:t5')).toEqual([false, false, false, true, true]);
  expect(await rowsChanged('transformer:4-8x2h2-3:t5:full')).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
});

test('an untouched residual network gives zeros, not NaN', async () => {
  const graph = buildArchitecture('resnet:8');
  const session = await openSession(encodeModel(modelOf(graph), new Map()));
  const { output } = await session.run({ input: inputOf(graph) });
  await session.close();
  expect(numbersOf(output)).toEqual(Array<number>(20).fill(0));
});
