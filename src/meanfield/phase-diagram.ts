import type { Nonlinearity } from '../activation/index.ts';
import { brent, chebyshevAt, chebyshevDerivative, minimumBetween } from '../numeric/index.ts';
import { criticalLine } from './critical-line.ts';
import { findFixedPoint } from './fixed-point.ts';
import { momentTable } from './moment-table.ts';
import type { Moments } from './moments.ts';
import { depthScale, phaseOf } from './point.ts';
import { secantTable } from './secant-table.ts';
import { squareSlopeAtZero } from './variance-map.ts';

/** Which part of the plane of variances a diagram shows, and how finely. */
export interface DiagramRange {
  readonly sigmaW2: readonly [low: number, high: number];
  readonly sigmaB2: readonly [low: number, high: number];
  readonly columns: number;
  readonly rows: number;
}

/** A point of the edge of chaos. */
export interface EdgePoint {
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly qStar: number;
}

/** What variances do, over a grid of them; see `PhasePoint`. `NaN` where signals grow without bound. */
export interface PhaseDiagram {
  /** One per column, in equal steps. */
  readonly sigmaW2: readonly number[];
  /** One per row, in equal steps. */
  readonly sigmaB2: readonly number[];
  /** Row by row, `columns · rows` values, as the three below. */
  readonly qStar: Float64Array;
  readonly chi1: Float64Array;
  readonly cStar: Float64Array;
  readonly xiC: Float64Array;
  /** The edge of chaos inside the range, by ascending `q*` from 1e-6 to 1e4; one point for homogeneous activations. */
  readonly edge: readonly EdgePoint[];
}

/**
 * The phases over the plane of variances: `q*`, `χ₁`, `c*` and `ξ_c` at every point of a grid, and the edge of chaos. The
 * numbers are those of `phasePoint` to a relative error of 1e-6, from moments and correlation maps
 * that are interpolated in ln q.
 *
 * `RangeError` for ranges that are not ascending variances and for grids that are not whole numbers from 1 to 4096.
 * Reference: Schoenholz et al. 2017, fig. 1, arXiv:1611.01232; Poole et al. 2016, fig. 1, arXiv:1606.05340
 */
export function phaseDiagram(phi: Nonlinearity, range: DiagramRange): PhaseDiagram {
  checkRange(range);
  const { columns, rows } = range;
  const sigmaW2 = steps(range.sigmaW2, columns);
  const sigmaB2 = steps(range.sigmaB2, rows);
  const moments = momentTable(phi);
  const correlationAt = stableCorrelations(phi, moments);
  const [qStar, chi1, cStar, xiC] = Array.from({ length: 4 }, () =>
    new Float64Array(columns * rows).fill(Number.NaN),
  );
  for (const [row, bias] of sigmaB2.entries()) {
    const bound = largestWithFixedPoint(phi, moments, bias);
    for (const [column, weight] of sigmaW2.entries()) {
      const i = row * columns + column;
      if (weight > bound) continue;
      const variances = { sigmaW2: weight, sigmaB2: bias };
      const q = findFixedPoint(moments, phi, variances);
      if (Number.isNaN(q)) continue;
      qStar[i] = q;
      const slope = q === 0 ? squareSlopeAtZero(phi) : moments.derivative(q);
      chi1[i] = weight === 0 ? 0 : weight * slope;
      const isOrthogonal = phi.odd && bias === 0;
      [cStar[i], xiC[i]] = correlationAt(q, weight, chi1[i], isOrthogonal);
    }
  }
  return { sigmaW2, sigmaB2, qStar, chi1, cStar, xiC, edge: edgeOf(phi, moments, range) };
}

const RIGHT = 0.5 * Math.PI;

