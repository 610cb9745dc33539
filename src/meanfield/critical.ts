import type { Nonlinearity } from '../activation/index.ts';
import { brent } from '../numeric/index.ts';
import { criticalLine, LOG_RANGE, type CriticalLine } from './critical-line.ts';
import { maxima, minima, roots, scan, type Scan } from './roots.ts';
import { varianceSlope } from './variance-map.ts';

/** Variances on the edge of chaos, `χ₁ = 1`, and the fixed point that they hold. */
export interface CriticalPoint {
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly qStar: number;
  /** Below 1 the fixed point is stable, at 1 half-stable, above 1 unstable. */
  readonly chiQ: number;
}

/** What a critical point is wanted at: one of the three. */
export type CriticalAt =
  { readonly sigmaB2: number } | { readonly sigmaW2: number } | { readonly q: number };

/** Step of the search along the line in ln q. */
const STEP = 0.25;

/** Distance from a level, relative, at which the line counts as touching it. */
const TOUCH = 1e-12;

/**
 * Every point of the edge of chaos `χ₁ = σw² E φ'² = 1` with a given `σb²`, `σw²` or fixed point `q`, by ascending q*:
 * the line `σw²(q) = 1 / E φ'²`, `σb²(q) = q - σw² E φ²` is searched for q from 1e-8 to 1e12. Where `φ(0) = 0`
 * its end `q* → 0` is the point `(1/φ'(0)², 0)`. Homogeneous activations have one point alone, at which every
 * q is fixed; q* is then the q asked for, or 1.
 *
 * `RangeError` with the reason and the nearest point where there is none.
 * Reference: Schoenholz et al. 2017, section 3, arXiv:1611.01232; Roberts, Yaida and Hanin 2022, ch. 5,
 * arXiv:2106.10165
 */
export function criticalPoints(phi: Nonlinearity, at: CriticalAt): readonly CriticalPoint[] {
  const [name, value] = wanted(at);
  refuseJumps('criticalPoints', phi);
  const line = criticalLine(phi);
  if (phi.homogeneous) return ofHomogeneous(phi, line, name, value);
  if (name === 'q') return [atQ(phi, line, value)];
  const found: CriticalPoint[] = [];
  if (name === 'sigmaB2') {
    if (value === 0 && line.atZero !== null) found.push(pointAtZero(line.atZero));
    for (const q of whereBiasIs(line, value)) found.push(pointAt(phi, line, q, { sigmaB2: value }));
  } else {
    if (line.atZero !== null && Math.abs(line.atZero / value - 1) <= 1e-14) {
      found.push(pointAtZero(line.atZero));
    }
    for (const q of whereWeightsAre(line, value)) {
      if (line.bias(q) >= 0) found.push(pointAt(phi, line, q, { sigmaW2: value }));
    }
  }
  if (found.length > 0) return found;
  throw noneAt(phi, line, name, value);
}

/**
 * The point of the edge of chaos whose fixed point is half-stable, `χ_q = χ₁ = 1`, the first one by ascending q*: signals that
 * are smaller approach it, larger ones grow away from it, or the reverse. `RangeError` where there is none,
 * as for odd activations at finite q.
 * Reference: Roberts, Yaida and Hanin 2022, section 5.3.4, arXiv:2106.10165
 */
export function halfStablePoint(phi: Nonlinearity): CriticalPoint {
  refuseJumps('halfStablePoint', phi);
  const line = criticalLine(phi);
  const excess = (logQ: number): number => {
    const q = Math.exp(logQ);
    try {
      const value = varianceSlope(phi, line.sigmaW2(q), q) - 1;
      return Math.abs(value) <= 1e-12 ? 0 : value;
    } catch (error) {
      if (error instanceof RangeError) return Number.NaN;
      throw error;
    }
  };
  if (!phi.homogeneous) {
    const scanned = scan(excess, Math.log(1e-4), Math.log(1e6), STEP);
    for (const logQ of roots(scanned, 0, 0)) {
      const q = Math.exp(logQ);
      if (line.bias(q) > 0) return pointAt(phi, line, q, {});
    }
  }
  throw new RangeError(
    `halfStablePoint: chi_q must cross 1 on the edge of chaos of ${phi.name} where sigmaB2 is positive, ` +
      `got none for q from 1e-4 to 1e6; use criticalPoints for points of other stability`,
  );
}

