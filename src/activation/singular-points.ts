import { coefficientsAtRoots } from '../numeric/index.ts';

/** Where a function is not smooth, and by how much it jumps there: 0 at a kink. */
export interface SingularPoint {
  readonly at: number;
  readonly height: number;
}

/** What a search for singular points finds. */
export interface Smoothness {
  /** Ascending. */
  readonly points: readonly SingularPoint[];
  /** Ascending ends of cells on which polynomials of degree 15 do. */
  readonly cells: readonly number[];
  /** Whether they still do beyond, on cells whose width is a sixteenth of the argument. */
  readonly isSmoothBeyond: boolean;
}

/** Arguments up to which singular points are looked for. */
export const SEARCHED = 128;

const DEGREE = 15;

/** What the last coefficients of a resolved cell are below, relative to its values. */
const RESOLVED = 1e-11;

/** A cell of this width that is not resolved holds a singular point. */
const NARROW = 2 ** -12;

/** Cells and points after which a function counts as rough. */
const MOST_CELLS = 60_000;
const MOST_POINTS = 600;

/** Ends of the first cells on the positive side: from wide to wider. */
const FIRST: readonly number[] = [
  ...Array.from({ length: 32 }, (_, i) => i / 4),
  ...Array.from({ length: 56 }, (_, i) => 8 + i),
  ...Array.from({ length: 33 }, (_, i) => 64 + 2 * i),
];

/**
 * The jumps and kinks of a function of one variable in [-128, 128]: cells on which a polynomial of degree 15 does not
 * do are halved; one that is still unresolved at a width of 2⁻¹² holds a singular point, a jump that halving on finds to
 * the last digit, or a kink where the polynomials of both sides meet. A jump of the third derivative or a
 * higher one is not found and does quadrature no harm. `RangeError` for a function that is rough or has a pole.
 */
export function smoothnessOf(name: string, f: (x: number) => number): Smoothness {
  const floor = 64 * Number.EPSILON * sizeNearZero(f);
  const ends = [...FIRST.slice(1).map((x) => -x), ...FIRST].sort((a, b) => a - b);
  const pending = ends.slice(1).reverse();
  const cells = [ends[0]];
  const narrow: [low: number, high: number][] = [];
  for (let high = pending.pop(); high !== undefined; high = pending.pop()) {
    const low = cells[cells.length - 1];
    const isFine = isResolved(f, low, high, floor);
    if (!isFine && high - low > NARROW * Math.max(1, Math.abs(low) / 64)) {
      pending.push(high, 0.5 * (low + high));
      continue;
    }
    cells.push(high);
    if (!isFine) narrow.push([low, high]);
    // A singular point at the end of a cell shows in neither neighbour.
    const beside = [high - 0.6 * NARROW, high + 0.4 * NARROW] as const;
    if (pending.length > 0 && !isResolved(f, ...beside, floor)) narrow.push([...beside]);
    if (cells.length > MOST_CELLS || narrow.length > MOST_POINTS) {
      throw new RangeError(
        `nonlinearity: ${name} must be smooth but for single kinks and jumps, got a function that is rough ` +
          `near x = ${low}`,
      );
    }
  }
  const points = narrow.map(([low, high]) => locate(name, f, low, high));
  points.sort((a, b) => a.at - b.at);
  return {
    points: points.filter(({ at }, i) => i === 0 || at - points[i - 1].at > NARROW),
    cells,
    isSmoothBeyond: [1, 3, 8, 64].every((far) => {
      const [from, to] = [SEARCHED * far, SEARCHED * far * (1 + 1 / 16)];
      return isResolved(f, from, to, floor) && isResolved(f, -to, -from, floor);
    }),
  };
}

function sizeNearZero(f: (x: number) => number): number {
  let size = 0;
  for (let x = -2; x <= 2; x += 1 / 16) size = Math.max(size, Math.abs(f(x)));
  return size;
}

function isResolved(f: (x: number) => number, low: number, high: number, floor: number): boolean {
  const middle = 0.5 * (low + high);
  const values: number[] = [];
  let size = 0;
  for (let j = 0; j <= DEGREE; j++) {
    const t = Math.cos((Math.PI * (j + 0.5)) / (DEGREE + 1));
    const value = f(middle + 0.5 * (high - low) * t);
    // Overflow far out is a matter of how large signals are.
    if (!Number.isFinite(value)) return true;
    values.push(value);
    size = Math.max(size, Math.abs(value));
  }
  const coefficients = coefficientsAtRoots(values);
  const tail = Math.max(...coefficients.subarray(DEGREE - 3).map(Math.abs));
  // Arguments are rounded too, which moves a value by its slope.
  const far = Math.max(1, Math.abs(low), Math.abs(high));
  const slope = (16 * Number.EPSILON * far * Math.abs(values[0] - values[DEGREE])) / (high - low);
  return tail <= RESOLVED * size + floor * far + slope;
}