/** Gives `c*` and `ξ_c` at a fixed point. */
function stableCorrelations(
  phi: Nonlinearity,
  moments: Moments,
): (q: number, sigmaW2: number, chi1: number, isOrthogonal: boolean) => [number, number] {
  const table = secantTable(phi);
  const jumps = (phi.jumps ?? []).length > 0;
  return (q, sigmaW2, chi1, isOrthogonal) => {
    const phase = phaseOf(chi1);
    if (phase === 'critical') return [1, Infinity];
    if (phase === 'ordered') return [1, depthScale(chi1)];
    const series = table(q);
    const slopes = chebyshevDerivative(series);
    // At θ = 0 the series has to have the moment that χ₁ has, or c* would drift near the edge.
    const shift = jumps ? 0 : moments.derivative(q) - chebyshevAt(series, 0);
    const secant = (theta: number): number =>
      jumps
        ? (chebyshevAt(series, theta) * theta) / (2 * Math.sin(0.5 * theta) ** 2)
        : chebyshevAt(series, theta) + shift;
    const excess = (theta: number): number => sigmaW2 * secant(theta) - 1;
    const isRight = isOrthogonal || excess(RIGHT) >= 0;
    const theta = isRight ? RIGHT : brent(excess, 1e-12, RIGHT, 1e-15);
    const slope = chebyshevAt(slopes, theta);
    // D = r + tan(θ/2) dr/dθ, and σw² r = 1 at c*.
    const lost = jumps
      ? 1 - (sigmaW2 * (chebyshevAt(series, theta) + theta * slope)) / Math.sin(theta)
      : 1 - sigmaW2 * secant(theta) - sigmaW2 * Math.tan(0.5 * theta) * slope;
    return [isRight ? 0 : Math.cos(theta), -1 / Math.log1p(-lost)];
  };
}

/** The largest `σw²` at which a fixed point at q ≥ 1 exists, `max (q - σb²)/E φ²`; infinite if it does not matter. */
function largestWithFixedPoint(phi: Nonlinearity, { second }: Moments, sigmaB2: number): number {
  if (phi.homogeneous) return Infinity;
  const at = (x: number): number => (Math.exp(x) - sigmaB2) / second(Math.exp(x));
  let best = -Infinity;
  let where = 0;
  // From σw² that only a fixed point at q > 1e6 can hold, the search itself has to find out.
  for (let x = 0; x < Math.log(1e6); x += 0.25) {
    if (at(x) > best) [best, where] = [at(x), x];
  }
  const isInside = where > 0 && where < Math.log(1e6) - 2;
  if (!isInside) return Infinity;
  const top = minimumBetween((x) => -at(x), where - 0.25, where + 0.25);
  return at(top) * (1 + 1e-9);
}

/** Distance, as a part of the range, at which the next point of the edge is taken. */
const EDGE_STEP = 1 / 400;

function edgeOf(phi: Nonlinearity, moments: Moments, range: DiagramRange): EdgePoint[] {
  if ((phi.jumps ?? []).length > 0) return [];
  const line = criticalLine(phi, moments);
  const [[wLow, wHigh], [bLow, bHigh]] = [range.sigmaW2, range.sigmaB2];
  const isInside = ({ sigmaW2, sigmaB2 }: EdgePoint): boolean =>
    sigmaW2 >= wLow && sigmaW2 <= wHigh && sigmaB2 >= bLow && sigmaB2 <= bHigh;
  if (phi.homogeneous) {
    return [{ sigmaW2: line.sigmaW2(1), sigmaB2: 0, qStar: 1 }].filter(isInside);
  }
  const edge: EdgePoint[] = [];
  if (line.atZero !== null) {
    edge.push(...[{ sigmaW2: line.atZero, sigmaB2: 0, qStar: 0 }].filter(isInside));
  }
  const moved = (from: EdgePoint, to: EdgePoint): boolean =>
    Math.abs(to.sigmaW2 - from.sigmaW2) > EDGE_STEP * (wHigh - wLow) ||
    Math.abs(to.sigmaB2 - from.sigmaB2) > EDGE_STEP * (bHigh - bLow);
  for (let x = Math.log(1e-6); x < Math.log(1e4); x += 0.01) {
    const q = Math.exp(x);
    const bias = line.bias(q);
    if (!(bias >= 0)) continue;
    const point = { sigmaW2: line.sigmaW2(q), sigmaB2: q * bias, qStar: q };
    const last = edge[edge.length - 1];
    if (isInside(point) && (last === undefined || moved(last, point))) edge.push(point);
  }
  return edge;
}

function steps([low, high]: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? low : ((count - 1 - i) * low + i * high) / (count - 1),
  );
}

function checkRange({ sigmaW2, sigmaB2, columns, rows }: DiagramRange): void {
  for (const [name, [low, high]] of [
    ['sigmaW2', sigmaW2],
    ['sigmaB2', sigmaB2],
  ] as const) {
    if (!(low >= 0 && high >= low && Number.isFinite(high))) {
      throw new RangeError(
        `phaseDiagram: ${name} must be two ascending variances, finite and not negative, got ${low}, ${high}`,
      );
    }
  }
  for (const [name, count] of [
    ['columns', columns],
    ['rows', rows],
  ] as const) {
    if (!(Number.isInteger(count) && count >= 1 && count <= 4096)) {
      throw new RangeError(
        `phaseDiagram: ${name} must be a whole number from 1 to 4096, got ${count}`,
      );
    }
  }
}
