import type { Tensor } from '../tensor/index.ts';

/** Which part of a data set. */
export type Split = 'train' | 'test';

/** Labelled images of one size. */
export interface ImageSet {
  /** What errors and reports call it, such as `mnist`. */
  readonly name: string;
  readonly split: Split;
  /** Names of the classes; a label is an index of them. */
  readonly classes: readonly string[];
  /** [images, channels, height, width], 0 … 255. */
  readonly images: Tensor<'uint8'>;
  /** One for each image. */
  readonly labels: Uint8Array;
}
