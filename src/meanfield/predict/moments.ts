/**
 * Second moments of a value of the network, over its units and over the weights. A pair is the same unit
 * of two inputs, of two positions (pixels, tokens) of one input, or of two positions of two inputs;
 * positions are taken to be far apart. A value without positions is the same at all: `p = q`, `r = k`.
 */
export interface Moments {
  /** `E x`. */
  readonly mean: number;
  /** `E x²`. */
  readonly q: number;
  /** `E x x'` of two inputs at one position. */
  readonly k: number;
  /** `E x x'` of two positions of one input. */
  readonly p: number;
  /** `E x x'` of two positions of two inputs. */
  readonly r: number;
}

/** The moments of a number that is the same everywhere. */
export function constantMoments(value: number): Moments {
  const square = value * value;
  return { mean: value, q: square, k: square, p: square, r: square };
}

/** All second moments by one function of each. */
export function mapPairs(moments: Moments, pair: (x: number) => number, mean: number): Moments {
  const { q, k, p, r } = moments;
  return { mean, q: pair(q), k: pair(k), p: pair(p), r: pair(r) };
}

/** The moments of `a x + b`. */
export function affineMoments(moments: Moments, a: number, b: number): Moments {
  const cross = 2 * a * b * moments.mean + b * b;
  return mapPairs(moments, (x) => a * a * x + cross, a * moments.mean + b);
}

/** The moments of the sum of independent values. */
export function sumMoments(left: Moments, right: Moments): Moments {
  const cross = 2 * left.mean * right.mean;
  return {
    mean: left.mean + right.mean,
    q: left.q + right.q + cross,
    k: left.k + right.k + cross,
    p: left.p + right.p + cross,
    r: left.r + right.r + cross,
  };
}

/** The moments of the product of independent values. */
export function productMoments(left: Moments, right: Moments): Moments {
  return {
    mean: left.mean * right.mean,
    q: left.q * right.q,
    k: left.k * right.k,
    p: left.p * right.p,
    r: left.r * right.r,
  };
}

/** The moments of an element picked from several values with these shares. */
export function mixtureMoments(parts: readonly (readonly [Moments, number])[]): Moments {
  const whole = parts.reduce((sum, [, share]) => sum + share, 0);
  const average = (of: keyof Moments): number =>
    parts.reduce((sum, [moments, share]) => sum + share * moments[of], 0) / whole;
  return {
    mean: average('mean'),
    q: average('q'),
    k: average('k'),
    p: average('p'),
    r: average('r'),
  };
}

/** The moments of a value that has lost its positions. */
export function withoutPositions(moments: Moments): Moments {
  return { ...moments, p: moments.q, r: moments.k };
}

/** The moments of the average of `count` positions: `q → p + (q - p) / count`, `k → r + (k - r) / count`. */
export function averagedMoments(moments: Moments, count: number): Moments {
  const { mean, q, k, p, r } = moments;
  return { mean, q: p + (q - p) / count, k: r + (k - r) / count, p, r };
}
