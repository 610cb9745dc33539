import type { Options } from './initializer.ts';

/** Options as a scheme's own functions see them: complete, and of the types of the defaults. */
export type Accepted<O extends Options> = {
  readonly [K in keyof O]: O[K] extends number ? number : string;
};

/** What has named options: an initializer, or a scheme that is planned over a network. */
export interface Optioned<O extends Options> {
  readonly name: string;
  /** Every option with its default. */
  readonly options: O;
  /** The words that an option may have; an option that is a word and is not here takes any. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** What must hold for the options and what was got, where something does not hold. */
  readonly problem?: (options: Accepted<O>) => string | null;
}

/**
 * All options, those that are left out with their default. `RangeError` for an unknown option or a
 * value that is out of range, `TypeError` for a word in place of a number or the reverse.
 */
export function acceptOptions<O extends Options>(scheme: Optioned<O>, given: Options): Accepted<O> {
  const known = Object.keys(scheme.options);
  const unknown = Object.keys(given).find((option) => !known.includes(option));
  if (unknown !== undefined) {
    const all = known.length === 0 ? 'none' : `among ${known.join(', ')}`;
    throw new RangeError(`${scheme.name}: options must be ${all}, got ${JSON.stringify(unknown)}`);
  }
  const complete = { ...scheme.options, ...given };
  assertTypes(scheme, complete);
  const problem = scheme.problem?.(complete) ?? null;
  if (problem !== null) throw new RangeError(`${scheme.name}: ${problem}`);
  return complete;
}

function assertTypes<O extends Options>(
  { name, options, choices = {} }: Optioned<O>,
  complete: Options,
): asserts complete is Accepted<O> {
  for (const [option, value] of Object.entries(complete)) {
    const words = choices[option];
    const isWord = typeof options[option] === 'string';
    if (typeof value !== typeof options[option]) {
      const word = words === undefined ? 'a word' : `one of ${words.join(', ')}`;
      const kind = isWord ? word : 'a number';
      throw new TypeError(`${name}: ${option} must be ${kind}, got ${JSON.stringify(value)}`);
    }
    if (isWord && words !== undefined && !words.includes(String(value))) {
      throw new RangeError(`${name}: ${option} must be one of ${words.join(', ')}, got ${value}`);
    }
    if (Number.isNaN(value)) throw new RangeError(`${name}: ${option} must be a number, got NaN`);
  }
}
