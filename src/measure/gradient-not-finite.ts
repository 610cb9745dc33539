import type { Model, Values } from '../graph/index.ts';
import type { Feeds } from './inputs.ts';
import { measureSignal } from './signal.ts';

/** A run whose gradient is not finite. */
export interface BadRun {
  readonly values: Values;
  readonly feeds: Feeds;
  readonly seed: number;
  /** The gradient, in words. */
  readonly what: string;
  /** The number that it holds. */
  readonly got: number;
}

/** The error about a gradient that is not finite: it names the first layer where the signal is not, if one is. */
export async function gradientNotFinite(
  where: string,
  model: Model,
  { values, feeds, seed, what, got }: BadRun,
): Promise<RangeError> {
  const rows = await measureSignal(model, [feeds], { values });
  const first = rows.find((row) => row.notFinite !== undefined);
  const place =
    first === undefined ? 'though the signal is finite' : `first in the signal of ${first.name}`;
  return new RangeError(`${where}: ${what} must be finite, got ${got}, ${place} (seed ${seed})`);
}
