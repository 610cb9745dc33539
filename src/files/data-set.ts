import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeCifar10,
  decodeMnist,
  fashionMnist,
  type ImageSet,
  type MnistNames,
  type NamedBytes,
  type Split,
} from '../data/index.ts';
import { inflated } from './inflated.ts';
import { problem } from './problem.ts';
import { readBytes } from './read-bytes.ts';

type Reader = (folder: string, split: Split) => ImageSet;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['mnist', (folder, split) => readMnist(folder, split)],
  ['fashion-mnist', (folder, split) => readMnist(folder, split, fashionMnist)],
  [
    'cifar10',
    (folder, split) =>
      decodeCifar10(
        split,
        split === 'test' ? [oneOf(folder, ['test_batch.bin'])] : trainingBatches(folder),
      ),
  ],
]);

/** Whether a text names a data set in a folder, such as `mnist:data/mnist`. */
export function isDataSet(text: string): boolean {
  const [name, ...rest] = text.split(':');
  return rest.length > 0 && readers.has(name);
}

/**
 * Reads a part of a data set, `mnist:DIR`, `fashion-mnist:DIR` or `cifar10:DIR`, the training images if not said otherwise: from DIR, the files
 * under the names that they are published with, gzipped or not. Of the five training files of CIFAR-10 those are read that are
 * there. `RangeError` for other names and bytes that are no such set, `Error` for files that are missing.
 */
export function readDataSet(text: string, split: Split = 'train'): ImageSet {
  const colon = text.indexOf(':');
  const read = readers.get(text.slice(0, Math.max(0, colon)));
  const folder = text.slice(colon + 1);
  if (read === undefined || folder === '') {
    const forms = [...readers.keys()].map((name) => `${name}:DIR`);
    throw new RangeError(
      `data set: must be ${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}, got ${text}`,
    );
  }
  try {
    readdirSync(folder);
  } catch (error) {
    throw problem(folder, 'must be a folder of data', error);
  }
  return read(folder, split);
}

function readMnist(folder: string, split: Split, names: MnistNames = {}): ImageSet {
  const stem = split === 'train' ? 'train' : 't10k';
  return decodeMnist(
    split,
    oneOf(folder, [`${stem}-images-idx3-ubyte`, `${stem}-images.idx3-ubyte`]),
    oneOf(folder, [`${stem}-labels-idx1-ubyte`, `${stem}-labels.idx1-ubyte`]),
    names,
  );
}

function trainingBatches(folder: string): readonly NamedBytes[] {
  const found = [1, 2, 3, 4, 5]
    .map((batch) => pathOf(folder, `data_batch_${batch}.bin`))
    .filter((path) => path !== null);
  if (found.length === 0) throw missing(folder, 'data_batch_1.bin');
  return found.map((file) => ({ file, bytes: inflated(readBytes(file)) }));
}

/** The path of a file of that name, gzipped or not, `null` where there is none. */
function pathOf(folder: string, name: string): string | null {
  return (
    [name, `${name}.gz`].map((one) => join(folder, one)).find((path) => existsSync(path)) ?? null
  );
}

function oneOf(folder: string, names: readonly string[]): NamedBytes {
  for (const name of names) {
    const file = pathOf(folder, name);
    if (file !== null) return { file, bytes: inflated(readBytes(file)) };
  }
  throw missing(folder, names[0]);
}

function missing(folder: string, name: string): Error {
  return new Error(`${folder}: must hold ${name} or ${name}.gz, got neither`);
}