/**
 * The point of the edge of chaos with the smallest `σw²`. `RangeError` where there is none.
 * Reference: Schoenholz et al. 2017, section 3, arXiv:1611.01232
 */
export function smallestCritical(phi: Nonlinearity): CriticalPoint {
  refuseJumps('smallestCritical', phi);
  const line = criticalLine(phi);
  if (phi.homogeneous) return ofHomogeneous(phi, line, 'q', 1)[0];
  const ends = edges(line);
  if (line.atZero === null && ends.length === 0) throw nowhere('smallestCritical', phi, line);
  let q = 0;
  let sigmaW2 = line.atZero ?? Infinity;
  for (const end of ends) {
    if (line.sigmaW2(end) < sigmaW2) [q, sigmaW2] = [end, line.sigmaW2(end)];
  }
  return q === 0 ? pointAtZero(sigmaW2) : pointAt(phi, line, q, {});
}

function wanted(at: CriticalAt): [name: 'sigmaB2' | 'sigmaW2' | 'q', value: number] {
  const given = (['sigmaB2', 'sigmaW2', 'q'] as const).filter((name) => name in at);
  if (given.length !== 1) {
    throw new TypeError(
      `criticalPoints: one of sigmaB2, sigmaW2 and q must be given, got ${given.join(', ') || 'none'}`,
    );
  }
  const [name] = given;
  const value = (at as Readonly<Record<string, number>>)[name];
  const isFine = Number.isFinite(value) && (name === 'sigmaB2' ? value >= 0 : value > 0);
  if (!isFine) {
    const range = name === 'sigmaB2' ? 'finite and not negative' : 'positive and finite';
    throw new RangeError(`criticalPoints: ${name} must be ${range}, got ${value}`);
  }
  return [name, value];
}

function refuseJumps(where: string, { name, jumps = [] }: Nonlinearity): void {
  if (jumps.length === 0) return;
  throw new RangeError(
    `${where}: E f'(√q z)² must be finite, got an infinite one for ${name}, which jumps at ` +
      `${jumps.map(({ at }) => at).join(', ')}: gradients explode at every sigmaW2; take a continuous activation`,
  );
}

function pointAtZero(sigmaW2: number): CriticalPoint {
  return { sigmaW2, sigmaB2: 0, qStar: 0, chiQ: 1 };
}

function pointAt(
  phi: Nonlinearity,
  line: CriticalLine,
  q: number,
  exact: { readonly sigmaB2?: number; readonly sigmaW2?: number },
): CriticalPoint {
  const sigmaW2 = exact.sigmaW2 ?? line.sigmaW2(q);
  const sigmaB2 = exact.sigmaB2 ?? line.sigmaB2(q);
  return { sigmaW2, sigmaB2, qStar: q, chiQ: varianceSlope(phi, sigmaW2, q) };
}

function atQ(phi: Nonlinearity, line: CriticalLine, q: number): CriticalPoint {
  const bias = line.bias(q);
  if (bias >= 0) return pointAt(phi, line, q, {});
  if (Number.isNaN(bias)) {
    throw new RangeError(
      `criticalPoints: the moments of ${phi.name} at q = ${q} must be computable, got too fine a structure`,
    );
  }
  const ends = edges(line).sort((a, b) => Math.abs(Math.log(a / q)) - Math.abs(Math.log(b / q)));
  if (ends.length === 0) throw nowhere('criticalPoints', phi, line);
  const point = placeAt(line, ends[0]);
  throw new RangeError(
    `criticalPoints: sigmaB2 = q - E f(√q z)² / E f'(√q z)² must not be negative on the edge of chaos of ` +
      `${phi.name}, got ${shown(line.sigmaB2(q))} at q = ${q}; the nearest point is ${told(point)}`,
  );
}

