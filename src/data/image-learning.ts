import type { Graph } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { changeImage, changesOf, type Augmentation } from './augment.ts';
import { changes } from './examples.ts';
import { fitTo } from './fit.ts';
import { fitter } from './fitter.ts';
import type { ImageSource } from './image-source.ts';
import { checkScores, floatInput, type FloatInput } from './inputs.ts';
import { joined } from './joined.ts';
import type { LearningSet } from './learning-set.ts';
import { setOf, type Feed } from './set-of.ts';

/** Bytes of examples that are kept once they are made. */
const KEPT = 2 ** 30;

/**
 * Images as an input takes them (see `fitTo`), made when they are first asked for and then kept where all of them take at most
 * 1 GiB. `RangeError` where they do not fit.
 */
export function imageFeed(
  input: FloatInput,
  source: ImageSource,
  augment: Augmentation | null,
): Feed {
  const { count, shape } = source;
  const fit = fitTo(input, shape);
  const place = fitter(shape, fit);
  const size = sizeOf(fit.shape);
  const image = new Float32Array(shape.channels * shape.height * shape.width);
  const changed = new Float32Array(image.length);
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
  return {
    name: input.name,
    random: augment !== null,
    batch: (indices, key) => {
      const values = new Float32Array(indices.length * size);
      if (key === null || augment === null) {
        indices.forEach((index, b) => write(index, values, b * size));
      } else {
        changesOf(key, indices.length, augment).forEach((change, b) => {
          source.read(indices[b], image);
          changeImage(image, shape, change, changed);
          place(changed, values, b * size);
        });
      }
      return joined(input, fit, values, indices.length);
    },
  };
}

/**
 * Images to learn, for the one input of a network. `RangeError` where they do not fit it, or the output has no score
 * for each class.
 */
export function imageLearningSet(
  graph: Graph,
  source: ImageSource,
  split: LearningSet['split'],
  augment: Augmentation | null = null,
): LearningSet {
  const { name, count, targets } = source;
  const feed = imageFeed(floatInput(graph, name), source, augment);
  if (targets.kind === 'class') checkScores(graph, name, targets.classes.length);
  return setOf({ name, split, count }, [feed], targets);
}

/** What is done to images to fit the input, in words that go on with a sentence; `''` where nothing is. */
export function imageChanges(graph: Graph, source: ImageSource): string {
  return changes(source.shape, fitTo(floatInput(graph, source.name), source.shape).image);
}
