import type { Graph } from '../graph/index.ts';
import { fold, key } from '../random/index.ts';
import { glyphData } from './glyph-data.ts';
import type { ImageDataOptions } from './image-data.ts';
import type { LearningData } from './learning-set.ts';

/** How data are made from a seed. */
export interface GeneratedOptions extends ImageDataOptions {
  readonly seed: number;
}

/** Data that are made from a seed, as text such as `glyphs` says, to fit a network. */
export function generatedData(text: string, graph: Graph, options: GeneratedOptions): LearningData {
  const [name] = text.split(':');
  if (name !== 'glyphs') {
    throw new RangeError(`data: must be glyphs, got ${text}`);
  }
  return glyphData(graph, fold(key(options.seed), 'data'), {}, options);
}
