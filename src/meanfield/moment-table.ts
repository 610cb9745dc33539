import type { Nonlinearity } from '../activation/index.ts';
import { chebyshev, chebyshevAt, type Chebyshev } from '../numeric/index.ts';
import { momentsOf, type Moments } from './moments.ts';

/** Length in ln q of the pieces that are interpolated one by one. */
const PIECE = 2;

/**
 * The moments of a nonlinearity for many evaluations: in closed form, or interpolated in ln q, piece by piece as
 * they are asked for, to 1e-13.
 */
export function momentTable(phi: Nonlinearity): Moments {
  const exact = momentsOf(phi);
  return {
    second: phi.secondMoment === undefined ? tabled(exact.second) : exact.second,
    derivative:
      phi.derivativeSecondMoment === undefined ? tabled(exact.derivative) : exact.derivative,
  };
}

function tabled(moment: (q: number) => number): (q: number) => number {
  const pieces = new Map<number, Chebyshev>();
  return (q) => {
    const x = Math.log(q);
    const index = Math.floor(x / PIECE);
    let piece = pieces.get(index);
    if (piece === undefined) {
      const low = index * PIECE;
      piece = chebyshev((at) => moment(Math.exp(at)), low, low + PIECE, 1e-13);
      pieces.set(index, piece);
    }
    return chebyshevAt(piece, x);
  };
}
