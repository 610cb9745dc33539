import { builder, type Attribute, type Graph } from '../src/graph/index.ts';
import type { Tensor } from '../src/tensor/index.ts';
import { float32, int64, numbersFrom } from './operator-check.ts';

/** A value of a graph that is being drawn. */
interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How a graph is drawn: choices from one stream of numbers, and what is there already. */
interface Draw {
  readonly whole: (low: number, high: number) => number;
  readonly flip: (probability?: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  readonly input: (shape: readonly number[]) => Value;
  readonly ints: (values: readonly number[]) => string;
  readonly number: (value: number) => string;
  readonly node: (
    operator: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes?: Readonly<Record<string, Attribute>>,
  ) => Value;
}

/** One more value made of `x`, or `null` where the operator does not suit its shape. */
type Maker = (d: Draw, x: Value, others: readonly Value[]) => Value | null;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function shuffled(d: Draw, count: number): number[] {
  const list = Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = d.whole(0, at);
    [list[at], list[other]] = [list[other], list[at]];
  }
  return list;
}

/** An axis, counted from the start or from the end. */
const signed = (d: Draw, axis: number, rank: number): number => (d.flip() ? axis : axis - rank);

const smooth = 'Tanh Sin Cos Sigmoid Softplus Erf Softsign Atan Neg Gelu Mish Elu'.split(' ');
const cornered = 'Relu LeakyRelu Abs HardSwish Selu Celu'.split(' ');

const unary: Maker = (d, x) => d.node(d.pick(d.flip(0.7) ? smooth : cornered), [x.name], x.shape);

/** A shape that broadcasts with another: some axes are 1, some leading ones are left out or added. */
function broadcastable(d: Draw, shape: readonly number[]): number[] {
  const own = shape.map((extent) => (d.flip(0.3) ? 1 : extent));
  const cut = d.flip(0.3) ? d.whole(0, own.length) : 0;
  return d.flip(0.15) && shape.length < 4 ? [d.whole(1, 2), ...own] : own.slice(cut);
}

function common(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    return left === 1 ? right : left;
  });
}

const binary: Maker = (d, x, others) => {
  const partners = others.filter(
    ({ name, shape }) => name !== x.name && shape.join() === x.shape.join(),
  );
  const isMet = partners.length > 0 && d.flip(0.4);
  const y = isMet ? d.pick(partners) : d.input(broadcastable(d, x.shape));
  const shape = common(x.shape, y.shape);
  const order = d.flip() ? [x.name, y.name] : [y.name, x.name];
  const operator = d.pick(['Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean', 'Div', 'Where']);
  if (operator === 'Div') {
    const square = d.node('Mul', [y.name, y.name], y.shape);
    const positive = d.node('Add', [square.name, d.number(1)], y.shape);
    return d.node('Div', [x.name, positive.name], shape);
  }
  if (operator === 'Where') {
    const isLarger = d.node('Greater', [y.name, d.number(0)], y.shape);
    return d.node('Where', [isLarger.name, ...order], shape);
  }
  return d.node(operator, order, shape);
};

const reductions = 'Sum Mean Max Min L1 L2 LogSumExp SumSquare Prod'.split(' ');

const reduce: Maker = (d, x) => {
  const rank = x.shape.length;
  const axes = shuffled(d, rank).slice(0, d.whole(0, rank));
  const keepdims = d.flip() ? 1 : 0;
  const gone = new Set(axes.length === 0 ? x.shape.keys() : axes);
  if (sizeOf(x.shape) === 0) return null;
  const kept = x.shape.map((extent, axis) => (gone.has(axis) ? 1 : extent));
  const shape = keepdims === 1 ? kept : kept.filter((_, axis) => !gone.has(axis));
  const given = axes.map((axis) => signed(d, axis, rank));
  const inputs = axes.length === 0 ? [x.name] : [x.name, d.ints(given)];
  return d.node(`Reduce${d.pick(reductions)}`, inputs, shape, { keepdims });
};

const reshape: Maker = (d, x) => {
  const size = sizeOf(x.shape);
  if (size === 0) return null;
  const first = d.pick([1, 2, 3].filter((factor) => size % factor === 0));
  const shape = d.pick([[size], [first, size / first], [1, size], [first, 1, size / first]]);
  const open = d.flip() ? d.whole(0, shape.length - 1) : -1;
  const target = shape.map((extent, axis) => (axis === open ? -1 : extent));
  return d.node('Reshape', [x.name, d.ints(target)], shape);
};