/** The singular point of a narrow cell. */
function locate(name: string, f: (x: number) => number, low: number, high: number): SingularPoint {
  const width = high - low;
  const left = parabola(f, low - width, low - 1e-3 * width);
  const right = parabola(f, high + width, high + 1e-3 * width);
  const gap = (x: number): number => right(x) - left(x);
  const gaps = [gap(low), gap(0.5 * (low + high)), gap(high)];
  const sizes = gaps.map(Math.abs);
  const isJump = gaps[0] * gaps[2] > 0 && Math.min(...sizes) > 0.5 * Math.max(...sizes);
  if (!isJump) {
    refusePole(name, f, left, right, low, high);
    refuseCusp(name, f, low, high);
    return { at: meeting(gap, low, high), height: 0 };
  }
  let [a, b] = [low, high];
  for (let x = 0.5 * (a + b); x > a && x < b; x = 0.5 * (a + b)) {
    if (Math.abs(f(x) - left(x)) <= Math.abs(f(x) - right(x))) a = x;
    else b = x;
  }
  refusePole(name, f, left, right, low, high, 0.5 * (a + b));
  const at = Math.abs(a) < 1e-300 || String(a).length <= String(b).length ? a : b;
  return { at: Math.abs(at) < 1e-300 ? 0 : at, height: gap(at) };
}

/** The parabola through `f` at two points and half-way between. */
function parabola(f: (x: number) => number, from: number, to: number): (x: number) => number {
  const middle = 0.5 * (from + to);
  const half = 0.5 * (to - from);
  const [y0, y1, y2] = [f(from), f(middle), f(to)];
  return (x) => {
    const t = (x - middle) / half;
    return y1 + 0.5 * t * (y2 - y0 + t * (y2 - 2 * y1 + y0));
  };
}

/** Where the two sides meet: the zero of their difference, else where it is smallest, as a short decimal. */
function meeting(gap: (x: number) => number, low: number, high: number): number {
  let best = low;
  const [gLow, gMiddle, gHigh] = [gap(low), gap(0.5 * (low + high)), gap(high)];
  // At a kink the difference is a line; at a jump of the second derivative it is a parabola that touches 0.
  const bend = Math.abs(gMiddle - 0.5 * (gLow + gHigh));
  const isKink = gLow * gHigh < 0 && bend < 0.1 * Math.max(Math.abs(gLow), Math.abs(gHigh));
  if (isKink) {
    let [a, b] = [low, high];
    for (let step = 0; step < 60; step++) {
      best = 0.5 * (a + b);
      if (gap(best) * gap(low) > 0) a = best;
      else b = best;
    }
    return short(best, 1e-11 * Math.max(1, Math.abs(best)));
  }
  for (let i = 0; i <= 64; i++) {
    const x = low + ((high - low) * i) / 64;
    if (Math.abs(gap(x)) < Math.abs(gap(best))) best = x;
  }
  return short(best, 0.05 * (high - low));
}

/** The number of fewest digits within `tolerance`. */
function short(x: number, tolerance: number): number {
  if (Math.abs(x) <= tolerance) return 0;
  for (let digits = 1; digits < 16; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (Math.abs(candidate - x) <= tolerance) return candidate;
  }
  return x;
}

function refusePole(
  name: string,
  f: (x: number) => number,
  left: (x: number) => number,
  right: (x: number) => number,
  low: number,
  high: number,
  at: number = 0.5 * (low + high),
): void {
  const expected = [low, high, at].map((x) => Math.max(Math.abs(left(x)), Math.abs(right(x))));
  const most = 4 * Math.max(...expected) + 4 * Math.abs(f(low)) + 4 * Math.abs(f(high));
  for (let x = low; x <= high; x += (high - low) / 256) refuse(x);
  for (let step = high - low; step > 1e-300 && at + step !== at; step *= 0.5) {
    for (const x of [at - step, at + step]) if (x >= low && x <= high) refuse(x);
  }
  function refuse(x: number): void {
    if (Math.abs(f(x)) <= most) return;
    throw new RangeError(
      `nonlinearity: f of ${name} must be bounded near every x for E f(√q z)² to be finite, got a pole: ` +
        `f(${x}) = ${f(x)}`,
    );
  }
}

/** Steps inside a narrow cell over which slopes are compared. */
const STEPS = 256;

/** A slope that grows towards a point, as that of `√|x|` does, makes `E φ'²` infinite or not computable. */
function refuseCusp(name: string, f: (x: number) => number, low: number, high: number): void {
  const step = (high - low) / STEPS;
  const slope = (x: number, width: number): number => Math.abs(f(x + width) - f(x)) / width;
  const beside = slope(low - 64 * step, 64 * step) + slope(high, 64 * step);
  const rounding = (64 * Number.EPSILON * Math.abs(f(low))) / step;
  for (let i = 0; i < STEPS; i++) {
    const x = low + i * step;
    if (slope(x, step) <= 4 * beside + rounding) continue;
    throw new RangeError(
      `nonlinearity: f of ${name} must have a bounded slope for E f'(√q z)² to be finite, got a cusp near ` +
        `x = ${Number(x.toPrecision(3))}`,
    );
  }
}
