import type { ValueInfo } from '../graph/index.ts';
import { permutation, type Key } from '../random/index.ts';
import { castTo, isFloat, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import { fitTo, type Fit, type ImageShape } from './fit.ts';
import { fitter } from './fitter.ts';
import type { ImageSet } from './image-set.ts';
import { pixelStatistics, type PixelStatistics } from './statistics.ts';

/** Examples of a data set as a network takes them. */
export interface Examples {
  readonly tensor: Tensor<FloatDType>;
  readonly labels: Uint8Array;
  /** Which images of the set they are. */
  readonly indices: Uint32Array;
  /** What was done, in one sentence. */
  readonly note: string;
}

/** Which examples, and how they are made. */
export interface ExampleOptions {
  /** Shuffles the set; the first images are taken if not given. */
  readonly key?: Key;
  /** What pixels are normalised with: the statistics of the set itself if not given (those of the training images for a test). */
  readonly statistics?: PixelStatistics;
}

/**
 * Examples of a data set that fit an input of a network (see `fitTo`): `count` of them, or as many as the input
 * fixes. Each channel has mean 0 and variance 1 over the whole set before images are resized (a side that gets
 * shorter is averaged, one that gets longer interpolated) or channels repeated or averaged.
 * `RangeError` for inputs that images do not fit and more examples than there are, `TypeError` for an input that is
 * no float.
 */
export function examplesFor(
  input: ValueInfo,
  set: ImageSet,
  count: number,
  { key, statistics = pixelStatistics(set) }: ExampleOptions = {},
): Examples {
  const dtype = input.dtype ?? 'float32';
  if (!isFloat(dtype)) {
    throw new TypeError(`${input.name}: an input must be a float to take images, got ${dtype}`);
  }
  const [total, channels, height, width] = set.images.shape;
  const from = { channels, height, width };
  const fit = fitTo(input, from);
  const n = fit.batch ?? count;
  if (!Number.isInteger(n) || n < 1 || n > total) {
    throw new RangeError(
      `${set.name}: examples must number from 1 to the ${total} images of the ${set.split} set, got ${n}`,
    );
  }
  const order = key === undefined ? null : permutation(key, total);
  const indices = Uint32Array.from({ length: n }, (_, i) => order?.[i] ?? i);
  const size = sizeOf(fit.shape);
  const place = fitter(from, fit);
  const example = new Float64Array(size);
  const batch = new Float64Array(n * size);
  const inner = sizeOf(fit.shape.slice(fit.batchAxis));
  for (const [b, index] of indices.entries()) {
    place(imageOf(set, index, from, statistics), example, 0);
    for (let at = 0; at < size; at += inner) {
      batch.set(example.subarray(at, at + inner), at * n + b * inner);
    }
  }
  return {
    tensor: { dtype, shape: fit.shape.toSpliced(fit.batchAxis, 0, n), data: castTo(dtype, batch) },
    labels: Uint8Array.from(indices, (index) => set.labels[index]),
    indices,
    note: noteOf(set, n, from, fit, key !== undefined),
  };
}

/** An image, channel by channel, normalised. */
function imageOf(
  { images }: ImageSet,
  index: number,
  { channels, height, width }: ImageShape,
  { mean, std }: PixelStatistics,
): Float64Array {
  const area = height * width;
  const start = index * channels * area;
  const pixels = images.data.subarray(start, start + channels * area);
  return Float64Array.from(pixels, (pixel, at) => {
    const channel = Math.floor(at / area);
    return (pixel - mean[channel]) / std[channel];
  });
}

function noteOf(
  set: ImageSet,
  count: number,
  from: ImageShape,
  { image: to, batch }: Fit,
  isShuffled: boolean,
): string {
  const [total] = set.images.shape;
  const what = set.split === 'train' ? 'training' : 'test';
  const which = isShuffled ? 'drawn from' : 'the first of';
  const fixed = batch === null ? '' : ', as many as the network fixes';
  return `${count} ${count === 1 ? 'image' : 'images'}${fixed}, ${which} the ${total} ${what} images of ${set.name}; each channel with mean 0 and variance 1 over these${changes(from, to)}.`;
}

/** What is done to the size and the channels of images, to go on with a sentence; `''` where nothing is. */
export function changes(from: ImageShape, to: ImageShape): string {
  const resized =
    from.height === to.height && from.width === to.width
      ? ''
      : `, then resized from ${from.height}×${from.width} to ${to.height}×${to.width}`;
  const channels =
    from.channels === to.channels
      ? ''
      : from.channels < to.channels
        ? `, the grey value in all ${to.channels} channels`
        : ', the mean of the channels taken';
  return `${resized}${channels}`;
}
