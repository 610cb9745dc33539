import { closest } from 'fastest-levenshtein';
import type { Dialect } from './dialect.ts';
import { jax } from './jax/dialect.ts';
import { kerasJax, kerasTf, kerasTorch, tf } from './keras/dialects.ts';
import { tfjs } from './tfjs/dialect.ts';
import { torch211, torch213 } from './torch/dialect.ts';

/** Every dialect, the newest version of a framework before its older ones. */
export const dialects: readonly Dialect[] = [
  torch213,
  torch211,
  jax,
  tf,
  kerasJax,
  kerasTorch,
  kerasTf,
  tfjs,
];

/**
 * The dialect of this name; without a version, the newest one of that framework. `RangeError` with the
 * nearest name if there is none.
 */
export function dialect(name: string): Dialect {
  const found = dialects.find((known) => known.name === name || known.name.split('@')[0] === name);
  if (found !== undefined) return found;
  const names = dialects.map((known) => known.name);
  const like = closest(name, [...names, ...names.map((known) => known.split('@')[0])]);
  throw new RangeError(
    `dialect: name must be one of ${names.join(', ')}, such as ${like}, got ${JSON.stringify(name)}`,
  );
}
