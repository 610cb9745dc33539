import { brent } from '../../numeric/index.ts';
import type { Band, LawCurve } from './curve.ts';
import type { Atom, Density, Spectrum } from './spectrum.ts';

/** Range of `ln s` below the upper edge of a band that its points cover. */
const RANGE = 60;
/** Fraction of a band's mass below the first point where the band covers many powers of e. */
const TAIL = 1e-6;
/** Changes of `ln s` over a band from which points are spread evenly in `ln s` too. */
const WIDE = 5;
/** Mass below the first point of a band that reaches down to 0. */
const LEAST_MASS = 1e-10;
/** Largest step of the first table in the coordinate along a band. */
const STEP = 1 / 64;

/** The mean and the variance that a law has by its moments. */
export interface LawMoments {
  readonly mean: number;
  readonly variance: number;
}

/**
 * A law as data: edges, deciles, atoms, and the density at `points` points. These lie evenly in a coordinate of
 * which equal parts are s, the arcsine law's quantile of the mass and, where s covers powers of e, ln s, so that
 * no step of s nor of mass is large, and both get small at the edges. They go down to `e^-60` of the upper
 * edge: of a deep network a good part of the mass can lie below, which `cdf` tells.
 */
export function sampleLaw(
  curve: LawCurve,
  { mean, variance }: LawMoments,
  points: number,
): Spectrum {
  const bands = curve.bands
    .map((band) => measuredBand(curve, band))
    .filter((band) => band !== null);
  const atoms = curve.atoms.map(({ lnLambda, mass }) => ({ s: Math.exp(lnLambda / 2), mass }));
  const edges = [...atoms.map(({ s }) => s), ...bands.flatMap(({ sLow, sHigh }) => [sLow, sHigh])];
  const deciles: number[] = [];
  for (let tenth = 1; tenth < 10; tenth++) {
    // Beside an atom rounding could put the next one below the last.
    deciles.push(Math.max(deciles.at(-1) ?? 0, quantile(curve, bands, atoms, tenth / 10)));
  }
  return {
    sMax: Math.max(...edges),
    sMin: Math.min(...edges),
    mean,
    variance,
    deciles,
    atoms: merged(atoms),
    density: densityOf(curve, bands, points),
  };
}

/** A band with what lies at its ends. */
interface MeasuredBand extends Band {
  readonly sLow: number;
  readonly sHigh: number;
  /** Fractions of all singular values below the ends. */
  readonly cdfLow: number;
  readonly cdfHigh: number;
}

/** `null` where a band has no mass. */
function measuredBand(
  curve: LawCurve,
  { low, high, lnLeast = -Infinity }: Band,
): MeasuredBand | null {
  const top = curve.at(high);
  const cdfHigh = 1 - top.above;
  const sHigh = Math.exp(top.lnLambda / 2);
  if (low > -Infinity) {
    const bottom = curve.at(low);
    const cdfLow = 1 - bottom.above;
    if (!(cdfHigh - cdfLow > LEAST_MASS)) return null;
    return { low, high, sLow: Math.exp(bottom.lnLambda / 2), sHigh, cdfLow, cdfHigh };
  }
  const zero = curve.atoms.find(({ lnLambda }) => lnLambda === -Infinity)?.mass ?? 0;
  if (!(cdfHigh - zero > LEAST_MASS)) return null;
  let start = high - 5;
  while (start > -650 && 1 - curve.at(start).above - zero > LEAST_MASS) start -= 5;
  return { low: start, high, sLow: Math.exp(lnLeast / 2), sHigh, cdfLow: zero, cdfHigh };
}

/** The smallest s below or at which there is the fraction p of all singular values. */
function quantile(
  curve: LawCurve,
  bands: readonly MeasuredBand[],
  atoms: readonly Atom[],
  p: number,
): number {
  const sure = p - 1e-12;
  for (const { low, high, cdfLow, cdfHigh } of bands) {
    if (!(sure > cdfLow && sure < cdfHigh)) continue;
    const excess = (t: number): number => 1 - curve.at(t).above - p;
    if (!(excess(high) > 0)) return Math.exp(curve.at(high).lnLambda / 2);
    if (!(excess(low) < 0)) return Math.exp(curve.at(low).lnLambda / 2);
    return Math.exp(curve.at(brent(excess, low, high)).lnLambda / 2);
  }
  // Between two bands lies an atom.
  for (const { s, mass } of atoms) {
    const below = massBelow(bands, atoms, s);
    if (sure <= below + mass) return s;
  }
  return Math.max(...atoms.map(({ s }) => s), ...bands.map(({ sHigh }) => sHigh));
}

/** Mass of the bands and atoms below s, which lies in no band. */
function massBelow(bands: readonly MeasuredBand[], atoms: readonly Atom[], s: number): number {
  let sum = 0;
  for (const { sHigh, cdfLow, cdfHigh } of bands) if (sHigh <= s) sum += cdfHigh - cdfLow;
  for (const atom of atoms) if (atom.s < s) sum += atom.mass;
  return sum;
}