function ofHomogeneous(
  phi: Nonlinearity,
  line: CriticalLine,
  name: 'sigmaB2' | 'sigmaW2' | 'q',
  value: number,
): readonly CriticalPoint[] {
  const sigmaW2 = line.sigmaW2(1);
  if (!Number.isFinite(sigmaW2)) {
    throw new RangeError(
      `criticalPoints: E f'(√q z)² must be positive, got 0 for ${phi.name}, which is 0 everywhere`,
    );
  }
  const isOn =
    name === 'q' || (name === 'sigmaB2' ? value === 0 : Math.abs(value / sigmaW2 - 1) <= 1e-14);
  if (isOn) return [{ sigmaW2, sigmaB2: 0, qStar: name === 'q' ? value : 1, chiQ: 1 }];
  throw new RangeError(
    `criticalPoints: ${phi.name} must have sigmaW2 = ${shown(sigmaW2)} and sigmaB2 = 0 to be critical, since ` +
      `its variance map is a line that only there keeps signals and gradients, got ${name} = ${value}`,
  );
}

const biasScans: WeakMap<object, Scan> = new WeakMap();

/** `σb²(q)/q` along the whole line. */
function biasScan(line: CriticalLine): Scan {
  let scanned = biasScans.get(line);
  if (scanned === undefined) {
    scanned = scan((logQ) => line.bias(Math.exp(logQ)), ...LOG_RANGE, STEP);
    biasScans.set(line, scanned);
  }
  return scanned;
}

/** All q > 0 with `σb²(q) = sigmaB2`. */
function whereBiasIs(line: CriticalLine, sigmaB2: number): number[] {
  if (sigmaB2 === 0) return isolatedZeros(biasScan(line)).map(Math.exp);
  // σb²(q) ≤ q, so that the search begins there.
  const low = Math.max(LOG_RANGE[0], Math.log(sigmaB2));
  const excess = (logQ: number): number => line.sigmaB2(Math.exp(logQ)) / sigmaB2 - 1;
  return roots(scan(excess, low, LOG_RANGE[1], STEP), 0, TOUCH).map(Math.exp);
}

/** Sign changes, but not points of a whole interval where the function is zero within rounding. */
function isolatedZeros({ f, x, y }: Scan): number[] {
  const found: number[] = [];
  let last = -1;
  for (let i = 0; i < x.length; i++) {
    if (y[i] === 0) continue;
    if (last >= 0 && y[i] * y[last] < 0) found.push(brent(f, x[last], x[i]));
    last = i;
  }
  return found;
}

/** All q > 0 with `σw²(q) = sigmaW2`, wherever σb² has either sign. */
function whereWeightsAre(line: CriticalLine, sigmaW2: number): number[] {
  const excess = (logQ: number): number => {
    const value = line.sigmaW2(Math.exp(logQ)) / sigmaW2 - 1;
    // At small q the line stands still to within rounding.
    return Math.abs(value) <= 1e-13 ? 0 : value;
  };
  const scanned = scan(excess, ...LOG_RANGE, STEP);
  const extrema = [...minima(scanned), ...maxima(scanned)].filter(({ y }) => Math.abs(y) > TOUCH);
  const points = scanned.x.map((x, i) => ({ x, y: scanned.y[i] })).concat(extrema);
  points.sort((a, b) => a.x - b.x);
  const x = points.map((point) => point.x);
  return isolatedZeros({ f: excess, x, y: points.map((point) => point.y) })
    .concat(touches(scanned))
    .sort((a, b) => a - b)
    .map(Math.exp);
}

