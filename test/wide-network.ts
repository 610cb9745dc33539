import { fillNormal, fold, type Key } from '../src/random/index.ts';

// Random wide layers for tests that compare a prediction with a simulation.

/** `count` independent normal numbers of this variance. */
export function normals(key: Key, name: string, count: number, variance: number = 1): Float64Array {
  const values = new Float64Array(count);
  fillNormal(fold(key, name), values, 0, Math.sqrt(variance));
  return values;
}

/** `y = W x` for a row-major `W` of as many columns as `x` has elements. */
export function times(w: Float64Array, x: Float64Array): Float64Array {
  const columns = x.length;
  return Float64Array.from({ length: w.length / columns }, (_, row) => {
    let sum = 0;
    for (let j = 0, at = row * columns; j < columns; j++, at++) sum += w[at] * x[j];
    return sum;
  });
}

/** `y = Wᵀ g` for a row-major `W` of as many rows as `g` has elements. */
export function timesTransposed(w: Float64Array, g: Float64Array): Float64Array {
  const columns = w.length / g.length;
  const y = new Float64Array(columns);
  for (let i = 0, at = 0; i < g.length; i++) {
    for (let j = 0; j < columns; j++, at++) y[j] += w[at] * g[i];
  }
  return y;
}

/** `(1/n) Σ x_i y_i`. */
export function meanProduct(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum / x.length;
}

/** Two vectors of second moment close to `p` and correlation close to `c`. */
export function inputPair(key: Key, n: number, p: number, c: number): [Float64Array, Float64Array] {
  const x = normals(key, 'x', n);
  const other = normals(key, 'other', n);
  // Made exact, so that only the network is random: |x|² = n p and orthogonal parts.
  const own = Math.sqrt(p / meanProduct(x, x));
  const first = x.map((value) => value * own);
  const overlap = meanProduct(first, other) / p;
  const rest = other.map((value, i) => value - overlap * first[i]);
  const scale = Math.sqrt(((1 - c * c) * p) / meanProduct(rest, rest));
  return [first, first.map((value, i) => c * value + scale * rest[i])];
}

/** Mean of independent samples and its standard error. */
export function meanAndError(samples: readonly number[]): { mean: number; error: number } {
  const n = samples.length;
  const mean = samples.reduce((sum, x) => sum + x, 0) / n;
  const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return { mean, error: Math.sqrt(variance / n) };
}
