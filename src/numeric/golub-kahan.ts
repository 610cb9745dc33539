import { tridiagonalEigen } from './tridiagonal.ts';

/** An upper bidiagonal matrix: `alpha` on the diagonal, `beta` above it. */
export interface Bidiagonal {
  readonly alpha: readonly number[];
  /** One less than `alpha`. */
  readonly beta: readonly number[];
  /** Whether the space holds all that A and its transpose make of the start. */
  readonly isComplete: boolean;
  /**
   * How far `uᵀ (A v)` and `(Aᵀ u)ᵀ v` are apart at most, relative to the largest number of B so far: some rounding where
   * both products are of the same matrix.
   */
  readonly disagreement: number;
}

/** Products of a matrix with vectors that stand one after another in a block. */
export type BlockProduct = (block: Float64Array, count: number) => Promise<Float64Array>;

/** A run from one start. */
interface Run {
  /** The vectors on the side of the start, each orthogonal to all others. */
  readonly basis: Float64Array[];
  readonly alpha: number[];
  readonly beta: number[];
  /** The last vector on the other side. */
  other: Float64Array;
  isComplete: boolean;
  apart: number;
}

/**
 * Golub–Kahan–Lanczos: `A V = U B` for each of several starts (the first columns of V, not 0), side by side, in
 * at most `steps` steps. `forward` gives `A v`, `backward` `Aᵀ u`. V is made orthogonal to all columns before,
 * twice, which keeps U so. What is at most `negligible` times the largest number of B counts as 0.
 * Reference: Golub and Kahan 1965, doi:10.1137/0702016; Simon and Zha 2000, doi:10.1137/S1064827597327309
 */
export async function golubKahan(
  forward: BlockProduct,
  backward: BlockProduct,
  starts: readonly Float64Array[],
  steps: number,
  negligible: number,
): Promise<readonly Bidiagonal[]> {
  const runs: Run[] = starts.map((start) => {
    const first = start.slice();
    scale(first, 1 / norm(first));
    return { basis: [first], alpha: [], beta: [], other: first, isComplete: false, apart: 0 };
  });
  for (;;) {
    const active = runs.filter(({ isComplete, alpha }) => !isComplete && alpha.length < steps);
    if (active.length === 0) break;
    await goForward(forward, active, negligible);
    const going = active.filter(({ isComplete, alpha }) => !isComplete && alpha.length < steps);
    await goBackward(backward, going, negligible);
  }
  return runs.map((run) => {
    const { alpha, beta, isComplete, apart } = run;
    return { alpha, beta, isComplete, disagreement: apart };
  });
}

const largest = ({ alpha, beta }: Run): number => Math.max(0, ...alpha, ...beta);

/** `α u = A v - β u'`. */
async function goForward(
  product: BlockProduct,
  runs: readonly Run[],
  negligible: number,
): Promise<void> {
  const made = await products(
    product,
    runs.map(({ basis }) => basis[basis.length - 1]),
  );
  for (const [index, run] of runs.entries()) {
    const u = made[index];
    const last = run.beta.length;
    if (last > 0) {
      subtract(u, run.beta[last - 1], run.other);
      makeOrthogonal(u, [run.other]);
    }
    const alpha = norm(u);
    const isNothing = alpha <= negligible * largest(run);
    run.alpha.push(isNothing ? 0 : alpha);
    if (isNothing) run.isComplete = true;
    else scale(u, 1 / alpha);
    run.other = u;
  }
}

/** `β v = Aᵀ u - α v'`, orthogonal to all v before. */
async function goBackward(
  product: BlockProduct,
  runs: readonly Run[],
  negligible: number,
): Promise<void> {
  if (runs.length === 0) return;
  const made = await products(
    product,
    runs.map(({ other }) => other),
  );
  for (const [index, run] of runs.entries()) {
    const v = made[index];
    const { basis, alpha } = run;
    const last = alpha[alpha.length - 1];
    // Where α is small, u is what rounding left of it, and need not be orthogonal to those before.
    if (last > largest(run) / 16) {
      const difference = Math.abs(dot(v, basis[basis.length - 1]) - last) / largest(run);
      run.apart = Math.max(run.apart, difference);
    }
    subtract(v, last, basis[basis.length - 1]);
    makeOrthogonal(v, basis);
    const beta = norm(v);
    if (beta <= negligible * largest(run) || basis.length === v.length) {
      run.isComplete = true;
      continue;
    }
    scale(v, 1 / beta);
    makeOrthogonal(v, basis);
    scale(v, 1 / norm(v));
    run.beta.push(beta);
    basis.push(v);
  }
}

async function products(
  product: BlockProduct,
  vectors: readonly Float64Array[],
): Promise<Float64Array[]> {
  const size = vectors[0].length;
  const block = new Float64Array(vectors.length * size);
  for (const [index, vector] of vectors.entries()) block.set(vector, index * size);
  const made = await product(block, vectors.length);
  const each = made.length / vectors.length;
  return vectors.map((_, index) => made.slice(index * each, (index + 1) * each));
}

/** A discrete law: `s` in ascending order with weights that add up to 1. */
export interface DiscreteLaw {
  readonly s: Float64Array;
  readonly weight: Float64Array;
  /** Whether the points are singular values of A themselves. */
  readonly isExact: boolean;
}

/**
 * The singular values of a bidiagonal matrix, and the squares of what their right vectors have of the start: Gauss
 * quadrature of the law of the singular values of A as the start sees them.
 * Reference: Golub and Meurant 2010, Matrices, Moments and Quadrature, chapter 6
 */
export function bidiagonalLaw({ alpha, beta, isComplete }: Bidiagonal): DiscreteLaw {
  const k = alpha.length;
  // [0 B; Bᵀ 0] with v and u in turn is tridiagonal; from the end, so that the start is the last element.
  const between = new Float64Array(2 * k - 1);
  for (let i = 0; i < k; i++) {
    between[2 * (k - 1 - i)] = alpha[i];
    if (i + 1 < k) between[2 * (k - 1 - i) - 1] = beta[i];
  }
  const { values, last } = tridiagonalEigen(new Float64Array(2 * k), between);
  const s = Float64Array.from({ length: k }, (_, i) => Math.max(values[k + i], 0));
  const weight = Float64Array.from(
    { length: k },
    (_, i) => last[k + i] * last[k + i] + last[k - 1 - i] * last[k - 1 - i],
  );
  return { s, weight, isExact: isComplete };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

function scale(a: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] *= factor;
}

function subtract(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
}

function makeOrthogonal(a: Float64Array, basis: readonly Float64Array[]): void {
  for (const b of basis) subtract(a, dot(a, b), b);
}
