import { existsSync } from 'node:fs';
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

/** Builds a named architecture, or reads an ONNX file. */
export function loadModel(text: string): Loaded {
  const looksNamed = /^[a-z]\w*(:|$)/i.test(text) && !existsSync(text);
  if (isArchitecture(text) || looksNamed) {
    return { label: text, path: null, model: modelOf(buildArchitecture(text)) };
  }
  return { label: basename(text), path: text, model: readModelFile(text) };
}
