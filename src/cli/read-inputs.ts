import { extname } from 'node:path';
import { examplesFor, generatedData, isGenerated } from '../data/index.ts';
import { isDataSet, readBytes, readDataSet } from '../files/index.ts';
import type { Graph, ValueInfo } from '../graph/index.ts';
import { fold, key, permutation } from '../random/index.ts';
import { decodeNpy, decodeNpz, isFloat, type Tensor } from '../tensor/index.ts';

/** Tensors for the inputs of a network, as `makeInputs` takes them. */
export interface GivenInputs {
  readonly given: ReadonlyMap<string, Tensor> | Tensor;
  /** What was done to images, in one sentence; `null` for tensors of a file. */
  readonly note: string | null;
}

/** Images if nothing else is asked for and an example is small, and the fewest. */
const USUAL_IMAGES = 32;
const FEWEST_IMAGES = 2;
/** Elements that are enough. */
const USUAL_ELEMENTS = 2 ** 19;

/** Whether `--input` is data that examples are drawn from, not a file. */
export function isDrawn(text: string): boolean {
  return isDataSet(text) || isGenerated(text);
}

/**
 * Reads `--input`: the tensors of an `.npy` or `.npz` file, or examples that are drawn with the seed from a data set or from data that are made from
 * it, such as `glyphs`.
 */
export function readInputs(
  text: string,
  graph: Graph,
  options: { readonly seed: number; readonly batch?: number },
): GivenInputs {
  if (isDataSet(text)) return imagesFor(text, graph, options);
  if (isGenerated(text)) return generatedFor(text, graph, options);
  const format = extname(text);
  if (format !== '.npy' && format !== '.npz') {
    throw new Error(
      `--input: must end in .npy or .npz, or be glyphs, mnist:DIR or cifar10:DIR, got ${text}`,
    );
  }
  const bytes = readBytes(text);
  if (format === '.npy') return { given: decodeNpy(bytes, text), note: null };
  const given = decodeNpz(bytes, text);
  if (given.size === 0) throw new RangeError(`${text}: must hold a tensor by input name, got none`);
  return { given, note: null };
}

function imagesFor(
  text: string,
  graph: Graph,
  { seed, batch }: { readonly seed: number; readonly batch?: number },
): GivenInputs {
  const input = imageInput(graph);
  const set = readDataSet(text);
  const count = batch ?? usualCount(input);
  const { tensor, note } = examplesFor(input, set, count, { key: fold(key(seed), 'examples') });
  return { given: new Map([[input.name, tensor]]), note };
}

/** As many examples as are usual for an input. */
function usualCount({ shape }: ValueInfo): number {
  const size = (shape ?? [])
    .filter((extent) => typeof extent === 'number')
    .reduce((product, extent) => product * extent, 1);
  return Math.max(
    FEWEST_IMAGES,
    Math.min(USUAL_IMAGES, Math.floor(USUAL_ELEMENTS / Math.max(1, size))),
  );
}

/** Examples out of those for training; what the network makes of them does not matter. */
function generatedFor(
  text: string,
  graph: Graph,
  { seed, batch }: { readonly seed: number; readonly batch?: number },
): GivenInputs {
  const outputs = graph.outputs.map(({ name, dtype }) => ({ name, dtype, shape: null }));
  const { train } = generatedData(text, { ...graph, outputs }, { seed });
  const fixed = graph.inputs[0].shape?.[0];
  const count = typeof fixed === 'number' ? fixed : (batch ?? usualCount(graph.inputs[0]));
  if (count > train.count) {
    throw new RangeError(`${text}: examples must number from 1 to ${train.count}, got ${count}`);
  }
  const order = permutation(fold(key(seed), 'examples'), train.count).subarray(0, count);
  const { inputs } = train.batch(order, null);
  return {
    given: new Map(Object.entries(inputs)),
    note: `${count} examples of ${text}, drawn from the ${train.count} for training.`,
  };
}

/** The only input that can hold images. */
function imageInput(graph: Graph): ValueInfo {
  const floats = graph.inputs.filter(({ dtype }) => dtype === null || isFloat(dtype));
  if (floats.length === 1) return floats[0];
  const all = graph.inputs.map(({ name, dtype }) => `${name} (${dtype ?? 'no tensor'})`);
  throw new RangeError(
    `--input: a data set must be for a network with one float input, got ${all.length === 0 ? 'no input' : all.join(', ')}`,
  );
}
