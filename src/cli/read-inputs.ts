import { extname } from 'node:path';
import { examplesFor } from '../data/index.ts';
import { isDataSet, readBytes, readDataSet } from '../files/index.ts';
import type { Graph, ValueInfo } from '../graph/index.ts';
import { fold, key } from '../random/index.ts';
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

/** Reads `--input`: the tensors of an `.npy` or `.npz` file, or images that are drawn from a data set with the seed. */
export function readInputs(
  text: string,
  graph: Graph,
  options: { readonly seed: number; readonly batch?: number },
): GivenInputs {
  if (isDataSet(text)) return imagesFor(text, graph, options);
  const format = extname(text);
  if (format !== '.npy' && format !== '.npz') {
    throw new Error(
      `--input: must end in .npy or .npz, or be mnist:DIR or cifar10:DIR, got ${text}`,
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
  const size = (input.shape ?? [])
    .filter((extent) => typeof extent === 'number')
    .reduce((product, extent) => product * extent, 1);
  const usual = Math.min(USUAL_IMAGES, Math.floor(USUAL_ELEMENTS / Math.max(1, size)));
  const count = batch ?? Math.max(FEWEST_IMAGES, usual);
  const { tensor, note } = examplesFor(input, set, count, { key: fold(key(seed), 'examples') });
  return { given: new Map([[input.name, tensor]]), note };
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
