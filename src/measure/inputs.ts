import type { Constant, Graph, Node, ValueInfo } from '../graph/index.ts';
import { fillNormal, fillUniform, fold, key, type Key } from '../random/index.ts';
import { checkFeeds, resolveInputs, shapeText } from '../runtime/index.ts';
import { isFloat, sizeOf, type DType, type Tensor } from '../tensor/index.ts';
import { convertTo, tensorOfNumbers } from './convert.ts';
import { tokenCount } from './tokens.ts';

/** How inputs are made. */
export interface InputOptions {
  /** Examples: the batch where the file leaves it open, else as many batches as hold them. */
  readonly batch?: number;
  readonly seed: number;
  /** Tensors by input name, or one tensor for the only input; what is not given is drawn. */
  readonly given?: ReadonlyMap<string, Tensor> | Tensor;
  /** Correlation from 0 to 1 of any two examples of the floats that are drawn; 0 if not given. */
  readonly c?: number;
}

/** Examples if nothing else is asked for and the inputs are small. */
const usualExamples = 32;
/** Elements of input that are enough: where they are more, fewer examples (at least 2) are taken. */
const usualElements = 2 ** 19;
/** Elements that a drawn input may have in all, 1 GiB of float32. */
const mostElements = 2 ** 28;
/** Steps of an open sequence axis. */
const usualSequence = 16;
/** Height, width and depth of open image axes. */
const usualImage = 32;

/** Key of the batch among known sizes where it has no symbol of its own. */
const openBatch = '';

/** The stored tensor behind a value that is at most cast. */
function storedBehind(graph: Graph, value: string): Constant | undefined {
  const constant = graph.constants.get(value);
  if (constant !== undefined) return constant;
  const node = graph.nodes.find(({ outputs }) => outputs.includes(value));
  return node?.operator === 'Cast' || node?.operator === 'Identity'
    ? storedBehind(graph, node.inputs[0])
    : undefined;
}

/** The extent that the weight of a consumer asks of an axis of its input. */
function extentByWeight(graph: Graph, node: Node, axis: number, rank: number): number | undefined {
  const weight = storedBehind(graph, node.inputs[1] ?? '')?.shape;
  if (weight === undefined) return undefined;
  const { group = 1, transA = 0, transB = 0 } = node.attributes;
  const isLast = axis === rank - 1;
  switch (node.operator) {
    case 'Conv':
      return axis === 1 ? weight[1] * Number(group) : undefined;
    case 'ConvTranspose':
      return axis === 1 ? weight[0] : undefined;
    case 'Gemm':
      return axis === (transA === 0 ? 1 : 0) ? weight[transB === 0 ? 0 : 1] : undefined;
    case 'MatMul':
      return isLast ? weight.at(-2) : undefined;
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return isLast ? weight[2] : undefined;
    default:
      return undefined;
  }
}

/** A sensible size for an open extent: by its name, by the weight that reads it, by its place. */
function chooseExtent(
  graph: Graph,
  extent: string | null,
  axis: number,
  input: ValueInfo,
): number | 'batch' {
  const rank = input.shape?.length ?? 0;
  if (extent !== null && /batch|^(n|b)$/i.test(extent)) return 'batch';
  if (extent !== null && /seq|len|time|token|step/i.test(extent)) return usualSequence;
  for (const node of graph.nodes) {
    if (node.inputs[0] !== input.name) continue;
    const asked = extentByWeight(graph, node, axis, rank);
    if (asked !== undefined) return asked;
  }
  if (axis === 0) return 'batch';
  return rank >= 4 && axis >= 2 ? usualImage : usualSequence;
}

/** Sizes that given tensors show the open extents to have: by symbol, and the batch. */
function knownSizes(
  inputs: readonly ValueInfo[],
  given: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, shape } of inputs) {
    const actual = given.get(name)?.shape;
    if (actual === undefined || shape === null) continue;
    if (shape.length !== actual.length) continue;
    shape.forEach((extent, axis) => {
      if (typeof extent === 'string') sizes.set(extent, actual[axis]);
    });
    if (typeof shape[0] !== 'number') sizes.set(openBatch, actual[0]);
  }
  return sizes;
}

