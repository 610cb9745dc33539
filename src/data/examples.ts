import type { ValueInfo } from '../graph/index.ts';
import { permutation, type Key } from '../random/index.ts';
import { castTo, isFloat, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import { fitTo, type Fit, type ImageShape } from './fit.ts';
import type { ImageSet } from './image-set.ts';
import { resizeImage } from './resize.ts';
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
  const batch = new Float64Array(n * size);
  const inner = sizeOf(fit.shape.slice(fit.batchAxis));
  for (const [b, index] of indices.entries()) {
    const example = arranged(imageOf(set, index, from, fit.image, statistics), fit);
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

/** An image, channel by channel, normalised, in another size. */
function imageOf(
  { images }: ImageSet,
  index: number,
  from: ImageShape,
  to: ImageShape,
  { mean, std }: PixelStatistics,
): Float64Array {
  const area = from.height * from.width;
  const planes = Array.from({ length: from.channels }, (_, channel) => {
    const start = (index * from.channels + channel) * area;
    const pixels = images.data.subarray(start, start + area);
    const plane = Float64Array.from(pixels, (pixel) => (pixel - mean[channel]) / std[channel]);
    return resizeImage(plane, [from.height, from.width], [to.height, to.width]);
  });
  const toArea = to.height * to.width;
  const result = new Float64Array(to.channels * toArea);
  for (let channel = 0; channel < to.channels; channel++) {
    if (to.channels === from.channels || from.channels === 1) {
      result.set(planes[from.channels === 1 ? 0 : channel], channel * toArea);
      continue;
    }
    for (let i = 0; i < toArea; i++) {
      result[i] = planes.reduce((sum, plane) => sum + plane[i], 0) / planes.length;
    }
  }
  return result;
}

/** The elements of an image in the order of an example. */
function arranged(image: Float64Array, { image: shape, order }: Fit): Float64Array {
  const { channels, height, width } = shape;
  if (order === 'channels first' || channels === 1) return image;
  const result = new Float64Array(image.length);
  const area = height * width;
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) {
      const row = Math.floor(i / width);
      const at =
        order === 'channels last'
          ? i * channels + channel
          : (row * channels + channel) * width + (i % width);
      result[at] = image[channel * area + i];
    }
  }
  return result;
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
  const fixed = batch === null ? '' : ', as many as the network fixes';
  return `${count} ${count === 1 ? 'image' : 'images'}${fixed}, ${which} the ${total} ${what} images of ${set.name}; each channel with mean 0 and variance 1 over these${resized}${channels}.`;
}
