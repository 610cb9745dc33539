import type { Dimension, ValueInfo } from '../graph/index.ts';

/** Extents of an image. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** How images become examples of an input. */
export interface Fit {
  /** The axis of the examples, and how many the file fixes; `null` where it leaves that open. */
  readonly batchAxis: number;
  readonly batch: number | null;
  /** The image that is made of each: other sizes and numbers of channels are possible. */
  readonly image: ImageShape;
  /** Order of the elements of an example: channels first (or grey), or channels last. */
  readonly order: 'channels first' | 'channels last' | 'rows';
  /** Shape of an example. */
  readonly shape: readonly number[];
}

const isOpen = (extent: Dimension): boolean => typeof extent !== 'number';
const fits = (extent: Dimension, size: number): boolean => isOpen(extent) || extent === size;

/** The axis that is named like a batch, or the first. */
export function batchAxisOf(shape: readonly Dimension[]): number {
  return Math.max(
    0,
    shape.findIndex((extent) => typeof extent === 'string' && /batch|^(n|b)$/i.test(extent)),
  );
}

/**
 * How images fit an input: flat `[N,C·H·W]`, `[N,C,H,W]`, `[N,H,W,C]`, sequences of rows `[N,H,C·W]` or of pixels
 * `[N,H·W,C]`, or channels of one axis `[N,C,H·W]`, where N may stand elsewhere if it is named. In the two forms with
 * four axes other heights and widths, and 1 channel for 3 or 3 for 1, fit too; so do square images of another size
 * laid flat, and any rows of at least 4 by 4 numbers, in grey. `RangeError` where they do not, with both shapes.
 */
export function fitTo(input: ValueInfo, image: ImageShape): Fit {
  const { shape } = input;
  if (shape === null || shape.length === 0) throw misfit(input, image);
  const batchAxis = batchAxisOf(shape);
  const first = shape[batchAxis];
  const found = fitRest(
    shape.filter((_, axis) => axis !== batchAxis),
    image,
  );
  if (found === null) throw misfit(input, image);
  return { batchAxis, batch: typeof first === 'number' ? first : null, ...found };
}

type Rest = Pick<Fit, 'image' | 'order' | 'shape'>;

function fitRest(rest: readonly Dimension[], image: ImageShape): Rest | null {
  const { channels, height, width } = image;
  const grey = { ...image, channels: 1 };
  const area = height * width;
  if (rest.length === 1) {
    if (fits(rest[0], channels * area)) {
      return { image, order: 'channels first', shape: [channels * area] };
    }
    if (rest[0] === area) return { image: grey, order: 'channels first', shape: [area] };
    return height === width && typeof rest[0] === 'number' ? fitFlat(rest[0], channels) : null;
  }
  if (rest.length === 2) {
    const [long, short] = rest;
    if (fits(long, height) && fits(short, channels * width)) {
      return { image, order: 'rows', shape: [height, channels * width] };
    }
    if (fits(long, area) && short === channels) {
      return { image, order: 'channels last', shape: [area, channels] };
    }
    if (long === channels && fits(short, area)) {
      return { image, order: 'channels first', shape: [channels, area] };
    }
    if (fits(long, height) && short === width) {
      return { image: grey, order: 'rows', shape: [height, width] };
    }
    if (typeof long !== 'number' || typeof short !== 'number') return null;
    if (long < SMALLEST || short < SMALLEST) return null;
    return {
      image: { channels: 1, height: long, width: short },
      order: 'rows',
      shape: [long, short],
    };
  }
  return rest.length === 3 ? fitImage(rest, image) : null;
}

/** The shortest side that an image is made for where an input does not say that it is one. */
const SMALLEST = 4;

/** A square image of another size, in all channels or in grey. */
function fitFlat(size: number, channels: number): Rest | null {
  for (const each of [channels, 1]) {
    const side = Math.sqrt(size / each);
    if (!Number.isInteger(side) || side < SMALLEST) continue;
    return {
      image: { channels: each, height: side, width: side },
      order: 'channels first',
      shape: [size],
    };
  }
  return null;
}

/** Three axes: channels are first or last, whichever of the two is 1 or 3; first where both are or none is known. */
function fitImage(rest: readonly Dimension[], image: ImageShape): Rest | null {
  const isChannels = (extent: Dimension): boolean => extent === 1 || extent === 3;
  const isLast = isChannels(rest[2]) && !isChannels(rest[0]);
  const [asked, high, wide] = isLast ? [rest[2], rest[0], rest[1]] : rest;
  if (typeof asked === 'number' && !isChannels(asked)) return null;
  const channels = typeof asked === 'number' ? asked : image.channels;
  const height = typeof high === 'number' ? high : image.height;
  const width = typeof wide === 'number' ? wide : image.width;
  return {
    image: { channels, height, width },
    order: isLast ? 'channels last' : 'channels first',
    shape: isLast ? [height, width, channels] : [channels, height, width],
  };
}

function misfit({ name, shape }: ValueInfo, { channels, height, width }: ImageShape): RangeError {
  const text = shape === null ? 'none' : `[${shape.map((extent) => extent ?? '?').join(',')}]`;
  const flat = channels * height * width;
  return new RangeError(
    `${name}: shape must be one that images of ${channels}×${height}×${width} fit, such as [batch,${flat}], [batch,${channels},${height},${width}] or [batch,${height},${channels * width}], got ${text}`,
  );
}
