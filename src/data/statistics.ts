import { sizeOf } from '../tensor/index.ts';
import type { ImageSet } from './image-set.ts';

/** Mean and standard deviation of the pixels of each channel, in units of 0 … 255. */
export interface PixelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Mean and standard deviation of the pixels of each channel over all images of a set; exact, since pixels are
 * counted by value. `RangeError` where all pixels of a channel are the same.
 */
export function pixelStatistics({ name, images }: ImageSet): PixelStatistics {
  const [count, channels, ...sides] = images.shape;
  const area = sizeOf(sides);
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const counts = new Float64Array(256);
    for (let image = 0; image < count; image++) {
      const from = (image * channels + channel) * area;
      for (let i = from; i < from + area; i++) counts[images.data[i]]++;
    }
    const total = count * area;
    const m = counts.reduce((sum, n, value) => sum + n * value, 0) / total;
    const variance = counts.reduce((sum, n, value) => sum + n * (value - m) ** 2, 0) / total;
    if (variance === 0) {
      throw new RangeError(
        `${name}: pixels of a channel must differ to be normalised, got ${m} everywhere`,
      );
    }
    mean.push(m);
    std.push(Math.sqrt(variance));
  }
  return { mean, std };
}