/** Number of examples that are enough, fewer where an example is large. */
function examplesFor(graph: Graph, inputs: readonly ValueInfo[]): number {
  const one = resolveInputs(inputs, (extent, axis, input) => {
    const size = chooseExtent(graph, extent, axis, input);
    return size === 'batch' ? 1 : size;
  });
  const batch = fixedBatch(inputs) ?? 1;
  const elements = [...one.values()].reduce((sum, shape) => sum + sizeOf(shape), 0) / batch;
  return Math.max(2, Math.min(usualExamples, Math.floor(usualElements / elements)));
}

/** The size that the file gives the first axis of all inputs, `null` where it leaves one open. */
function fixedBatch(inputs: readonly ValueInfo[]): number | null {
  const sizes = inputs.map(({ shape }) => (shape?.length === 0 ? 1 : (shape?.[0] ?? null)));
  return sizes.every((size) => typeof size === 'number') ? Math.max(1, ...sizes) : null;
}

/** How a made-up input is drawn: from a key, from the stream's number `offset` on. */
interface Draw {
  readonly from: Key;
  readonly offset: number;
  readonly c: number;
  /** The axis of examples. */
  readonly axis: number;
}

/** Replaces independent N(0, 1) by `√c z + √(1-c) x`, z being the same for all examples. */
function correlate(values: Float64Array, shape: readonly number[], { from, c, axis }: Draw): void {
  const inner = sizeOf(shape.slice(axis + 1));
  const examples = shape[axis];
  const shared = new Float64Array(values.length / examples);
  fillNormal(fold(from, 'shared'), shared, 0, 1);
  const [own, common] = [Math.sqrt(1 - c), Math.sqrt(c)];
  for (let index = 0; index < values.length; index++) {
    const place = Math.floor(index / (inner * examples)) * inner + (index % inner);
    values[index] = own * values[index] + common * shared[place];
  }
}

function drawInput(
  graph: Graph,
  input: { readonly name: string; readonly dtype: DType },
  shape: readonly number[],
  how: Draw,
): Tensor {
  const { name, dtype } = input;
  const { from, offset } = how;
  const values = new Float64Array(sizeOf(shape));
  if (isFloat(dtype)) {
    fillNormal(from, values, 0, 1, offset);
    if (how.c > 0 && how.axis < shape.length) correlate(values, shape, how);
  } else if (/mask/i.test(name)) values.fill(1);
  else {
    const count = dtype === 'bool' ? 2 : tokenCount(graph, name);
    fillUniform(from, values, 0, count, offset);
    for (let index = 0; index < values.length; index++) {
      values[index] = Math.min(count - 1, Math.floor(values[index]));
    }
  }
  return tensorOfNumbers(dtype, shape, values);
}

/** Checks that there is something to measure in a given tensor. */
function checkGiven(name: string, { dtype, shape, data }: Tensor): void {
  if (shape[0] === 0) {
    throw new RangeError(`${name}: there must be at least one example, got ${shapeText(shape)}`);
  }
  const holdsNaN =
    (dtype === 'float32' || dtype === 'float64') &&
    data.some((value: number | bigint) => Number.isNaN(value));
  if (holdsNaN) throw new RangeError(`${name}: every element must be a number, got NaN`);
}

/** An input that can be made up: a tensor of a known rank. */
function drawable(input: ValueInfo): ValueInfo & { readonly dtype: DType } {
  const { name, dtype, shape } = input;
  if (dtype === null) {
    throw new TypeError(
      `${name}: an input that is not given must be a tensor of numbers, got another kind`,
    );
  }
  if (shape === null) {
    throw new RangeError(`${name}: an input must be given or have a declared shape, got neither`);
  }
  return { ...input, dtype };
}