const transpose: Maker = (d, x) => {
  const perm = shuffled(d, x.shape.length);
  const shape = perm.map((axis) => x.shape[axis]);
  return d.node('Transpose', [x.name], shape, { perm });
};

const unsqueeze: Maker = (d, x) => {
  const rank = x.shape.length + 1;
  if (rank > 4) return null;
  const axis = d.whole(0, rank - 1);
  const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
  return d.node('Unsqueeze', [x.name, d.ints([signed(d, axis, rank)])], shape);
};

const squeeze: Maker = (d, x) => {
  const ones = x.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
  if (ones.length === 0) return null;
  const axis = d.pick(ones);
  const shape = x.shape.filter((_, at) => at !== axis);
  return d.node('Squeeze', [x.name, d.ints([signed(d, axis, x.shape.length)])], shape);
};

const concat: Maker = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0) return null;
  const axis = d.whole(0, rank - 1);
  const extent = d.whole(0, 2);
  const other = d.input(x.shape.map((own, at) => (at === axis ? extent : own)));
  const shape = x.shape.map((own, at) => (at === axis ? own + extent : own));
  const order = d.flip() ? [x.name, other.name] : [other.name, x.name];
  return d.node('Concat', order, shape, { axis: signed(d, axis, rank) });
};

const slice: Maker = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0) return null;
  const axes = shuffled(d, rank).slice(0, d.whole(1, rank));
  const shape = [...x.shape];
  const [starts, ends, steps]: number[][] = [[], [], []];
  for (const axis of axes) {
    const extent = x.shape[axis];
    const step = d.pick([1, 1, 2, -1, -2]);
    const count = d.whole(extent > 0 ? 1 : 0, extent);
    const taken = Math.max(1, Math.ceil(count / Math.abs(step)));
    const start = step > 0 ? extent - count : count - 1;
    starts.push(start);
    ends.push(step > 0 ? extent + d.whole(0, 5) : -extent - 1 - d.whole(0, 5));
    steps.push(step);
    shape[axis] = extent === 0 ? 0 : taken;
  }
  const lists = [starts, ends, axes.map((axis) => signed(d, axis, rank)), steps];
  return d.node('Slice', [x.name, ...lists.map(d.ints)], shape);
};

const pad: Maker = (d, x) => {
  const rank = x.shape.length;
  const mode = d.pick(['constant', 'constant', 'edge', 'reflect']);
  const most = x.shape.map((extent) => (mode === 'constant' ? 2 : Math.min(1, extent - 1)));
  if (rank === 0 || most.some((extent) => extent < 0)) return null;
  const low =
    mode === 'constant' ? x.shape.map((extent) => (extent > 2 ? -1 : 0)) : most.map(() => 0);
  const before = most.map((extent, axis) => d.whole(low[axis], extent));
  const after = most.map((extent) => d.whole(0, extent));
  const shape = x.shape.map((extent, axis) => extent + before[axis] + after[axis]);
  return d.node('Pad', [x.name, d.ints([...before, ...after])], shape, { mode });
};

const expand: Maker = (d, x) => {
  const target = x.shape.map((extent) => (extent === 1 ? d.whole(1, 3) : d.flip() ? 1 : extent));
  return d.node('Expand', [x.name, d.ints(target)], common(x.shape, target));
};

const tile: Maker = (d, x) => {
  if (x.shape.length === 0) return null;
  const repeats = x.shape.map(() => d.whole(1, 2));
  const shape = x.shape.map((extent, axis) => extent * repeats[axis]);
  return d.node('Tile', [x.name, d.ints(repeats)], shape);
};

const gather: Maker = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0) return null;
  const axis = d.whole(0, rank - 1);
  const extent = x.shape[axis];
  if (extent === 0) return null;
  const at = Array.from({ length: d.whole(1, 3) }, () => d.whole(-extent, extent - 1));
  const shape = x.shape.map((own, index) => (index === axis ? at.length : own));
  return d.node('Gather', [x.name, d.ints(at)], shape, { axis: signed(d, axis, rank) });
};

const cumSum: Maker = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0 || sizeOf(x.shape) === 0) return null;
  const axis = d.ints([signed(d, d.whole(0, rank - 1), rank)]);
  const attributes = { exclusive: d.flip() ? 1 : 0, reverse: d.flip() ? 1 : 0 };
  const scalar = d.node('Squeeze', [axis], []);
  return d.node('CumSum', [x.name, scalar.name], x.shape, attributes);
};