/** Atoms whose singular values are the same float64, such as 0, as one. */
function merged(atoms: readonly Atom[]): Atom[] {
  const all: Atom[] = [];
  for (const atom of atoms) {
    const last = all.at(-1);
    if (last?.s === atom.s) all[all.length - 1] = { s: atom.s, mass: last.mass + atom.mass };
    else all.push(atom);
  }
  return all;
}

function densityOf(curve: LawCurve, bands: readonly MeasuredBand[], points: number): Density {
  const s: number[] = [];
  const rho: number[] = [];
  const cdf: number[] = [];
  const mass = bands.reduce((sum, { cdfLow, cdfHigh }) => sum + cdfHigh - cdfLow, 0);
  const width = bands.reduce((sum, { sLow, sHigh }) => sum + sHigh - sLow, 0);
  let share = 0;
  const top = Math.max(...bands.map(({ sHigh }) => sHigh));
  for (const band of bands) {
    // Points are handed out so that those of all bands are `points` together.
    const before = Math.round(share * points);
    share += 0.5 * ((band.cdfHigh - band.cdfLow) / mass + (band.sHigh - band.sLow) / width);
    const count = Math.round(share * points) - before;
    if (!(band.sHigh > top * Math.exp(-RANGE))) continue;
    for (const t of placesOf(curve, band, top, count)) {
      const { lnLambda, density, above } = curve.at(t);
      const at = Math.exp(lnLambda / 2);
      if (!(at > (s.at(-1) ?? 0))) continue;
      s.push(at);
      rho.push(density / at);
      cdf.push(clamp(1 - above));
    }
  }
  return { s, rho, cdf };
}

/** Parameters of `count` points that lie evenly in the coordinate along a band, none at its ends. */
function placesOf(curve: LawCurve, band: MeasuredBand, top: number, count: number): number[] {
  const low = firstPlace(curve, band, Math.log(top) - RANGE);
  const start = curve.at(low);
  const cdfStart = low === band.low ? band.cdfLow : 1 - start.above;
  const lnStart = start.lnLambda / 2;
  const sStart = Math.exp(lnStart);
  const lnWidth = Math.log(band.sHigh) - lnStart;
  const coordinate = (t: number): number => {
    const { lnLambda, above } = curve.at(t);
    const mass = clamp((1 - above - cdfStart) / (band.cdfHigh - cdfStart));
    const byMass = (2 / Math.PI) * Math.asin(Math.sqrt(mass));
    const byS = clamp((Math.exp(lnLambda / 2) - sStart) / (band.sHigh - sStart));
    if (lnWidth < WIDE) return (byMass + byS) / 2;
    return (byMass + byS + clamp((lnLambda / 2 - lnStart) / lnWidth)) / 3;
  };
  // u is between 0 and 1; t bends so that edges like square roots become smooth.
  const parameter = (u: number): number =>
    low + (band.high - low) * 0.5 * (1 - Math.cos(Math.PI * u));
  const table: [u: number, y: number][] = [[0, 0]];
  const waiting: [u: number, y: number][] = [[1, 1]];
  for (let k = 31; k > 0; k--) waiting.push([k / 32, coordinate(parameter(k / 32))]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const last = table[table.length - 1];
    if (next[1] - last[1] > STEP && next[0] - last[0] > 1e-9) {
      const u = 0.5 * (last[0] + next[0]);
      waiting.push(next, [u, coordinate(parameter(u))]);
    } else {
      table.push([next[0], Math.max(next[1], last[1])]);
    }
  }
  const places: number[] = [];
  let cell = 0;
  for (let k = 0; k < count; k++) {
    const y = (k + 0.5) / count;
    while (cell + 2 < table.length && table[cell + 1][1] < y) cell++;
    const [[u0, y0], [u1, y1]] = [table[cell], table[cell + 1]];
    const u = y1 > y0 ? u0 + ((y - y0) / (y1 - y0)) * (u1 - u0) : u1;
    places.push(parameter(u));
  }
  return places;
}

/** Where the points of a band begin: not far below the upper edge of all, nor where there is hardly any mass. */
function firstPlace(
  curve: LawCurve,
  { low, high, cdfLow, cdfHigh }: MeasuredBand,
  lnLeast: number,
): number {
  const top = curve.at(high).lnLambda;
  const beyond = (t: number): number => curve.at(t).lnLambda - 2 * lnLeast;
  let start = beyond(low) < 0 ? brent(beyond, low, high, 1e-9) : low;
  if (top - curve.at(start).lnLambda < 2 * WIDE) return low;
  const target = cdfLow + TAIL * (cdfHigh - cdfLow);
  const excess = (t: number): number => 1 - curve.at(t).above - target;
  if (excess(start) < 0 && excess(high) > 0) start = brent(excess, start, high, 1e-9);
  return start;
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x));
