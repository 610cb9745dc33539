import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { readModelFile } from '../files/index.ts';
import { modelOf, type Model } from '../graph/index.ts';
import { architectures, buildArchitecture, isArchitecture } from '../network/index.ts';

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
  const isMissing = !existsSync(text);
  if (isMissing && !isArchitecture(text) && /^[a-z]\w+$/i.test(text)) {
    const names = architectures.map(({ name }) => name).join(', ');
    throw new RangeError(
      `${text}: must be an ONNX file or one of the architectures ${names}, got neither`,
    );
  }
  if (isArchitecture(text) || (isMissing && /^[a-z]\w+:/i.test(text))) {
    return { label: text, path: null, model: modelOf(buildArchitecture(text)) };
  }
  return { label: basename(text), path: text, model: readModelFile(text) };
}
