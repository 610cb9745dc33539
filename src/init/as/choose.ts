import type { Options } from '../initializer.ts';
import { schemeAliases } from '../schemes.ts';
import type { Dialect, DialectChoice, DialectFunction } from './dialect.ts';

/** A function of a dialect under StepZero's name. */
export interface NamedFunction {
  readonly name: string;
  readonly record: DialectFunction;
}

/**
 * The function that a framework has under StepZero's name or an alias of it; `RangeError` naming those
 * that it has if there is none.
 */
export function dialectFunction(dialect: Dialect, name: string): NamedFunction {
  const own = Object.hasOwn(schemeAliases, name) ? schemeAliases[name] : name;
  if (Object.hasOwn(dialect.functions, own)) return { name: own, record: dialect.functions[own] };
  const names = Object.keys(dialect.functions).join(', ');
  throw new RangeError(
    `${dialect.name}: the scheme must be one that it has, ${names}, got ${JSON.stringify(name)}`,
  );
}

/**
 * All options of a function of a dialect, those that are left out with the framework's own default.
 * `RangeError` for an unknown option or word, `TypeError` for a word in place of a number or the reverse.
 */
export function dialectOptions({ name, record }: NamedFunction, given: Options): Options {
  const known = Object.keys(record.options);
  for (const [option, value] of Object.entries(given)) {
    if (!Object.hasOwn(record.options, option)) {
      const all = known.length === 0 ? 'none' : `among ${known.join(', ')}`;
      throw new RangeError(`${name}: options must be ${all}, got ${JSON.stringify(option)}`);
    }
    const words = record.choices[option] ?? [];
    const isWord = typeof record.options[option] === 'string';
    if (typeof value !== typeof record.options[option]) {
      const kind = isWord ? `one of ${words.join(', ')}` : 'a number';
      throw new TypeError(`${name}: ${option} must be ${kind}, got ${JSON.stringify(value)}`);
    }
    if (isWord && !words.includes(String(value))) {
      throw new RangeError(`${name}: ${option} must be one of ${words.join(', ')}, got ${value}`);
    }
    if (Number.isNaN(value)) throw new RangeError(`${name}: ${option} must be a number, got NaN`);
  }
  return { ...record.options, ...given };
}

/**
 * Reads `name` or `name(option=value, option=value)` as a function of a dialect, its options spelled
 * as in the framework. `RangeError` for text that is not of this form, an unknown name, option or word.
 */
export function parseDialectChoice(dialect: Dialect, text: string): DialectChoice {
  const match = /^\s*([^\s()=,]+)\s*(?:\(([^()]*)\)\s*)?$/.exec(text);
  if (match === null) {
    throw new RangeError(
      `scheme: text must be name or name(option=value, option=value), got ${JSON.stringify(text)}`,
    );
  }
  const found = dialectFunction(dialect, match[1]);
  const inside = match[2]?.trim() ?? '';
  const options: Record<string, number | string> = {};
  for (const part of inside === '' ? [] : inside.split(',')) {
    const pair = /^\s*([^\s=]+)\s*=\s*([^\s=]+)\s*$/.exec(part);
    if (pair === null) {
      throw new RangeError(
        `${found.name}: options must be option=value with commas between, got ${JSON.stringify(part.trim())}`,
      );
    }
    const option = pair[1].replaceAll('-', '_');
    if (Object.hasOwn(options, option)) {
      throw new RangeError(`${found.name}: every option must be given once, got ${option} twice`);
    }
    const isNumber = typeof found.record.options[option] === 'number';
    const number = Number(pair[2].replace(/^([+-]?)inf$/, '$1Infinity'));
    options[option] = isNumber && !Number.isNaN(number) ? number : pair[2];
  }
  return { scheme: found.name, options: dialectOptions(found, options) };
}
