import { derivativeSecondMoment, secondMoment, type Nonlinearity } from '../activation/index.ts';

/** The averages that fixed points are found with, of one nonlinearity. */
export interface Moments {
  /** `E φ(√q z)²`. */
  readonly second: (q: number) => number;
  /** `E φ'(√q z)²`. */
  readonly derivative: (q: number) => number;
}

/** Values that are remembered of one moment: the grids of a few searches. */
const MOST_REMEMBERED = 4096;

const MOMENTS: WeakMap<Nonlinearity, Moments> = new WeakMap();

/**
 * The moments themselves; those at q that quadrature cannot resolve are `NaN`, and with them all at larger q, where there
 * is more to resolve. Values are remembered: searches along q look at the same ones.
 */
export function momentsOf(phi: Nonlinearity): Moments {
  let moments = MOMENTS.get(phi);
  if (moments === undefined) {
    moments = {
      second: remembered((q) => secondMoment(phi, q)),
      derivative: remembered((q) => derivativeSecondMoment(phi, q)),
    };
    MOMENTS.set(phi, moments);
  }
  return moments;
}

function remembered(moment: (q: number) => number): (q: number) => number {
  const values = new Map<number, number>();
  let unresolved = Infinity;
  return (q) => {
    if (q >= unresolved) return Number.NaN;
    const known = values.get(q);
    if (known !== undefined) return known;
    try {
      const value = moment(q);
      if (values.size >= MOST_REMEMBERED) values.clear();
      values.set(q, value);
      return value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (q > 0) unresolved = q;
      return Number.NaN;
    }
  };
}
