import { fold, philoxBlocks, type Key } from '../random/index.ts';
import type { ImageShape } from './fit.ts';

/** What is changed at random in an image: its place, or its place and which side is left. */
export type Augmentation = 'crop' | 'crop and flip';

/** Zeros around an image, from which a part of its size is cut. */
const PAD = 4;

/** Where an image is cut from and whether it is turned over. */
export interface Change {
  /** How far what is seen moves down and to the right, −4 … 4. */
  readonly dy: number;
  readonly dx: number;
  readonly isFlipped: boolean;
}

/**
 * What happens to each of `count` images, from a key alone: image i has words 4i … 4i + 3 of its stream, so that it does not
 * depend on how many there are. Places are equally likely to 9 / 2³².
 */
export function changesOf(key: Key, count: number, augmentation: Augmentation): readonly Change[] {
  const words = new Uint32Array(4 * count);
  philoxBlocks(fold(key, 'augment'), 0, 0, words);
  const place = (word: number): number => Math.floor((word / 2 ** 32) * (2 * PAD + 1)) - PAD;
  return Array.from({ length: count }, (_, i) => ({
    dy: place(words[4 * i]),
    dx: place(words[4 * i + 1]),
    isFlipped: augmentation === 'crop and flip' && words[4 * i + 2] >= 2 ** 31,
  }));
}

/**
 * Moves an image, channel by channel, and turns it over: a crop of its own size out of the image with 4 zeros on every
 * side, after that the mirror image.
 * Reference: He et al. 2016, section 4.2, arXiv:1512.03385
 */
export function changeImage(
  image: Float32Array,
  { channels, height, width }: ImageShape,
  { dy, dx, isFlipped }: Change,
  out: Float32Array,
): void {
  out.fill(0);
  const first = Math.max(0, dx);
  const last = Math.min(width, width + dx);
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * height * width;
    for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
      const row = plane + y * width;
      const source = plane + (y - dy) * width - dx;
      if (isFlipped) {
        const end = row + width - 1;
        for (let x = first; x < last; x++) out[end - x] = image[source + x];
      } else {
        for (let x = first; x < last; x++) out[row + x] = image[source + x];
      }
    }
  }
}
