import { generatedData, imageData, type LearningData } from '../data/index.ts';
import type { Graph } from '../graph/index.ts';
import { fold, key } from '../random/index.ts';
import { isDataSet, readDataSet } from './data-set.ts';

/** How data are read or made. */
export interface LearningDataOptions {
  /** Of what is drawn: generated data, the examples that are held back. */
  readonly seed: number;
  /** Share of the training examples that is held back for validation, 0 if not given. */
  readonly validation?: number;
  /** Whether training images are moved, and those of CIFAR-10 turned over, at random at every step. */
  readonly augment?: boolean;
  /** Name of the array or column of targets in a file. */
  readonly target?: string;
}

/**
 * What a network is to learn, as text says: data that are made from the seed, such as `glyphs`, or `mnist:DIR`,
 * `fashion-mnist:DIR`, `cifar10:DIR`, in the shape that the network takes. `RangeError` for what does not fit it.
 */
export function learningData(
  text: string,
  graph: Graph,
  options: LearningDataOptions,
): LearningData {
  if (!isDataSet(text)) return generatedData(text, graph, options);
  const augmentation = text.startsWith('cifar10:') ? 'crop and flip' : 'crop';
  return imageData(
    graph,
    readDataSet(text),
    readDataSet(text, 'test'),
    augmentation,
    fold(key(options.seed), 'data'),
    options,
  );
}