function namedTensors(
  inputs: readonly ValueInfo[],
  given: ReadonlyMap<string, Tensor> | Tensor | undefined,
): ReadonlyMap<string, Tensor> {
  if (given === undefined) return new Map();
  if (!('dtype' in given)) return given;
  if (inputs.length !== 1) {
    throw new RangeError(
      `input: a tensor without a name must be for a network with 1 input, got ${inputs.length === 0 ? 'none' : `${inputs.length}: ${inputs.map(({ name }) => name).join(', ')}`}`,
    );
  }
  return new Map([[inputs[0].name, given]]);
}

/** One tensor for every input of a network, by name. */
export type Feeds = Readonly<Record<string, Tensor>>;

/**
 * Inputs for a graph: one batch, or several where the file fixes a batch smaller than the number of
 * examples asked for. Given tensors (one batch of at least one example, without NaN) are converted to
 * the declared dtype (any number to a float, whole numbers to integers that hold them) and checked
 * against the declared shape. What is not
 * given is drawn from the seed: floats from N(0, 1), integers uniformly from the rows of the embedding
 * table that they index (0 and 1 if there is none), integers and booleans with `mask` in their name as
 * ones. With `c` the floats of two examples have that correlation: all share a part of variance c.
 *
 * If not asked for otherwise there are 32 examples, or fewer (at least 2) so that they have at most 2¹⁹
 * elements. Other extents that the file leaves open: a feature axis is what its weight asks for, a
 * sequence 16, an image axis 32.
 * Errors start with the name of the input: `RangeError` for shapes, names and numbers that do not fit,
 * `TypeError` for dtypes; `RangeError` for a `c` that is not from 0 to 1.
 */
export function makeInputs(graph: Graph, options: InputOptions): readonly Feeds[] {
  const { inputs } = graph;
  const { c = 0 } = options;
  if (!(c >= 0 && c <= 1)) throw new RangeError(`makeInputs: c must be from 0 to 1, got ${c}`);
  const given = new Map<string, Tensor>();
  for (const [name, tensor] of namedTensors(inputs, options.given)) {
    const dtype = inputs.find((input) => input.name === name)?.dtype ?? tensor.dtype;
    checkGiven(name, tensor);
    given.set(name, convertTo(dtype, tensor, name));
  }
  const sizes = knownSizes(inputs, given);
  const missing = inputs.filter(({ name }) => !given.has(name)).map(drawable);
  const examples = options.batch ?? examplesFor(graph, missing);
  const batch = sizes.get(openBatch) ?? examples;
  const shapes = resolveInputs(missing, (extent, axis, input) => {
    const known = extent === null ? undefined : sizes.get(extent);
    if (known !== undefined) return known;
    const size = chooseExtent(graph, extent, axis, input);
    return size === 'batch' ? batch : size;
  });
  const batchAxis = (input: ValueInfo): number =>
    Math.max(
      0,
      (input.shape ?? []).findIndex(
        (extent, axis) =>
          typeof extent !== 'number' && chooseExtent(graph, extent, axis, input) === 'batch',
      ),
    );
  const batches = given.size > 0 ? 1 : Math.ceil(examples / (fixedBatch(inputs) ?? examples));
  for (const [name, shape] of shapes) {
    if (sizeOf(shape) * batches > mostElements) {
      throw new RangeError(
        `${name}: inputs that are made up must have at most ${mostElements} elements, got ${batches === 1 ? '' : `${batches} times `}${shapeText(shape)}`,
      );
    }
  }
  const root = key(options.seed);
  return Array.from({ length: batches }, (_, index) => {
    const feeds = Object.fromEntries(given);
    for (const input of missing) {
      const shape = shapes.get(input.name) ?? [];
      const from = fold(root, `input/${input.name}`);
      feeds[input.name] = drawInput(graph, input, shape, {
        from,
        offset: index * sizeOf(shape),
        c,
        axis: batchAxis(input),
      });
    }
    checkFeeds(inputs, feeds);
    return feeds;
  });
}
