import type { Values } from '../graph/index.ts';

/** The weights of a network as a random object: one draw for each seed. */
export interface Ensemble {
  /** One seed for each draw; they are reported, so that every draw can be made again. */
  readonly seeds: readonly number[];
  /** The values of the stored tensors that a seed gives; those it does not name stay as stored. */
  readonly draw: (seed: number) => Values;
}

/** The stored weights, as an ensemble of one. */
export const storedWeights: Ensemble = { seeds: [0], draw: () => new Map() };

/** `RangeError` for an ensemble without draws. */
export function checkDraws(where: string, { seeds }: Ensemble): void {
  if (seeds.length > 0) return;
  throw new RangeError(`${where}: the ensemble must have at least one draw, got none`);
}

/** The draws of an ensemble, of which the last is kept, since a seed is used several times in a row. */
export function keepingLast(ensemble: Ensemble): (seed: number) => Values {
  let last: { readonly seed: number; readonly values: Values } | null = null;
  return (seed) => {
    if (last?.seed !== seed) last = { seed, values: ensemble.draw(seed) };
    return last.values;
  };
}
