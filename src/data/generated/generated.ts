import type { Graph } from '../../graph/index.ts';
import { fold, key } from '../../random/index.ts';
import type { ImageDataOptions } from '../image-data.ts';
import type { LearningData } from '../learning-set.ts';
import { copy } from './copy.ts';
import type { Generator } from './generator.ts';
import { glyphs } from './glyph-data.ts';
import { parity } from './parity.ts';
import { saxeTree } from './saxe-tree.ts';
import { spirals } from './spirals.ts';
import { teacher } from './teacher.ts';

/** How data are made from a seed. */
export interface GeneratedOptions extends ImageDataOptions {
  readonly seed: number;
}

/** All data that are made from a seed. */
export const generators: readonly Generator[] = [glyphs, saxeTree, teacher, spirals, parity, copy];

/** Whether a text asks for data that are made from a seed, such as `glyphs` or `copy:10:50`. */
export function isGenerated(text: string): boolean {
  const [name] = text.split(':');
  return generators.some((one) => one.name === name);
}

/**
 * Data that are made from a seed as text says, such as `glyphs` or `copy:10:50`, in the shape that a network takes.
 * `RangeError` for another name, numbers out of range, and a network that they do not fit.
 */
export function generatedData(
  text: string,
  graph: Graph,
  { seed, ...options }: GeneratedOptions,
): LearningData {
  const [name, ...words] = text.split(':');
  const generator = generators.find((one) => one.name === name);
  if (generator === undefined) {
    const names = generators.map((one) => one.name);
    throw new RangeError(
      `data: must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, got ${text}`,
    );
  }
  const most = generator.form.split(':').length - 1;
  if (words.length > most) {
    throw new RangeError(
      `${text}: must have at most ${most} ${most === 1 ? 'word' : 'words'} behind the name, ${generator.form}, got ${words.length}`,
    );
  }
  return generator.build({ ...options, text, words, graph, key: fold(key(seed), `data ${name}`) });
}

/** What is tried where nothing is asked for. */
const USUAL = ['glyphs', 'copy'] as const;

/**
 * What a network learns where nothing is asked for: `glyphs` where images fit its input and the output has ten classes, `copy` where
 * it reads tokens and says something at every step. `RangeError` that says what else would fit where neither does.
 */
export function defaultData(graph: Graph): string {
  const refusal = (name: string): string | null => {
    try {
      generatedData(name, graph, { seed: 0 });
      return null;
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) return error.message;
      throw error;
    }
  };
  const reasons: string[] = [];
  for (const name of USUAL) {
    const reason = refusal(name);
    if (reason === null) return name;
    reasons.push(reason);
  }
  const others = generators
    .map(({ name }) => name)
    .filter((name) => name !== 'glyphs' && name !== 'copy' && refusal(name) === null);
  const isSequence = graph.inputs.some(({ dtype }) => dtype === 'int64' || dtype === 'int32');
  throw new RangeError(
    `data: must be given where ${isSequence ? 'copy does' : 'glyphs do'} not fit the network, got none (${reasons[isSequence ? 1 : 0]}); ${others.length === 0 ? 'a file of arrays by the names of the inputs, file.npz, can fit' : `what fits is ${others.join(', ')}`}`,
  );
}
