import type { Builder, Dimension } from '../../graph/index.ts';
import { denseByStep } from './parts.ts';
import { extentOf, type Shape } from './sizes.ts';
import type { NumberWord } from './text.ts';

/** What one step of a sequence is: `v1000` tokens of a vocabulary, or a vector of `128` numbers. */
export interface Source {
  readonly kind: 'tokens' | 'features';
  readonly size: number;
  /** Width of the embedding where the text gives it, as in `v1000e64`. */
  readonly embedding: number | null;
}

/** Steps of a sequence where the text does not say. */
export const DEFAULT_STEPS = 32;

/** The word `t64` for a sequence of 64 steps. */
export const STEPS: NumberWord = { what: 'sequence length', largest: 2 ** 20 };

/** Reads the first item of the sizes: `v1000`, `v1000e64` or `128`. */
export function sourceOf(shape: Shape, sizes: string, item: string): Source {
  const tokens = /^v(\d+)(?:e(\d+))?$/.exec(item);
  if (tokens === null) {
    return { kind: 'features', size: extentOf(shape, sizes, item), embedding: null };
  }
  const embedding = tokens[2] === undefined ? null : extentOf(shape, sizes, tokens[2]);
  return { kind: 'tokens', size: extentOf(shape, sizes, tokens[1]), embedding };
}

/** Declares the input of a sequence: int64 [batch, steps], or float32 [batch, steps, size]. */
export function sequenceInput(b: Builder, { kind, size }: Source, steps: number): string {
  const shape: Dimension[] = ['batch', steps];
  return kind === 'tokens'
    ? b.input('input', 'int64', shape)
    : b.input('input', 'float32', [...shape, size]);
}

/** Rows of `<name>.weight` [size, width] for tokens; a dense layer on each step for features. */
export function embedded(
  b: Builder,
  name: string,
  x: string,
  { kind, size }: Source,
  width: number,
): string {
  if (kind === 'features') return denseByStep(b, name, x, size, width);
  return b.node(name, 'Gather', [b.parameter(`${name}.weight`, [size, width]), x], { axis: 0 });
}
