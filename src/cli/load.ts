import { basename } from 'node:path';
import { readModelFile } from '../files/index.ts';
import { modelOf, type Model } from '../graph/index.ts';
import { buildArchitecture, isArchitecture } from '../network/index.ts';

/** A model as a person named it. */
export interface Loaded {
  /** What to call it: the spec, or the file's name. */
  readonly label: string;
  /** Where it was read from, `null` for a named architecture. */
  readonly path: string | null;
  readonly model: Model;
}

/** Reads an ONNX file, or builds a named architecture. A file of that name comes first. */
export function loadModel(text: string): Loaded {
  if (isArchitecture(text)) {
    return { label: text, path: null, model: modelOf(buildArchitecture(text)) };
  }
  return { label: basename(text), path: text, model: readModelFile(text) };
}
