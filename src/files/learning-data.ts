import { extname } from 'node:path';
import {
  arrayData,
  dataSets,
  generatedData,
  imageData,
  isGenerated,
  tableData,
  type LearningData,
} from '../data/index.ts';
import type { Graph } from '../graph/index.ts';
import { fold, key } from '../random/index.ts';
import { decodeNpz } from '../tensor/index.ts';
import { isDataSet, readDataSet } from './data-set.ts';
import { readBytes } from './read-bytes.ts';

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
 * What a network is to learn, as text says: data that are made from the seed, such as `glyphs`, published sets, such as `mnist:DIR`, or
 * a file, `.npz` or `.csv` (`dataSets` has all forms), in the shape that the network takes. `RangeError` for what is none of these or
 * does not fit it, `Error` for files that are missing.
 */
export function learningData(
  text: string,
  graph: Graph,
  options: LearningDataOptions,
): LearningData {
  const own = fold(key(options.seed), 'data');
  if (isDataSet(text)) {
    const augmentation = text.startsWith('cifar10:') ? 'crop and flip' : 'crop';
    const [train, test] = [readDataSet(text), readDataSet(text, 'test')];
    return imageData(graph, train, test, augmentation, own, options);
  }
  if (isGenerated(text)) return generatedData(text, graph, options);
  const format = extname(text);
  if (format === '.npz') {
    return arrayData(decodeNpz(readBytes(text), text), graph, text, own, options);
  }
  if (format === '.csv') return tableData(textOf(text), graph, text, own, options);
  const forms = dataSets.map(({ form }) => form.replace(/\[.*/, ''));
  throw new RangeError(
    `data: must be ${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}, got ${text}`,
  );
}

/** A file as text, UTF-8. `RangeError` for bytes that are no text. */
function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RangeError(`${path}: must be text in UTF-8, got other bytes`, { cause: error });
  }
}
