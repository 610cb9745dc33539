import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { readModelFile } from '../files/index.ts';
import { externalLocations, modelOf, type Model } from '../graph/index.ts';
import { architectures, buildArchitecture, isArchitecture } from '../network/index.ts';
import type { Place } from './places.ts';

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

/** What files made of a model are named after: its file without the ending, or its spec in letters that files may have. */
export function stemOf({ label, path }: Loaded): string {
  return path === null
    ? label.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replace(/-+$/, '')
    : basename(path, extname(path));
}

/** The files that a model was read from and that must stay. */
export function readPlaces({ path, model }: Loaded): Place[] {
  if (path === null) return [];
  const beside = externalLocations(model).map((at) => join(dirname(path), at));
  return [
    { option: 'the model', path },
    ...beside.map((file) => ({ option: 'the tensors of the model', path: file })),
  ];
}
