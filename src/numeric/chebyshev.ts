/** A polynomial `Σ cₖ Tₖ(t)` on `[low, high]`, `t = (2x - low - high) / (high - low)`. */
export interface Chebyshev {
  readonly low: number;
  readonly high: number;
  readonly coefficients: Float64Array;
}

/** Degrees that are tried one after another; each has the nodes of the one before. */
const DEGREES = [16, 32, 64, 128, 256, 512] as const;

/**
 * The Chebyshev interpolant of a smooth function on `[low, high]`, of the least degree of 16, 32, … 512 whose
 * last eighth of coefficients is below `tolerance` times the largest value; `f` is called once per node.
 * Of degree 512 if that is not enough.
 * Reference: Trefethen 2013, Approximation Theory and Approximation Practice, ch. 3 and 4
 */
export function chebyshev(
  f: (x: number) => number,
  low: number,
  high: number,
  tolerance: number = 1e-13,
): Chebyshev {
  let values: number[] = [];
  let coefficients: Float64Array = new Float64Array();
  for (const degree of DEGREES) {
    const known = values;
    values = Array.from({ length: degree + 1 }, (_, j) =>
      known.length > 0 && j % 2 === 0
        ? known[j / 2]
        : f(nodeBetween(low, high, Math.cos((Math.PI * j) / degree))),
    );
    coefficients = coefficientsOf(values);
    let size = 0;
    for (const value of values) size = Math.max(size, Math.abs(value));
    const tail = coefficients.subarray((degree * 7) / 8);
    if (tail.every((c) => Math.abs(c) <= tolerance * size)) break;
  }
  return { low, high, coefficients: trimmed(coefficients) };
}

/** The point of `[low, high]` at `t` of `[-1, 1]`, exact at the ends. */
function nodeBetween(low: number, high: number, t: number): number {
  return 0.5 * ((1 - t) * low + (1 + t) * high);
}

/** Coefficients of the polynomial through values at `cos(πj/n)`, `j = 0 … n`. */
export function coefficientsOf(values: readonly number[]): Float64Array {
  const n = values.length - 1;
  const cosines = Float64Array.from({ length: 2 * n }, (_, m) => Math.cos((Math.PI * m) / n));
  return Float64Array.from({ length: n + 1 }, (_, k) => {
    let sum = 0.5 * (values[0] + (k % 2 === 0 ? values[n] : -values[n]));
    for (let j = 1; j < n; j++) sum += values[j] * cosines[(j * k) % (2 * n)];
    return ((k === 0 || k === n ? 1 : 2) / n) * sum;
  });
}

const COSINES: Map<number, Float64Array> = new Map();

/**
 * Coefficients of the polynomial through values at the roots `cos(π(j + ½)/n)`, `j = 0 … n - 1`, of `Tₙ`, none of which is
 * an end of the interval.
 */
export function coefficientsAtRoots(values: readonly number[]): Float64Array {
  const n = values.length;
  const cosines =
    COSINES.get(n) ??
    Float64Array.from({ length: 4 * n }, (_, m) => Math.cos((Math.PI * m) / (2 * n)));
  COSINES.set(n, cosines);
  return Float64Array.from({ length: n }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += values[j] * cosines[((2 * j + 1) * k) % (4 * n)];
    return ((k === 0 ? 1 : 2) / n) * sum;
  });
}

/** Without the coefficients at the end that rounding alone has made. */
function trimmed(coefficients: Float64Array): Float64Array {
  let size = 0;
  for (const c of coefficients) size = Math.max(size, Math.abs(c));
  let length = coefficients.length;
  while (length > 1 && Math.abs(coefficients[length - 1]) <= 1e-16 * size) length -= 1;
  return coefficients.slice(0, length);
}

/** The value of the polynomial at `x`, by Clenshaw's recurrence. */
export function chebyshevAt({ low, high, coefficients }: Chebyshev, x: number): number {
  const t = (x - low - (high - x)) / (high - low);
  let next = 0;
  let current = 0;
  for (let k = coefficients.length - 1; k > 0; k--) {
    const previous = 2 * t * current - next + coefficients[k];
    next = current;
    current = previous;
  }
  return t * current - next + coefficients[0];
}

/** The derivative of a polynomial, as another one. */
export function chebyshevDerivative({ low, high, coefficients }: Chebyshev): Chebyshev {
  const n = coefficients.length - 1;
  const derivative = new Float64Array(Math.max(1, n));
  for (let k = n; k > 0; k--) {
    derivative[k - 1] = (derivative[k + 1] ?? 0) + 2 * k * coefficients[k];
  }
  derivative[0] *= 0.5;
  const scale = 2 / (high - low);
  return { low, high, coefficients: derivative.map((c) => c * scale) };
}

/** The antiderivative of a polynomial that has the value `atLow` at the low end, as another one. */
export function chebyshevIntegral(polynomial: Chebyshev, atLow: number = 0): Chebyshev {
  const { low, high, coefficients } = polynomial;
  const n = coefficients.length;
  const scale = 0.5 * (high - low);
  const integral = new Float64Array(n + 1);
  let rest = 0;
  for (let k = 1; k <= n; k++) {
    const before = (k === 1 ? 2 : 1) * coefficients[k - 1];
    integral[k] = (scale * (before - (coefficients[k + 1] ?? 0))) / (2 * k);
    rest += k % 2 === 0 ? integral[k] : -integral[k];
  }
  integral[0] = atLow - rest;
  return { low, high, coefficients: integral };
}
