import type { Graph } from '../graph/index.ts';
import { fold, type Key } from '../random/index.ts';
import { drawGlyphs } from './glyphs.ts';
import { imageChanges, imageLearningSet } from './image-learning.ts';
import type { ImageSource } from './image-source.ts';
import type { LearningData } from './learning-set.ts';
import { sharesOf, type ImageDataOptions } from './image-data.ts';

/** Images for training and for a test where no other numbers are given. */
const COUNTS = { train: 10_000, test: 2000 } as const;

/** Images whose mean and variance the others are normalised with. */
const MEASURED = 1000;

const SIDE = 28;
const classes = Array.from({ length: 10 }, (_, digit) => String(digit));

/** Mean and standard deviation of the pixels of images. */
function momentsOf(images: Float32Array): { readonly mean: number; readonly std: number } {
  let [sum, square] = [0, 0];
  for (const value of images) {
    sum += value;
    square += value * value;
  }
  const mean = sum / images.length;
  return { mean, std: Math.sqrt(square / images.length - mean * mean) };
}

/** Digits that are drawn when they are asked for. */
function glyphSource(
  key: Key,
  count: number,
  { mean, std }: { readonly mean: number; readonly std: number },
): ImageSource {
  return {
    name: 'glyphs',
    classes,
    count,
    shape: { channels: 1, height: SIDE, width: SIDE },
    label: (index) => index % 10,
    read: (index, out) => {
      const { images } = drawGlyphs(key, 1, index);
      for (let i = 0; i < images.length; i++) out[i] = (images[i] - mean) / std;
    },
  };
}

/**
 * Drawn digits to learn: `train` and `test` images from different keys below `key`, drawn when they are first asked for,
 * normalised with mean and variance of the first 1000 training images.
 */
export function glyphData(
  graph: Graph,
  key: Key,
  counts: { readonly train?: number; readonly test?: number },
  options: ImageDataOptions,
): LearningData {
  const { train = COUNTS.train, test = COUNTS.test } = counts;
  const trainKey = fold(key, 'train');
  const moments = momentsOf(drawGlyphs(trainKey, Math.min(train, MEASURED)).images);
  const source = glyphSource(trainKey, train, moments);
  const augment = options.augment === true ? 'crop' : undefined;
  return {
    ...sharesOf(
      imageLearningSet(graph, source, 'train', augment === undefined ? {} : { augment }),
      key,
      options,
    ),
    test: imageLearningSet(graph, glyphSource(fold(key, 'test'), test, moments), 'test'),
    note: `${train} drawn digits for training and ${test} for the test; mean 0 and variance 1 over the first ${Math.min(train, MEASURED)} for training${imageChanges(graph, source)}${augment === undefined ? '' : '; each moved by up to 4 pixels at every step'}.`,
  };
}
