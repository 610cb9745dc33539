import type { Nonlinearity } from '../../activation/index.ts';
import {
  chi1At,
  varianceMap,
  varianceSlope,
  type CriticalPoint,
  type Variances,
} from '../../meanfield/index.ts';

/** Points of the edge of chaos for `count` values of q*, evenly spaced in ln q*, where σb² is not negative. */
export function edgeCurve(
  phi: Nonlinearity,
  [low, high]: readonly [number, number],
  count: number,
): readonly CriticalPoint[] {
  const ratio = (high / low) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, i) => edgePoint(phi, low * ratio ** i)).filter(
    ({ sigmaW2, sigmaB2 }) => sigmaW2 > 0 && Number.isFinite(sigmaW2) && sigmaB2 >= 0,
  );
}

/** `σw² = 1 / E φ'²`, `σb² = q - σw² E φ²`; nothing but rounding is taken for 0. */
function edgePoint(phi: Nonlinearity, q: number): CriticalPoint {
  const sigmaW2 = 1 / chi1At(phi, 1, q);
  const sigmaB2 = q - varianceMap(phi, { sigmaW2, sigmaB2: 0 }, q);
  return {
    sigmaW2,
    sigmaB2: Math.abs(sigmaB2) < 1e-13 * q ? 0 : sigmaB2,
    qStar: q,
    chiQ: varianceSlope(phi, sigmaW2, q),
  };
}

/** The edge around some of its points, for a picture of them. */
export function edgeAround(
  phi: Nonlinearity,
  points: readonly Pick<CriticalPoint, 'qStar'>[],
): readonly CriticalPoint[] {
  if (phi.homogeneous) return [];
  const sizes = points.map(({ qStar }) => qStar).filter((q) => q > 0);
  const [least, most] = sizes.length === 0 ? [1, 1] : [Math.min(...sizes), Math.max(...sizes)];
  return edgeCurve(phi, [Math.min(1e-4, 1e-3 * least), 30 * most], 400);
}

/** Ratio of the variances of weights beyond which an edge that goes on for ever is cut. */
const WIDEST = 20;

/** A range of σw² and of σb² in which the edge of an activation is seen. */
export function rangeAround(phi: Nonlinearity): readonly [[number, number], [number, number]] {
  const edge = phi.homogeneous
    ? [edgePoint(phi, 1)].filter(({ sigmaW2 }) => Number.isFinite(sigmaW2))
    : edgeCurve(phi, [1e-3, 1e3], 240);
  const low = edge.filter(({ sigmaB2 }) => sigmaB2 <= 1);
  // Some edges begin far out: the part of them with the least biases.
  const seen = low.length > 0 ? low : edge.toSorted((a, b) => a.sigmaB2 - b.sigmaB2).slice(0, 20);
  if (seen.length === 0) {
    const widest = 2 / chi1At(phi, 1, 1);
    return [
      [0, Number.isFinite(widest) && widest > 0 ? widest : 4],
      [0, 1],
    ];
  }
  const spread = (pick: (point: Variances) => number): [number, number] => [
    Math.min(...seen.map(pick)),
    Math.max(...seen.map(pick)),
  ];
  const [least, most] = spread(({ sigmaW2 }) => sigmaW2);
  const [, top] = spread(({ sigmaB2 }) => sigmaB2);
  return [
    [rounded(0.5 * least), rounded(1.2 * Math.min(most, WIDEST * least))],
    [0, top === 0 ? 1 : rounded(low.length > 0 ? Math.min(1, 1.5 * top) : 1.5 * top)],
  ];
}

function rounded(x: number): number {
  return Number(x.toPrecision(2));
}
