import type { Graph } from '../../graph/index.ts';
import type { Key } from '../../random/index.ts';
import type { ImageDataOptions } from '../image-data.ts';
import type { LearningData } from '../learning-set.ts';

/** What data are made for and from. */
export interface Request extends ImageDataOptions {
  /** The text that asks for them, such as `copy:10:50`. */
  readonly text: string;
  /** What stands behind the name, between colons. */
  readonly words: readonly string[];
  readonly graph: Graph;
  readonly key: Key;
}

/** Data that are made from a key. */
export interface Generator {
  readonly name: string;
  /** How they are asked for, such as `copy[:SYMBOLS[:BLANKS]]`. */
  readonly form: string;
  /** One sentence or two, with the defaults. */
  readonly description: string;
  /** The data in the shape that the network takes. `RangeError` where they cannot have it. */
  readonly build: (request: Request) => LearningData;
}

/** The range of a number in a text, and what it is called. */
export interface NumberWord {
  readonly what: string;
  readonly low: number;
  readonly high: number;
}

/** A whole number out of a text; `null` where the text ends before it. `RangeError` for something else. */
export function wholeWord(
  { text, words }: Pick<Request, 'text' | 'words'>,
  at: number,
  { what, low, high }: NumberWord,
): number | null {
  if (at >= words.length) return null;
  const value = /^\d+$/.test(words[at]) ? Number(words[at]) : NaN;
  if (value >= low && value <= high) return value;
  throw new RangeError(
    `${text}: ${what} must be a whole number from ${low} to ${high}, got ${JSON.stringify(words[at])}`,
  );
}

/** A number out of a text; `null` where the text ends before it. `RangeError` for something else. */
export function numberWord(
  { text, words }: Pick<Request, 'text' | 'words'>,
  at: number,
  { what, low, high }: NumberWord,
): number | null {
  if (at >= words.length) return null;
  const value = words[at].trim() === '' ? NaN : Number(words[at]);
  if (value >= low && value <= high) return value;
  throw new RangeError(
    `${text}: ${what} must be a number from ${low} to ${high}, got ${JSON.stringify(words[at])}`,
  );
}

/** Examples for training and for a test where they are drawn without end. */
export const COUNTS = { train: 10_000, test: 2000 } as const;
