import type { Graph } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { changeImage, changesOf, type Augmentation } from './augment.ts';
import { changes } from './examples.ts';
import { fitTo } from './fit.ts';
import { fitter } from './fitter.ts';
import type { ImageSource } from './image-source.ts';
import { checkScores, floatInput } from './inputs.ts';
import { joined } from './joined.ts';
import type { LearningSet } from './learning-set.ts';

/** How images are learned from. */
export interface ImageLearningOptions {
  readonly augment?: Augmentation;
}

/** Bytes of examples that are kept once they are made. */
const KEPT = 2 ** 30;

/**
 * Images as a network takes them (see `fitTo`), made when they are first asked for and then kept where all of them take at
 * most 1 GiB. `RangeError` where images do not fit the input, or the output has no score for each class.
 */
export function imageLearningSet(
  graph: Graph,
  source: ImageSource,
  split: LearningSet['split'],
  { augment }: ImageLearningOptions = {},
): LearningSet {
  const { name, classes, count, shape } = source;
  const input = floatInput(graph, name);
  const fit = fitTo(input, shape);
  checkScores(graph, name, classes.length);
  const place = fitter(shape, fit);
  const size = sizeOf(fit.shape);
  const image = new Float32Array(shape.channels * shape.height * shape.width);
  const kept = 4 * size * count <= KEPT ? new Float32Array(size * count) : null;
  const isKept = new Uint8Array(count);
  const write = (index: number, out: Float32Array, at: number): void => {
    if (kept === null) {
      source.read(index, image);
      place(image, out, at);
      return;
    }
    if (isKept[index] === 0) {
      source.read(index, image);
      place(image, kept, index * size);
      isKept[index] = 1;
    }
    out.set(kept.subarray(index * size, (index + 1) * size), at);
  };
  const changed = new Float32Array(image.length);
  return {
    name,
    split,
    count,
    target: 'class',
    classes,
    batch: (indices, key) => {
      const values = new Float32Array(indices.length * size);
      if (key === null || augment === undefined) {
        indices.forEach((index, b) => write(index, values, b * size));
      } else {
        changesOf(key, indices.length, augment).forEach((change, b) => {
          source.read(indices[b], image);
          changeImage(image, shape, change, changed);
          place(changed, values, b * size);
        });
      }
      return {
        inputs: { [input.name]: joined(input, fit, values, indices.length) },
        target: {
          dtype: 'int64',
          shape: [indices.length],
          data: BigInt64Array.from(indices, (index) => BigInt(source.label(index))),
        },
      };
    },
  };
}

/** What is done to images to fit the input, in words that go on with a sentence; `''` where nothing is. */
export function imageChanges(graph: Graph, source: ImageSource): string {
  return changes(source.shape, fitTo(floatInput(graph, source.name), source.shape).image);
}
