import type { Graph, ValueInfo } from '../graph/index.ts';
import { fold, type Key } from '../random/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';
import { arraysOf, type NamedArray, type PartArrays } from './array-names.ts';
import { arrayTargets, finite } from './array-targets.ts';
import { batchAxisOf } from './fit.ts';
import { sharesOf, type ImageDataOptions } from './image-data.ts';
import { imageFeed } from './image-learning.ts';
import type { ImageSet } from './image-set.ts';
import { sourceOfSet, type ImageSource } from './image-source.ts';
import { shapeText } from './inputs.ts';
import type { ExampleAxes } from './joined.ts';
import type { LearningData } from './learning-set.ts';
import { axesFor, numberFeed } from './number-feed.ts';
import { divided, partOf } from './part.ts';
import { setOf, type Feed } from './set-of.ts';
import { pixelStatistics, type PixelStatistics } from './statistics.ts';
import type { Targets } from './targets.ts';

/** How arrays become data. */
export interface ArrayDataOptions extends ImageDataOptions {
  /** Name of the array of targets. */
  readonly target?: string;
}

/** Share of the examples that is held back where no part of the file is for a test. */
export const TEST_SHARE = 0.1;

/**
 * The arrays of a file to learn, the examples along their first axis (see `arraysOf` for their names and `arrayTargets` for
 * targets). uint8 arrays for an input of floats are images, each channel of which gets mean 0 and variance 1 over those for training and
 * which are resized to fit; other numbers are taken as they are, in the order of the input. Where there is no test, a tenth drawn from
 * `key` is held back for it. `RangeError` that starts with `file` where arrays do not fit the network or each other.
 */
export function arrayData(
  arrays: ReadonlyMap<string, Tensor>,
  graph: Graph,
  file: string,
  key: Key,
  options: ArrayDataOptions,
): LearningData {
  const { train, test } = arraysOf(arrays, graph, file, options.target);
  const parts = test === null ? [train] : [train, test];
  for (const { inputs, target } of parts) checkCounts([...inputs.values(), target], file);
  const targets = arrayTargets(
    parts.map(({ target }) => target),
    graph,
    file,
  );
  const statistics = new Map<string, PixelStatistics>();
  const sets = parts.map((part, index) => {
    const split = index === 0 ? 'train' : 'test';
    const feeds = graph.inputs.map((input) =>
      feedOf(input, part, targets[index], split, file, statistics, options),
    );
    const count = part.target.tensor.shape[0];
    return setOf({ name: file, split, count }, feeds, targets[index]);
  });
  const [all] = sets;
  const { rest, held } =
    test === null
      ? divided(fold(key, 'test'), all.count, TEST_SHARE, file)
      : { rest: null, held: null };
  const training = rest === null ? all : partOf(all, 'train', rest);
  const examined = held === null ? sets[1] : partOf(all, 'test', held);
  const normalised =
    statistics.size === 0
      ? 'numbers as they are'
      : 'each channel of images with mean 0 and variance 1 over those for training';
  return {
    ...sharesOf(training, key, options),
    test: examined,
    note: `${training.count} examples of ${file} for training and ${examined.count}${held === null ? '' : ', held back,'} for the test; ${normalised}.`,
  };
}

/** All arrays of a part must have as many examples, at least one. */
function checkCounts(arrays: readonly NamedArray[], file: string): void {
  const first = arrays[0];
  for (const { name, tensor } of arrays) {
    const [count = 0] = tensor.shape;
    if (count > 0 && tensor.data.length > 0 && count === first.tensor.shape[0]) continue;
    throw new RangeError(
      `${file}: ${name} must have ${count === 0 || tensor.data.length === 0 ? 'examples along its first axis' : `as many examples as ${first.name}, ${first.tensor.shape[0]}`}, got ${shapeText(tensor.shape)}`,
    );
  }
}

function feedOf(
  input: ValueInfo,
  part: PartArrays,
  targets: Targets,
  split: 'train' | 'test',
  file: string,
  statistics: Map<string, PixelStatistics>,
  { augment }: ArrayDataOptions,
): Feed {
  const array = part.inputs.get(input.name);
  if (array === undefined) throw new RangeError(`${file}: must hold ${input.name}, got nothing`);
  const { name, tensor } = array;
  const dtype = input.dtype ?? 'float32';
  if (tensor.dtype === 'uint8' && isFloat(dtype)) {
    const set = imagesOf(array, split, file);
    const known = statistics.get(input.name) ?? pixelStatistics(set);
    statistics.set(input.name, known);
    const source: ImageSource = { ...sourceOfSet(set, known), targets };
    return imageFeed(
      { ...input, dtype },
      source,
      augment === true && split === 'train' ? 'crop' : null,
    );
  }
  if (isFloat(tensor.dtype) && !isFloat(dtype)) {
    throw new TypeError(
      `${file}: ${name} must be whole numbers for the input ${input.name} of ${dtype}, got ${tensor.dtype}`,
    );
  }
  const numbers = finite(name, tensor, file);
  const axes = axesOf(input, tensor, `${name} of ${file}`);
  const size = sizeOf(axes.shape);
  return numberFeed(input, axes, (index, out, at) =>
    out.set(numbers.subarray(index * size, (index + 1) * size), at),
  );
}

/** An array that has the axes of the input keeps its shape, another is laid out anew. */
function axesOf(input: ValueInfo, { shape }: Tensor, data: string): ExampleAxes {
  const own = shape.slice(1);
  const asked = input.shape;
  if (asked !== null && asked.length === shape.length) {
    const batchAxis = batchAxisOf(asked);
    const rest = asked.filter((_, axis) => axis !== batchAxis);
    if (rest.every((extent, axis) => typeof extent !== 'number' || extent === own[axis])) {
      const batch = asked[batchAxis];
      return { batchAxis, batch: typeof batch === 'number' ? batch : null, shape: own };
    }
  }
  return axesFor(input, sizeOf(own), data);
}

/** A uint8 array as images: [N,H,W], [N,C,H,W], [N,H,W,C] with 1 or 3 channels, or rows [N,W]. */
function imagesOf({ name, tensor }: NamedArray, split: 'train' | 'test', file: string): ImageSet {
  const { shape, data } = tensor;
  const [count, ...sides] = shape;
  const isChannels = (extent: number): boolean => extent === 1 || extent === 3;
  const isLast = sides.length === 3 && isChannels(sides[2]) && !isChannels(sides[0]);
  const found =
    sides.length === 1
      ? [1, 1, sides[0]]
      : sides.length === 2
        ? [1, ...sides]
        : isLast
          ? [sides[2], sides[0], sides[1]]
          : sides;
  if (found.length !== 3 || !(data instanceof Uint8Array)) {
    throw new RangeError(
      `${file}: ${name} must be images [N,H,W], [N,C,H,W] or [N,H,W,C], got ${shapeText(shape)}`,
    );
  }
  const [channels, height, width] = found;
  const area = height * width;
  const pixels = isLast ? new Uint8Array(data.length) : data;
  if (isLast) {
    for (let image = 0; image < count; image++) {
      const start = image * area * channels;
      for (let i = 0; i < area; i++) {
        for (let c = 0; c < channels; c++) {
          pixels[start + c * area + i] = data[start + i * channels + c];
        }
      }
    }
  }
  return {
    name: `${name} of ${file}`,
    split,
    classes: [],
    images: { dtype: 'uint8', shape: [count, channels, height, width], data: pixels },
    labels: new Uint8Array(0),
  };
}
