import type { Graph } from '../graph/index.ts';
import { fold, type Key } from '../random/index.ts';
import type { Augmentation } from './augment.ts';
import { imageChanges, imageLearningSet } from './image-learning.ts';
import type { ImageSet } from './image-set.ts';
import { sourceOfSet } from './image-source.ts';
import type { LearningData, LearningSet } from './learning-set.ts';
import { heldBack } from './part.ts';
import { pixelStatistics } from './statistics.ts';

/** How images become data. */
export interface ImageDataOptions {
  /** Share of the training examples that is held back for validation, 0 if not given. */
  readonly validation?: number;
  /** Whether training images are changed at random at every step. */
  readonly augment?: boolean;
}

/** Training and validation examples out of a training set; those for validation are never changed at random. */
export function sharesOf(
  set: LearningSet,
  key: Key,
  { validation = 0 }: ImageDataOptions,
): Pick<LearningData, 'train' | 'validation'> {
  return heldBack(set, validation, fold(key, 'validation'));
}

/** Sets of images to learn, both with mean 0 and variance 1 in each channel over the training images. */
export function imageData(
  graph: Graph,
  train: ImageSet,
  test: ImageSet,
  augmentation: Augmentation,
  key: Key,
  options: ImageDataOptions,
): LearningData {
  const statistics = pixelStatistics(train);
  const source = sourceOfSet(train, statistics);
  const isAugmented = options.augment === true;
  const changed = isAugmented
    ? `; each moved by up to 4 pixels${augmentation === 'crop' ? '' : ' and half of them turned over'} at every step`
    : '';
  return {
    ...sharesOf(
      imageLearningSet(graph, source, 'train', isAugmented ? augmentation : null),
      key,
      options,
    ),
    test: imageLearningSet(graph, sourceOfSet(test, statistics), 'test'),
    note: `${train.images.shape[0]} images of ${train.name} for training and ${test.images.shape[0]} for the test; each channel with mean 0 and variance 1 over those for training${imageChanges(graph, source)}${changed}.`,
  };
}
