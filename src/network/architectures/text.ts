import { activation, type Activation } from '../../activation/index.ts';

/** An architecture text taken apart: `mlp:784-10:leaky_relu:0.2` is `mlp`, `784-10`, [`leaky_relu:0.2`]. */
export interface ArchitectureText {
  readonly text: string;
  readonly name: string;
  /** `null` where the text has none and the default applies. */
  readonly sizes: string | null;
  readonly words: readonly string[];
}

/**
 * Splits a text at its colons. A part that is a number belongs to the word before it; the first part
 * is the sizes unless it begins like a word, so that `mlp:tanh` keeps the default sizes.
 */
export function parseText(text: string): ArchitectureText {
  const [name, ...parts] = text.split(':');
  const sizes = parts.length > 0 && !isWord(parts[0]) ? parts[0] : null;
  const words: string[] = [];
  for (const part of sizes === null ? parts : parts.slice(1)) {
    if (words.length > 0 && part !== '' && Number.isFinite(Number(part))) {
      words.push(`${words.pop()}:${part}`);
    } else words.push(part);
  }
  return { text, name, sizes, words };
}

/** A word begins with a letter; sizes may begin with a vocabulary such as `v1000`. */
const isWord = (part: string): boolean => /^[a-z]/i.test(part) && !/^v\d/.test(part);

/** What the number behind a letter is, and the largest that it may be. */
export interface NumberWord {
  readonly what: string;
  readonly largest: number;
}

/** The words that an architecture understands after its sizes. */
export interface Vocabulary<Flag extends string> {
  /** Words without a value, such as `nonorm`. */
  readonly flags?: readonly Flag[];
  /** Letters that take a positive integer, such as `k` in `k5`, with what the number is. */
  readonly numbers?: Readonly<Record<string, NumberWord>>;
  /** Words of a form of their own, such as `1x28x28`, by what they are called in errors. */
  readonly forms?: Readonly<Record<string, RegExp>>;
  /** `true` for every activation, a list for some of them, left out for none. */
  readonly activations?: true | readonly string[];
}

/** The words of one text. */
export interface Words<Flag extends string> {
  readonly flags: ReadonlySet<Flag>;
  /** The numbers behind the letters that are there. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The words that have a form of their own, by its name. */
  readonly forms: ReadonlyMap<string, string>;
  readonly activation: Activation | null;
}

/** Reads the words of a text in any order; `RangeError` for an unknown word or one that is said twice. */
export function readWords<Flag extends string = never>(
  spec: ArchitectureText,
  vocabulary: Vocabulary<Flag>,
): Words<Flag> {
  const flags = new Set<Flag>();
  const numbers = new Map<string, number>();
  const forms = new Map<string, string>();
  let chosen: Activation | null = null;
  const once = (isNew: boolean, what: string): void => {
    if (!isNew) throw new RangeError(`${spec.name}: ${what} must be given once, got ${spec.text}`);
  };
  const letters = Object.entries(vocabulary.numbers ?? {});
  const shapes = Object.entries(vocabulary.forms ?? {});
  for (const word of spec.words) {
    const flag = vocabulary.flags?.find((known) => known === word);
    const letter = letters.find(([known]) => word[0] === known && /^\d+$/.test(word.slice(1)));
    const form = shapes.find(([, pattern]) => pattern.test(word));
    if (flag !== undefined) {
      once(!flags.has(flag), flag);
      flags.add(flag);
    } else if (letter !== undefined) {
      const [key, { what, largest }] = letter;
      once(!numbers.has(key), `the ${what}`);
      numbers.set(key, positive(word.slice(1), `${spec.name}: the ${what}`, largest));
    } else if (form !== undefined) {
      once(!forms.has(form[0]), form[0]);
      forms.set(form[0], word);
    } else {
      const found = activationOf(spec, vocabulary, word);
      once(chosen === null, 'the activation');
      chosen = found;
    }
  }
  return { flags, numbers, forms, activation: chosen };
}

function activationOf<Flag extends string>(
  spec: ArchitectureText,
  vocabulary: Vocabulary<Flag>,
  word: string,
): Activation {
  const { activations } = vocabulary;
  const refuse = (why: string): RangeError => {
    const choices = [
      ...(vocabulary.flags ?? []),
      ...Object.entries(vocabulary.numbers ?? {}).map(
        ([letter, { what }]) => `${letter}N (${what})`,
      ),
      ...Object.keys(vocabulary.forms ?? {}),
      ...(activations === true ? ['an activation such as relu'] : (activations ?? [])),
    ];
    const rule =
      choices.length === 0 ? 'there must be no words' : `words must be ${either(choices)}`;
    return new RangeError(`${spec.name}: ${rule} after the sizes, got ${word || 'nothing'}${why}`);
  };
  if (activations === undefined || word === '') throw refuse('');
  if (activations !== true && !activations.includes(word)) throw refuse('');
  try {
    return activation(word);
  } catch (error) {
    throw refuse(error instanceof Error ? ` (${error.message})` : '');
  }
}

const either = (choices: readonly string[]): string =>
  choices.length === 1
    ? choices[0]
    : `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`;

function positive(text: string, what: string, largest: number): number {
  const value = Number(text);
  if (value >= 1 && value <= largest) return value;
  throw new RangeError(`${what} must be an integer from 1 to ${largest}, got ${text}`);
}