const matMul: Maker = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0 || sizeOf(x.shape) === 0) return null;
  const inner = x.shape[rank - 1];
  const columns = d.whole(1, 3);
  const batch = x.shape.slice(0, -2).map((extent) => (d.flip() ? 1 : extent));
  const other = d.pick([[inner], [inner, columns], [...batch, inner, columns]]);
  const y = d.input(other);
  const rows = rank > 1 ? [x.shape[rank - 2]] : [];
  const tail = other.length > 1 ? [columns] : [];
  const head = common(x.shape.slice(0, -2), other.slice(0, -2));
  return d.node('MatMul', [x.name, y.name], [...head, ...rows, ...tail]);
};

const gemm: Maker = (d, x) => {
  if (x.shape.length !== 2 || sizeOf(x.shape) === 0) return null;
  const [transA, transB] = [d.flip() ? 1 : 0, d.flip() ? 1 : 0];
  const [rows, inner] = transA === 1 ? [x.shape[1], x.shape[0]] : x.shape;
  const columns = d.whole(1, 3);
  const b = d.input(transB === 1 ? [columns, inner] : [inner, columns]);
  const c = d.input(d.pick([[columns], [1, columns], [rows, 1], [rows, columns], []]));
  const attributes = { transA, transB, alpha: 0.5, beta: d.pick([1, 2]) };
  return d.node('Gemm', [x.name, b.name, c.name], [rows, columns], attributes);
};

/** `x` as [batch, channels, …] with one to three spatial axes; `null` if it has other axes. */
function image(x: Value): { n: number; c: number; spatial: number[] } | null {
  const [n, c, ...spatial] = x.shape;
  return spatial.length === 0 || sizeOf(x.shape) === 0 ? null : { n, c, spatial };
}

function windowIn(d: Draw, spatial: readonly number[], isCeil: boolean) {
  const kernel = spatial.map((extent) => d.whole(1, Math.min(3, extent)));
  const strides = spatial.map(() => d.whole(1, 3));
  const dilations = spatial.map((extent, axis) =>
    kernel[axis] > 1 && (kernel[axis] - 1) * 2 + 1 <= extent ? d.whole(1, 2) : 1,
  );
  const pads = [0, 1].flatMap(() => kernel.map((extent) => d.whole(0, extent - 1)));
  const made = spatial.map((extent, axis) => {
    const [before, after] = [pads[axis], pads[axis + spatial.length]];
    const room = extent + before + after - (kernel[axis] - 1) * dilations[axis] - 1;
    if (!isCeil) return Math.floor(room / strides[axis]) + 1;
    return Math.ceil(room / strides[axis]) + 1;
  });
  return { attributes: { kernel_shape: kernel, strides, dilations, pads }, kernel, made };
}

const conv: Maker = (d, x) => {
  const found = image(x);
  if (found === null) return null;
  const { n, c, spatial } = found;
  const group = d.pick([1, 2, c].filter((count) => c % count === 0));
  const m = group * d.whole(1, 2);
  const { attributes, kernel, made } = windowIn(d, spatial, false);
  const w = d.input([m, c / group, ...kernel]);
  const b = d.input([m]);
  return d.node('Conv', [x.name, w.name, b.name], [n, m, ...made], { ...attributes, group });
};

