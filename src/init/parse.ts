import type { Options, Scheme } from './initializer.ts';
import { scheme } from './schemes.ts';

/** What a text can name, with options: an initializer, or a scheme that is planned over a network. */
export type Nameable = Pick<Scheme, 'name' | 'options' | 'accept'>;

/** A scheme with the options that were given for it. */
export interface ParsedScheme<S extends Nameable = Scheme> {
  readonly scheme: S;
  readonly options: Options;
}

const infinities: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity };
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads `name` or `name(option=value, option=value)`, as `orthogonal(gain=1.2)`; `inf` and `-inf` are
 * numbers. `options` holds what was given, not the defaults.
 * `RangeError` for an unknown name or option, a value that is no number, no word of the list or out of
 * range, an option given twice, and text that is not of this form.
 */
export function parseScheme(text: string): ParsedScheme {
  return parseNamed(text, scheme);
}

/** Reads the same of whatever `find` knows by name, and throws what `find` throws. */
export function parseNamed<S extends Nameable>(
  text: string,
  find: (name: string) => S,
): ParsedScheme<S> {
  const match = /^\s*([^\s()=,]+)\s*(?:\(([^()]*)\)\s*)?$/.exec(text);
  if (match === null) {
    throw new RangeError(
      `scheme: text must be name or name(option=value, option=value), got ${JSON.stringify(text)}`,
    );
  }
  const found = find(match[1]);
  const options: Record<string, number | string> = {};
  const inside = match[2]?.trim() ?? '';
  for (const part of inside === '' ? [] : inside.split(',')) {
    const pair = /^\s*([^\s=]+)\s*=\s*([^\s=]+)\s*$/.exec(part);
    if (pair === null) {
      throw new RangeError(
        `${found.name}: options must be option=value with commas between, got ${JSON.stringify(part.trim())}`,
      );
    }
    const [, option, value] = pair;
    if (Object.hasOwn(options, option)) {
      throw new RangeError(`${found.name}: every option must be given once, got ${option} twice`);
    }
    // An unknown option stays a word: `accept` below names the known ones.
    const isNumber =
      Object.hasOwn(found.options, option) && typeof found.options[option] === 'number';
    Object.defineProperty(options, option, {
      value: isNumber ? numberOf(found, option, value) : value,
      enumerable: true,
    });
  }
  found.accept(options);
  return { scheme: found, options };
}

function numberOf(found: Nameable, option: string, text: string): number {
  if (Object.hasOwn(infinities, text)) return infinities[text];
  if (decimal.test(text)) return Number(text);
  throw new RangeError(`${found.name}: ${option} must be a number, got ${JSON.stringify(text)}`);
}
