import { fold, type Key } from '../../random/index.ts';
import { drawGlyphs, glyphPen, type Glyphs } from '../glyphs.ts';
import { sharesOf } from '../image-data.ts';
import { imageChanges, imageLearningSet } from '../image-learning.ts';
import type { ImageSource } from '../image-source.ts';
import { COUNTS, wholeWord, type Generator } from './generator.ts';

/** Images whose mean and variance the others are normalised with. */
const MEASURED = 250;

const SIDE = 28;
const classes = Array.from({ length: 10 }, (_, digit) => String(digit));

interface Moments {
  readonly mean: number;
  readonly std: number;
}

/** Mean and standard deviation of the pixels of images. */
function momentsOf({ images }: Glyphs): Moments {
  let [sum, square] = [0, 0];
  for (const value of images) {
    sum += value;
    square += value * value;
  }
  const mean = sum / images.length;
  return { mean, std: Math.sqrt(square / images.length - mean * mean) };
}

/** What is computed when it is first asked for, and then kept. */
function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => (kept ??= { value: compute() }).value;
}

/** Digits that are drawn when they are asked for. */
function glyphSource(key: Key, count: number, moments: () => Moments): ImageSource {
  const draw = glyphPen(key);
  return {
    name: 'glyphs',
    count,
    shape: { channels: 1, height: SIDE, width: SIDE },
    targets: { kind: 'class', classes, of: (index) => index % 10 },
    read: (index, out) => {
      const { mean, std } = moments();
      draw(index, out);
      for (let i = 0; i < out.length; i++) out[i] = (out[i] - mean) / std;
    },
  };
}

/**
 * Drawn digits to learn, those for training and for the test from different keys, drawn when they are first asked for,
 * normalised with mean and variance of the first 250 for training.
 */
export const glyphs: Generator = {
  name: 'glyphs',
  form: 'glyphs[:TRAIN[:TEST]]',
  description:
    'Digits drawn by a pen, 28 × 28, of random size, slant, place, stroke and noise: TRAIN (10000) images for training and ' +
    'TEST (2000) for the test. What is learned where nothing else is asked for.',
  build: (request) => {
    const { graph, key } = request;
    const word = (at: number, what: string): number | null =>
      wholeWord(request, at, { what, low: 10, high: 10_000_000 });
    const train = word(0, 'TRAIN') ?? COUNTS.train;
    const test = word(1, 'TEST') ?? COUNTS.test;
    const trainKey = fold(key, 'train');
    const measured = Math.min(train, MEASURED);
    const moments = once(() => momentsOf(drawGlyphs(trainKey, measured)));
    const source = glyphSource(trainKey, train, moments);
    const isAugmented = request.augment === true;
    const set = imageLearningSet(graph, source, 'train', isAugmented ? 'crop' : null);
    return {
      ...sharesOf(set, key, request),
      test: imageLearningSet(graph, glyphSource(fold(key, 'test'), test, moments), 'test'),
      note: `${train} drawn digits for training and ${test} for the test; mean 0 and variance 1 over the first ${measured} for training${imageChanges(graph, source)}${isAugmented ? '; each moved by up to 4 pixels at every step' : ''}.`,
    };
  },
};