const convTranspose: Maker = (d, x) => {
  const found = image(x);
  if (found === null) return null;
  const { n, c, spatial } = found;
  const group = d.pick([1, 2].filter((count) => c % count === 0));
  const m = d.whole(1, 2);
  const kernel = spatial.map(() => d.whole(1, 3));
  const strides = spatial.map(() => d.whole(1, 3));
  const dilations = spatial.map(() => d.whole(1, 2));
  const more = strides.map((stride) => d.whole(0, stride - 1));
  const made = spatial.map(
    (extent, axis) =>
      (extent - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 + more[axis],
  );
  const w = d.input([c, m, ...kernel]);
  return d.node('ConvTranspose', [x.name, w.name], [n, m * group, ...made], {
    kernel_shape: kernel,
    strides,
    dilations,
    group,
    output_padding: more,
  });
};

const pool: Maker = (d, x) => {
  const found = image(x);
  if (found === null) return null;
  const { n, c, spatial } = found;
  const isCeil = d.flip();
  const { attributes, made } = windowIn(d, spatial, isCeil);
  // Of a window that starts behind the data engines disagree whether it is there.
  const isOut = made.some((count, axis) => {
    return (count - 1) * attributes.strides[axis] >= spatial[axis] + attributes.pads[axis];
  });
  if (isOut) return null;
  const operator = d.pick(['MaxPool', 'AveragePool']);
  return d.node(operator, [x.name], [n, c, ...made], {
    ...attributes,
    ...(operator === 'MaxPool' ? {} : { count_include_pad: d.flip() ? 1 : 0 }),
    ceil_mode: isCeil ? 1 : 0,
  });
};

const normalize: Maker = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0 || sizeOf(x.shape) === 0) return null;
  const operator = d.pick(['Softmax', 'LogSoftmax', 'LayerNormalization', 'BatchNormalization']);
  if (operator === 'BatchNormalization') {
    if (rank < 2) return null;
    const vectors = Array.from({ length: 3 }, () => d.input([x.shape[1]]).name);
    const squares = d.input([x.shape[1]]);
    const variance = d.node('Softplus', [squares.name], [x.shape[1]]);
    return d.node(operator, [x.name, ...vectors, variance.name], x.shape, { epsilon: 0.1 });
  }
  const axis = d.whole(0, rank - 1);
  const attributes = { axis: signed(d, axis, rank) };
  if (operator !== 'LayerNormalization') return d.node(operator, [x.name], x.shape, attributes);
  const vectors = [0, 1].map(() => d.input(x.shape.slice(axis)).name);
  return d.node(operator, [x.name, ...vectors], x.shape, { ...attributes, epsilon: 0.1 });
};

const makers: readonly Maker[] = [
  [unary, unary, binary, binary, binary, reduce, reshape, transpose, unsqueeze, squeeze],
  [concat, slice, pad, expand, tile, gather, cumSum, matMul, matMul, gemm],
  [conv, conv, convTranspose, pool, pool, normalize, normalize],
].flat();

/** Largest value that is drawn. */
const largest = 200;

/** A random small graph of floats, its inputs, and what they are fed, from a seed. */
export function randomGraph(seed: number): { graph: Graph; feeds: Record<string, Tensor> } {
  const next = numbersFrom(seed + 1);
  const b = builder(`random ${seed}`);
  const feeds: Record<string, Tensor> = {};
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const flip = (probability = 0.5): boolean => next() < probability;
  const pick = <T>(list: readonly T[]): T => list[whole(0, list.length - 1)];
  const isOpen = flip();
  const values: Value[] = [];
  let nodes = 0;
  let constants = 0;
  const input = (shape: readonly number[], isBatch = false): Value => {
    const name = `x${Object.keys(feeds).length}`;
    const data = Array.from({ length: sizeOf(shape) }, () => 2 * next() - 1);
    feeds[name] = float32(data, shape);
    const declared = shape.map((extent, axis) => (isBatch && axis === 0 && isOpen ? 'n' : extent));
    b.input(name, 'float32', declared);
    return { name, shape };
  };
  const draw: Draw = {
    whole,
    flip,
    pick,
    input,
    ints: (list) => b.constant(`ints${constants++}`, int64(list)),
    number: (value) => b.constant(`number${constants++}`, float32([value], [])),
    node: (operator, inputs, shape, attributes = {}) => {
      const name = b.node(`n${nodes++}`, operator, inputs, attributes);
      return { name, shape };
    },
  };
  const extent = (): number => pick([0, 1, 1, 2, 2, 3, 3, 4]);
  const first = [whole(1, 3), ...Array.from({ length: whole(0, 4) }, extent)];
  values.push(input(flip(0.1) ? [] : first, true));
  for (let count = whole(2, 8); count > 0; count--) {
    const x = flip(0.8) ? values[values.length - 1] : pick(values);
    const made = pick(makers)(draw, x, values);
    if (made !== null && made.shape.length <= 5 && sizeOf(made.shape) <= largest) values.push(made);
  }
  const last = values[values.length - 1];
  const outputs = flip(0.3) ? [...new Set([last, pick(values.slice(1))])] : [last];
  const graph: Graph = {
    ...b.build(),
    opsets: { '': 21 },
    outputs: outputs
      .filter((value) => value !== undefined && !(value.name in feeds))
      .map(({ name }) => ({ name, dtype: 'float32' as const, shape: null })),
  };
  return { graph, feeds };
}
