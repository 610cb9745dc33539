import { derivativeSecondMoment, secondMoment, type Nonlinearity } from '../activation/index.ts';

/** The averages that fixed points are found with, of one nonlinearity. */
export interface Moments {
  /** `E φ(√q z)²`. */
  readonly second: (q: number) => number;
  /** `E φ'(√q z)²`. */
  readonly derivative: (q: number) => number;
}

/** The moments themselves; those at q that quadrature cannot resolve are `NaN`. */
export function momentsOf(phi: Nonlinearity): Moments {
  const orNaN = (moment: (phi: Nonlinearity, q: number) => number, q: number): number => {
    try {
      return moment(phi, q);
    } catch (error) {
      if (error instanceof RangeError) return Number.NaN;
      throw error;
    }
  };
  return {
    second: (q) => orNaN(secondMoment, q),
    derivative: (q) => orNaN(derivativeSecondMoment, q),
  };
}
