import { expect } from 'vitest';
import { evaluate, gradientName, jvp, upgraded, vjp, type Numbers } from '../src/autodiff/index.ts';
import { builder, encodeModel, modelOf, type Attribute, type Graph } from '../src/graph/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { isFloat, sizeOf, type Tensor } from '../src/tensor/index.ts';

/** An input of an operator: the shape of a random float, or a tensor that is stored; `null` is omitted. */
export type Operand = readonly number[] | Drawn | Tensor | null;

/** A random float between bounds, which are -2 and 2 for a mere shape. */
export interface Drawn {
  readonly drawn: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** A random float between bounds. */
export function between(low: number, high: number, drawn: readonly number[]): Drawn {
  return { drawn, low, high };
}

/** A random float that is positive. */
export function positive(drawn: readonly number[]): Drawn {
  return between(0.3, 1.8, drawn);
}

/** One operator on some operands, to be differentiated with respect to the random ones. */
export interface OperatorCase {
  readonly operator: string;
  readonly operands: readonly Operand[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  readonly opset?: number;
  readonly domain?: string;
  /** Which outputs are looked at; all if not given. */
  readonly looksAt?: readonly number[];
  /** Extents of the random operands that are declared by a symbol, as `[operand, axis]`. */
  readonly symbols?: readonly (readonly [number, number])[];
  /** Whether the reference differentiates a second time; so it does if not given. */
  readonly twice?: boolean;
  /** Why onnxruntime cannot run the derivative. */
  readonly notInEngine?: string;
}

/** A stored list of integers. */
export function int64(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Tensor {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

/** Stored float32 numbers. */
export function float32(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Numbers in (0, 1) that are the same every time. Reference: Park and Miller 1988, the minimal standard. */
export function numbersFrom(seed: number): () => number {
  let state = seed * 7919 + 1;
  for (let i = 0; i < 5; i++) state = (state * 48271) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function randomTensor({ drawn, low, high }: Drawn, next: () => number): Tensor {
  const draw = (): number => low + (high - low) * next();
  const data = Float32Array.from({ length: sizeOf(drawn) }, draw);
  return { dtype: 'float32', shape: drawn, data };
}

/** The graph of a case, and values for its inputs. */
export function graphOfCase(one: OperatorCase): { graph: Graph; feeds: Record<string, Tensor> } {
  const b = builder(one.operator);
  const next = numbersFrom(one.operator.length + one.operands.length);
  const feeds: Record<string, Tensor> = {};
  const names = one.operands.map((operand, index) => {
    if (operand === null) return '';
    if ('dtype' in operand) return b.constant(`c${index}`, operand);
    const range = 'drawn' in operand ? operand : between(-2, 2, operand);
    const isOpen = (axis: number): boolean =>
      one.symbols?.some(([at, along]) => at === index && along === axis) ?? false;
    const name = `x${index}`;
    feeds[name] = randomTensor(range, next);
    return b.input(
      name,
      'float32',
      range.drawn.map((extent, axis) => (isOpen(axis) ? `n${index}_${axis}` : extent)),
    );
  });
  const count = one.outputs ?? 1;
  b.node('node', one.operator, names, one.attributes ?? {}, count);
  const built = b.build();
  const looksAt = one.looksAt ?? Array.from({ length: count }, (_, index) => index);
  const graph: Graph = {
    ...built,
    opsets: { '': one.opset ?? 21, ...(one.domain === undefined ? {} : { [one.domain]: 1 }) },
    nodes: built.nodes.map((node) => ({ ...node, domain: one.domain ?? '' })),
    outputs: looksAt.map((index) => ({
      name: built.nodes[0].outputs[index],
      dtype: 'float32',
      shape: null,
    })),
  };
  return { graph, feeds };
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, index) => sum + value * b[index], 0);

/** A tensor with float64 elements. */
export function tensor64(shape: readonly number[], data: Float64Array): Tensor {
  return { dtype: 'float64', shape, data };
}

function moved(feeds: Record<string, Tensor>, name: string, index: number, by: number) {
  const data = Float64Array.from(feeds[name].data, Number);
  data[index] += by;
  return { ...feeds, [name]: tensor64(feeds[name].shape, data) };
}

/** Central differences of fourth order, `(8(f₁ - f₋₁) - (f₂ - f₋₂)) / 12h`. */
export function difference(f: (by: number) => number, h: number): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

const step = 1e-3;

/** Most elements of an input that differences are taken for; fewer where this is done again. */
const most = { once: 12, again: 4 } as const;

/**
 * That `derivative(inputs)` is the vector-Jacobian product of `graph` for these cotangents, by differences.
 * Rounding of the function, 1e-16, is divided by the step, and the next term of the series is the fourth
 * power of the step: 1e-9 relative to the largest derivative is left for both with a margin.
 */
function checkDifferences(
  graph: Graph,
  feeds: Record<string, Tensor>,
  found: ReadonlyMap<string, Numbers>,
  cotangents: ReadonlyMap<string, Numbers>,
  count: number,
): void {
  for (const [name, { dtype, data }] of Object.entries(feeds)) {
    const own = found.get(gradientName(name));
    if (own === undefined || !isFloat(dtype)) continue;
    expect(own.shape, name).toEqual(feeds[name].shape);
    const scale = Math.max(1, ...own.data.map(Math.abs));
    const stride = Math.max(1, Math.floor(data.length / count));
    for (let index = 0; index < data.length; index += stride) {
      const value = difference((by) => {
        const outputs = evaluate(graph, moved(feeds, name, index, by));
        let sum = 0;
        for (const [output, cotangent] of cotangents) {
          sum += dot(outputs.get(output)?.data ?? new Float64Array(0), cotangent.data);
        }
        return sum;
      }, step);
      expect(Math.abs(own.data[index] - value) / scale, `${name}[${index}]`).toBeLessThan(1e-7);
    }
  }
}

function randomLike(
  numbers: ReadonlyMap<string, Numbers>,
  seed: number,
): ReadonlyMap<string, Numbers> {
  const next = numbersFrom(seed);
  return new Map(
    [...numbers].map(([name, { shape, data }]) => {
      const random = Float64Array.from(data, () => Math.fround(2 * next() - 1));
      return [name, { dtype: 'float32' as const, shape, data: random }];
    }),
  );
}

function feedsOf(prefix: string, numbers: ReadonlyMap<string, Numbers>): Record<string, Tensor> {
  return Object.fromEntries(
    [...numbers].map(([name, { shape, data }]) => [`${prefix}(${name})`, tensor64(shape, data)]),
  );
}

function toFloat32(feeds: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const isDouble = tensor.dtype === 'float64';
      return [name, isDouble ? float32(Array.from(tensor.data, Number), tensor.shape) : tensor];
    }),
  );
}

/** Agreement with onnxruntime, which computes in float32: relative to the largest element. */
export function checkClose(
  engine: Tensor,
  reference: Numbers,
  name: string,
  tolerance = 3e-5,
): void {
  expect(engine.shape, name).toEqual([...reference.shape]);
  const scale = Math.max(1, ...reference.data.map(Math.abs));
  for (const [index, value] of reference.data.entries()) {
    const error = Math.abs(Number(engine.data[index]) - value) / scale;
    expect(error, `${name}[${index}]: ${Number(engine.data[index])} for ${value}`).toBeLessThan(
      tolerance,
    );
  }
}

/**
 * What must hold of every operator: its value is the same in float64 and in onnxruntime; its vector-Jacobian
 * product is that of differences, and the same in onnxruntime; `⟨J t, g⟩ = ⟨t, Jᵀ g⟩`; and the product,
 * differentiated again, is that of differences.
 */
export async function checkGraph(
  graph: Graph,
  feeds: Record<string, Tensor>,
  options: Pick<OperatorCase, 'twice' | 'notInEngine'> = {},
): Promise<void> {
  const outputs = graph.outputs.map(({ name }) => name);
  const withRespectTo = Object.keys(feeds).filter((name) => isFloat(feeds[name].dtype));
  const product = vjp(graph, { of: outputs, withRespectTo, keep: outputs });
  const values = evaluate(graph, feeds);
  const cotangents = randomLike(values, 1);
  const all = { ...feeds, ...feedsOf('cotangent', cotangents) };
  const found = evaluate(product, all);
  checkDifferences(graph, feeds, found, cotangents, most.once);

  if (options.notInEngine === undefined) {
    const session = await openSession(encodeModel(modelOf(product)), { threads: 1 });
    const ran = await session.run(toFloat32(all));
    await session.close();
    for (const [name, value] of values) checkClose(ran[name], value, name);
    for (const name of withRespectTo.map(gradientName)) {
      const reference = found.get(name);
      if (reference !== undefined) checkClose(ran[name], reference, name);
    }
  }

  const gradients = new Map(
    withRespectTo.flatMap((name) => {
      const own = found.get(gradientName(name));
      return own === undefined ? [] : [[name, own] as const];
    }),
  );
  const tangents = randomLike(gradients, 2);
  const forward = evaluate(jvp(graph, { of: outputs, withRespectTo }), {
    ...feeds,
    ...feedsOf('tangent', tangents),
  });
  let left = 0;
  let right = 0;
  for (const [name, g] of cotangents) {
    left += dot(forward.get(`derivative(${name})`)?.data ?? new Float64Array(0), g.data);
  }
  for (const [name, t] of tangents) right += dot(gradients.get(name)?.data ?? t.data, t.data);
  expect(Math.abs(left - right) / Math.max(1, Math.abs(left))).toBeLessThan(1e-10);

  if (options.twice === false) return;
  const single = vjp(graph, { of: outputs, withRespectTo });
  const seeds = randomLike(evaluate(single, all), 3);
  const second = vjp(single);
  checkDifferences(
    single,
    all,
    evaluate(second, { ...all, ...feedsOf('cotangent', seeds) }),
    seeds,
    most.again,
  );
}

/** That a composed operator is the same in onnxruntime and in its parts, and what must hold of these. */
export async function checkComposed(one: OperatorCase): Promise<void> {
  const { graph, feeds } = graphOfCase(one);
  const parts = upgraded(graph);
  expect(parts.nodes.every(({ domain }) => domain === '')).toBe(true);
  const session = await openSession(encodeModel(modelOf(graph)), { threads: 1 });
  const ran = await session.run(feeds);
  await session.close();
  for (const [name, value] of evaluate(parts, feeds)) checkClose(ran[name], value, name);
  await checkGraph(parts, feeds, one);
}

/** Checks one case. */
export async function checkOperator(one: OperatorCase): Promise<void> {
  const { graph, feeds } = graphOfCase(one);
  await checkGraph(graph, feeds, one);
}
