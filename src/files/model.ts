import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  decodeModel,
  encodeApart,
  encodePieces,
  externalLocations,
  protobufLimit,
  type Model,
  type Values,
} from '../graph/index.ts';
import { externalReader } from './external.ts';
import { readBytes } from './read-bytes.ts';
import { sameFile } from './same-file.ts';
import { prepare, writeAtomically, type Prepared } from './write-atomically.ts';

/** Reads an ONNX file; tensors beside it are read when they are asked for. Errors start with `path`. */
export function readModelFile(path: string): Model {
  return decodeModel(readBytes(path), { name: path, external: externalReader(path) });
}

/** How `writeModelFile` treats what is there. */
export interface WriteOptions {
  /** The file that the model was read from, which is not overwritten unless `inPlace`. */
  readonly source?: string;
  readonly inPlace?: boolean;
  /** Bytes from which on the large tensors go into a second file; 2 GiB by default. */
  readonly apartFrom?: number;
}

/** The files of a model: itself, and those beside it that hold its tensors. */
function filesOf(source: string, model: Model): readonly string[] {
  const folder = dirname(source);
  return [source, ...externalLocations(model).map((location) => join(folder, location))];
}

function refuseToOverwrite(path: string, files: readonly string[]): void {
  const own = files.find((file) => sameFile(file, path));
  if (own !== undefined) {
    throw new RangeError(`${path}: must not be a file that the model is read from, got ${own}`);
  }
}

/** A model with tensors beside it has to be found where they are. */
function refuseLinkElsewhere(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
  const real = realpathSync(path);
  if (dirname(real) !== realpathSync(dirname(path))) {
    throw new RangeError(
      `${path}: must not be a link into another folder, since tensors go beside the model, got one to ${real}`,
    );
  }
}

/**
 * Writes a model with other values for the named constants, as a whole or not at all. From `apartFrom`
 * bytes on, and where the model itself has tensors beside it, its large tensors go into `<path>.data`.
 * Lazy values are made one after the other. Returns the paths that were written. In place, both files are
 * written in full before either takes its name, the data first; other files of tensors stay where they
 * are. `RangeError` for a path that the model is read from, unless `inPlace`, and where tensors go beside the
 * model for one that is a link into another folder.
 */
export async function writeModelFile(
  path: string,
  model: Model,
  values: Values = new Map(),
  options: WriteOptions = {},
): Promise<readonly string[]> {
  const { source, inPlace = false, apartFrom = protobufLimit } = options;
  const inputs = source === undefined || inPlace ? [] : filesOf(source, model);
  refuseToOverwrite(path, inputs);
  const whole = encodePieces(model, values);
  if (whole.byteLength < apartFrom && externalLocations(model).length === 0) {
    await writeAtomically(path, whole.pieces());
    return [path];
  }
  const location = `${basename(path)}.data`;
  const apart = encodeApart(model, values, location);
  if (apart.model.byteLength >= protobufLimit) {
    throw new RangeError(
      `${path}: without its large tensors, a model must be smaller than ${protobufLimit} bytes, got ${apart.model.byteLength}`,
    );
  }
  if (apart.data.byteLength === 0) {
    await writeAtomically(path, apart.model.pieces());
    return [path];
  }
  refuseLinkElsewhere(path);
  const dataPath = join(dirname(path), location);
  refuseToOverwrite(dataPath, inputs);
  const prepared: Prepared[] = [];
  try {
    prepared.push(await prepare(dataPath, apart.data.pieces()));
    prepared.push(await prepare(path, apart.model.pieces()));
    for (const { commit } of prepared) commit();
  } finally {
    for (const { discard } of prepared) discard();
  }
  return [path, dataPath];
}
