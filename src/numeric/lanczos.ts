import { tridiagonalEigen } from './tridiagonal.ts';

/** What a Krylov space says about the ends of a spectrum. */
export interface Ends {
  /** The least and the largest Ritz value: the spectrum reaches at least from one to the other. */
  readonly low: number;
  readonly high: number;
  /** `‖A v - θ v‖` of the two Ritz pairs: so far from θ there is an eigenvalue. */
  readonly residual: number;
  /** Dimension of the space; less than asked for where it holds the start with everything that A makes of it. */
  readonly steps: number;
}

/**
 * The ends of the spectrum of a symmetric operator from a Krylov space of at most `steps` dimensions, every
 * vector being made orthogonal to all before, twice. `apply` gives `A v`, which it must leave to its caller.
 * Reference: Golub and Van Loan 2013, Matrix Computations, section 10.1
 */
export function lanczos(
  apply: (v: Float64Array) => Float64Array,
  start: Float64Array,
  steps: number,
): Ends {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let next = scaled(start, 1 / norm(start));
  const most = Math.min(steps, start.length);
  let rest = 0;
  while (basis.length < most) {
    const v = next;
    basis.push(v);
    const w = apply(v);
    diagonal.push(dot(v, w));
    makeOrthogonal(w, basis);
    rest = norm(w);
    if (rest === 0) break;
    next = scaled(w, 1 / rest);
    makeOrthogonal(next, basis);
    const left = norm(next);
    // What the second pass takes half of was nothing but rounding: the space is complete.
    if (left < 0.5) {
      rest = 0;
      break;
    }
    beside.push(rest);
    next = scaled(next, 1 / left);
  }
  if (basis.length === start.length) rest = 0;
  const { values, last } = tridiagonalEigen(diagonal, beside);
  const count = values.length;
  return {
    low: values[0],
    high: values[count - 1],
    residual: rest * Math.max(Math.abs(last[0]), Math.abs(last[count - 1])),
    steps: count,
  };
}

/**
 * How much of the width of a spectrum can lie beyond a Ritz value at each end, but for the `chance` that a
 * start of uniformly random direction in n dimensions was too unlucky; 1 where nothing can be said.
 * Reference: Kuczyński and Woźniakowski 1992, theorem 4.2, doi:10.1137/0613066
 */
export function lanczosShortfall(n: number, steps: number, chance: number): number {
  if (steps >= n) return 0;
  const root = Math.log((1.648 * Math.sqrt(n)) / chance) / (2 * steps - 1);
  return Math.min(1, root * root);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function scaled(a: Float64Array, factor: number): Float64Array {
  return a.map((value) => factor * value);
}

function makeOrthogonal(a: Float64Array, basis: readonly Float64Array[]): void {
  for (const b of basis) {
    const factor = dot(a, b);
    for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
  }
}
