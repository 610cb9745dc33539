import { gunzip } from './gunzip.ts';
import type { ImageSet, Split } from './image-set.ts';
import { checkLabels, type NamedBytes } from './mnist.ts';

const CHANNELS = 3;
const SIDE = 32;
const PIXELS = CHANNELS * SIDE * SIDE;

/** A label and the pixels of an image, channel by channel. */
const RECORD = 1 + PIXELS;

const classes = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/**
 * The images and labels of a part of CIFAR-10 from its binary files, gzipped or not, one after the other: records
 * of a label and 3 × 32 × 32 bytes. `RangeError` that starts with the file where it is not made of whole records
 * with labels from 0 to 9.
 * Reference: Krizhevsky 2009, Learning multiple layers of features from tiny images
 */
export function decodeCifar10(split: Split, batches: readonly NamedBytes[]): ImageSet {
  const contents = batches.map(({ file, bytes }) => {
    const content = gunzip(bytes, file);
    if (content.length === 0 || content.length % RECORD !== 0) {
      throw new RangeError(
        `${file}: a binary file of CIFAR-10 must be made of records of ${RECORD} bytes, got ${content.length} bytes`,
      );
    }
    return content;
  });
  const counts = contents.map(({ length }) => length / RECORD);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new RangeError('cifar10: there must be at least one file, got none');
  const labels = new Uint8Array(total);
  const pixels = new Uint8Array(total * PIXELS);
  let at = 0;
  for (const [index, content] of contents.entries()) {
    const own = labels.subarray(at, at + counts[index]);
    for (let image = 0; image < own.length; image++) {
      const from = image * RECORD;
      own[image] = content[from];
      pixels.set(content.subarray(from + 1, from + RECORD), (at + image) * PIXELS);
    }
    checkLabels(own, classes.length, batches[index].file);
    at += own.length;
  }
  return {
    name: 'cifar10',
    split,
    classes,
    images: { dtype: 'uint8', shape: [total, CHANNELS, SIDE, SIDE], data: pixels },
    labels,
  };
}
