import type { Nonlinearity } from '../../activation/index.ts';
import {
  checkVariances,
  criticalPoints,
  phasePoint,
  type CriticalPoint,
} from '../../meanfield/index.ts';

/** The options that say at which variances a network stands. */
export interface PlaceOptions {
  readonly sigmaW2?: number;
  readonly sigmaB2?: number;
  readonly q?: number;
}

/** Variances and the second moment at which signals stand there. */
export interface WorkingPoint {
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly qStar: number;
  /** Where the numbers come from, in a clause. */
  readonly source: string;
}

/**
 * Both variances: those, at their fixed point, or at q = 1 where all sizes of signals are the same. One: the
 * other such that it is critical, at the most stable point where there are several. None: critical at
 * `q`, 1 if not given.
 */
export function workingPoint(
  phi: Nonlinearity,
  { sigmaW2, sigmaB2, q }: PlaceOptions,
): WorkingPoint {
  if (sigmaW2 !== undefined && sigmaB2 !== undefined) {
    checkVariances('theory', { sigmaW2, sigmaB2 });
    if (phi.homogeneous && sigmaB2 === 0) {
      return { sigmaW2, sigmaB2, qStar: 1, source: 'the same at every size of signals' };
    }
    const { qStar } = phasePoint(phi, { sigmaW2, sigmaB2 });
    return { sigmaW2, sigmaB2, qStar, source: 'at the fixed point of these variances' };
  }
  if (sigmaB2 !== undefined) {
    return chosen(criticalPoints(phi, { sigmaB2 }), 'σw² made critical for this σb²');
  }
  if (sigmaW2 !== undefined) {
    return chosen(criticalPoints(phi, { sigmaW2 }), 'σb² made critical for this σw²');
  }
  const at = q ?? 1;
  return chosen(criticalPoints(phi, { q: at }), `on the edge of chaos at q* = ${at}`);
}

function chosen(points: readonly CriticalPoint[], source: string): WorkingPoint {
  const stable = points.toSorted((a, b) => a.chiQ - b.chiQ)[0];
  const { sigmaW2, sigmaB2, qStar } = stable;
  const more =
    points.length === 1 ? '' : `, the most stable of ${points.length} points of the edge`;
  return { sigmaW2, sigmaB2, qStar, source: source + more };
}