function touches(scanned: Scan): number[] {
  return [...minima(scanned), ...maxima(scanned)]
    .filter(({ y }) => Math.abs(y) <= TOUCH)
    .map(({ x }) => x);
}

/** The q at which σw² or σb² can be extreme on the part of the line that exists: its ends and its turning points. */
function edges(line: CriticalLine): number[] {
  const bias = biasScan(line);
  const exists = (x: number): boolean => line.bias(Math.exp(x)) >= 0;
  const weights = scan((x) => Math.log(line.sigmaW2(Math.exp(x))), ...LOG_RANGE, STEP);
  const biases = scan((x) => line.sigmaB2(Math.exp(x)), ...LOG_RANGE, STEP);
  const all = [
    ...isolatedZeros(bias),
    ...[...minima(weights), ...maxima(weights), ...maxima(biases)].map(({ x }) => x),
  ];
  const ends = bias.x.length > 0 ? [bias.x[0], bias.x[bias.x.length - 1]] : [];
  const onLine = all.map((x) => (exists(x) ? x : justInside(line, x)));
  return [...onLine, ...ends.filter((x) => line.bias(Math.exp(x)) > 0)]
    .filter((x) => exists(x))
    .map(Math.exp);
}

/** A zero of σb² from Brent's method may lie on the wrong side of it by rounding. */
function justInside(line: CriticalLine, x: number): number {
  for (const size of [1e-15, 1e-14, 1e-13, 1e-12, 1e-11]) {
    for (const at of [x * (1 + size), x * (1 - size)]) {
      if (line.bias(Math.exp(at)) >= 0) return at;
    }
  }
  return x;
}

function noneAt(
  phi: Nonlinearity,
  line: CriticalLine,
  name: 'sigmaB2' | 'sigmaW2',
  value: number,
): RangeError {
  const points: Place[] = edges(line).map((q) => placeAt(line, q));
  if (line.atZero !== null) points.push(pointAtZero(line.atZero));
  if (points.length === 0) return nowhere('criticalPoints', phi, line);
  const distance = (point: Place): number => Math.abs(point[name] - value);
  const nearest = points.reduce((best, point) => (distance(point) < distance(best) ? point : best));
  return new RangeError(
    `criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of ${phi.name} with ` +
      `${name} = ${value}, got none for q up to 1e12; the nearest point is ${told(nearest)}`,
  );
}

function nowhere(where: string, phi: Nonlinearity, line: CriticalLine): RangeError {
  const { x, y } = biasScan(line);
  let best = 0;
  for (let i = 0; i < y.length; i++) if (y[i] > y[best]) best = i;
  const cause =
    y.length === 0
      ? `E f'(√q z)² is zero or cannot be computed for every q from 1e-8 to 1e12`
      : `sigmaB2 = q - E f(√q z)² / E f'(√q z)² is negative for every q from 1e-8 to 1e12, -${shown(-y[best])} q at best, at ` +
        `q = ${shown(Math.exp(x[best]))}: the mean of its output is too large`;
  const cure =
    y.length === 0 ? '' : '; subtract its mean, as a shaped activation does, or normalise';
  return new RangeError(
    `${where}: ${phi.name} must have a point on the edge of chaos, got none since ${cause}${cure}`,
  );
}

type Place = Omit<CriticalPoint, 'chiQ'>;

function placeAt(line: CriticalLine, q: number): Place {
  return { sigmaW2: line.sigmaW2(q), sigmaB2: line.sigmaB2(q), qStar: q };
}

function told({ sigmaW2, sigmaB2, qStar }: Place): string {
  return `sigmaW2 = ${shown(sigmaW2)}, sigmaB2 = ${shown(sigmaB2)} (q = ${shown(qStar)})`;
}

function shown(x: number): string {
  return String(Number(x.toPrecision(6)));
}
