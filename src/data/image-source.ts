import { sizeOf } from '../tensor/index.ts';
import type { ImageShape } from './fit.ts';
import type { ImageSet } from './image-set.ts';
import type { PixelStatistics } from './statistics.ts';
import type { Targets } from './targets.ts';

/** Labelled images of one size, normalised, that are made when they are asked for. */
export interface ImageSource {
  readonly name: string;
  readonly count: number;
  readonly shape: ImageShape;
  readonly targets: Targets;
  /** Writes an image, channel by channel. */
  readonly read: (index: number, out: Float32Array) => void;
}

/** The images of a set, `(pixel - mean) / std` in each channel. */
export function sourceOfSet(set: ImageSet, { mean, std }: PixelStatistics): ImageSource {
  const [count, channels, height, width] = set.images.shape;
  const area = sizeOf([height, width]);
  const { data } = set.images;
  // A pixel has one of 256 values, each of which is normalised once.
  const tables = mean.map((m, channel) =>
    Float32Array.from({ length: 256 }, (_, pixel) => (pixel - m) / std[channel]),
  );
  return {
    name: set.name,
    count,
    shape: { channels, height, width },
    targets: { kind: 'class', classes: set.classes, of: (index) => set.labels[index] },
    read: (index, out) => {
      const start = index * channels * area;
      for (let channel = 0; channel < channels; channel++) {
        const table = tables[channel];
        const end = (channel + 1) * area;
        for (let i = channel * area; i < end; i++) out[i] = table[data[start + i]];
      }
    },
  };
}
