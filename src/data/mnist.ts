import type { Tensor } from '../tensor/index.ts';
import { decodeIdx } from './idx.ts';
import type { ImageSet, Split } from './image-set.ts';

/** The bytes of a file, and what errors call it. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What a set in this format is called, and its classes: those of MNIST if not given. */
export interface MnistNames {
  readonly name?: string;
  readonly classes?: readonly string[];
}

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

/** Fashion-MNIST: Xiao, Rasul and Vollgraf 2017, table 2, arXiv:1708.07747. */
export const fashionMnist: MnistNames = {
  name: 'fashion-mnist',
  classes: [
    't-shirt',
    'trouser',
    'pullover',
    'dress',
    'coat',
    'sandal',
    'shirt',
    'sneaker',
    'bag',
    'ankle boot',
  ],
};

/**
 * The images and labels of a part of MNIST from its two IDX files, gzipped or not; any set of grey images in this
 * format will do (Fashion-MNIST, KMNIST). `RangeError` that starts with the file for bytes that are no such set:
 * other shapes, no images, not a label for each, labels above 9.
 * Reference: LeCun, Cortes and Burges, The MNIST database
 */
export function decodeMnist(
  split: Split,
  images: NamedBytes,
  labels: NamedBytes,
  { name = 'mnist', classes = digits }: MnistNames = {},
): ImageSet {
  const pixels = bytesOf(decodeIdx(images.bytes, images.file), 3, images.file, 'images');
  const numbers = bytesOf(decodeIdx(labels.bytes, labels.file), 1, labels.file, 'labels');
  const [count, height, width] = pixels.shape;
  if (pixels.data.length === 0) {
    throw new RangeError(
      `${images.file}: there must be images of at least one pixel, got [${pixels.shape.join(',')}]`,
    );
  }
  if (numbers.shape[0] !== count) {
    throw new RangeError(
      `${labels.file}: there must be a label for each of the ${count} images, got ${numbers.shape[0]}`,
    );
  }
  checkLabels(numbers.data, classes.length, labels.file);
  return {
    name,
    split,
    classes,
    images: { dtype: 'uint8', shape: [count, 1, height, width], data: pixels.data },
    labels: numbers.data,
  };
}

/** `RangeError` for a label that is none of so many classes. */
export function checkLabels(labels: Uint8Array, classes: number, file: string): void {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong < 0) return;
  throw new RangeError(
    `${file}: labels must be from 0 to ${classes - 1}, got ${labels[wrong]} for image ${wrong}`,
  );
}

function bytesOf(tensor: Tensor, rank: number, file: string, what: string): Tensor<'uint8'> {
  const { dtype, shape, data } = tensor;
  if (dtype !== 'uint8' || shape.length !== rank || !(data instanceof Uint8Array)) {
    throw new RangeError(
      `${file}: ${what} must be uint8 with ${rank} ${rank === 1 ? 'axis' : 'axes'}, got ${dtype} [${shape.join(',')}]`,
    );
  }
  return { dtype, shape, data };
}
