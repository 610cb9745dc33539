import {
  lanczos,
  lanczosShortfall,
  productTransposed,
  singularValues,
  transposed,
} from '../numeric/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import type { Block } from './symbol.ts';

/** The ends of the singular values of a list of matrices. */
export interface Spectrum {
  /** Smallest and largest of the min(m, n) singular values of each matrix, over all of them. */
  readonly sMin: number;
  readonly sMax: number;
  /**
   * Between these lie all singular values, rounding included; those of a convolution at every
   * frequency, thus for images of every size. By `lanczos` with probability 1 - 2e-6.
   */
  readonly interval: readonly [low: number, high: number];
  /**
   * `exact`: from all singular values, to rounding. `lanczos`: an estimate from the inside,
   * sMin from above and sMax from below.
   */
  readonly method: 'exact' | 'lanczos';
  /** `‖(WᵀW / c - θ) v‖` of the Ritz vectors, c the mean of the squared singular values; 0 if exact. */
  readonly residual: number;
  /** Largest element of `|WᵀW / c - I|` on the shorter side of W; `null` where it is not computed. */
  readonly orthogonality: number | null;
}

/** How many matrices there are, real and complex ones, all of `long × short`. */
export interface Sizes {
  readonly long: number;
  readonly short: number;
  readonly real: number;
  readonly complex: number;
}

/** The matrices themselves. */
export interface Matrices extends Sizes {
  /** Mean of the squared singular values. */
  readonly mean2: number;
  readonly blocks: () => Iterable<Block>;
}

/** Vectors in a Krylov space. */
const STEPS = 32;
/** How likely the random start may be to deceive about one end. */
const CHANCE = 1e-6;

/** Operations that `spectrumOf` takes: to find all singular values, and by Lanczos. */
export function spectrumCost({ long, short, real, complex }: Sizes): {
  readonly exact: number;
  readonly lanczos: number;
} {
  const dimension = short * (real + 2 * complex);
  return {
    exact: 5 * long * short ** 2 * (real + 8 * complex),
    lanczos: STEPS * (4 * long * short * (real + 4 * complex) + 4 * STEPS * dimension),
  };
}

/**
 * The ends of the singular values: exact where that takes at most `exactCost` operations. With `reach` 1 the
 * interval is that of the matrices themselves; for matrices that are values of a symbol it is the factor by
 * which the Gram symbol can leave the range of its values elsewhere.
 */
export function spectrumOf(matrices: Matrices, reach: number, exactCost: number): Spectrum {
  const { long, short, mean2 } = matrices;
  if (mean2 === 0) {
    return {
      sMin: 0,
      sMax: 0,
      interval: [0, 0],
      method: 'exact',
      residual: 0,
      orthogonality: null,
    };
  }
  const isExact = spectrumCost(matrices).exact <= exactCost;
  const { sMin, sMax, beyond, ...rest } = isExact ? exactEnds(matrices) : krylovEnds(matrices);
  const [low, high] = [sMin ** 2 / mean2, sMax ** 2 / mean2];
  // Sums of so many products, twice as many where they are complex.
  const rounding = 4 * (long + short) * 2 ** -52;
  const half = reach * ((high - low) / 2 + beyond) + rounding * high;
  const middle = (high + low) / 2;
  const root = (square: number): number => Math.sqrt(mean2 * Math.max(square, 0));
  const interval =
    reach === 1 && beyond === 0
      ? ([Math.max(sMin - rounding * sMax, 0), sMax + rounding * sMax] as const)
      : ([root(middle - half), root(middle + half)] as const);
  return { sMin, sMax, interval, ...rest };
}

interface Ends extends Omit<Spectrum, 'interval'> {
  /** How far the squares of singular values may lie beyond those of the ends, in units of their mean. */
  readonly beyond: number;
}

function exactEnds({ blocks, mean2 }: Matrices): Ends {
  let [sMin, sMax] = [Infinity, 0];
  let orthogonality = 0;
  for (const { long, short, re, im } of blocks()) {
    const [m, n] = im === null ? [long, short] : [2 * long, 2 * short];
    const matrix = im === null ? Float64Array.from(re) : realOf(re, im, long, short);
    const all = singularValues(matrix, m, n);
    sMin = Math.min(sMin, all[0]);
    sMax = Math.max(sMax, all[n - 1]);
    const columns = transposed(matrix, m, n);
    const gram = productTransposed(columns, columns, n, n, m);
    for (let i = 0; i < gram.length; i++) {
      const one = i % (n + 1) === 0 ? 1 : 0;
      orthogonality = Math.max(orthogonality, Math.abs(gram[i] / mean2 - one));
    }
  }
  return { sMin, sMax, beyond: 0, method: 'exact', residual: 0, orthogonality };
}

/** `[Re, -Im; Im, Re]`, which has the singular values of `Re + i Im`, each twice. */
function realOf(
  re: Float32Array | Float64Array,
  im: Float64Array,
  long: number,
  short: number,
): Float64Array {
  const all = new Float64Array(4 * long * short);
  for (let r = 0; r < long; r++) {
    const upper = 2 * r * short;
    const lower = upper + 2 * long * short;
    for (let s = 0; s < short; s++) {
      all[upper + s] = re[r * short + s];
      all[upper + short + s] = -im[r * short + s];
      all[lower + s] = im[r * short + s];
      all[lower + short + s] = re[r * short + s];
    }
  }
  return all;
}

/** Lanczos on `WᵀW / c - I` of all matrices as one: where W is near an isometry, all that it sees is how near. */
function krylovEnds({ blocks, mean2, short, real, complex }: Matrices): Ends {
  const dimension = short * (real + 2 * complex);
  const held = [...blocks()];
  const start = new Float64Array(dimension);
  fillNormal(fold(key(0), 'certificate/start'), start, 0, 1);
  const apply = (v: Float64Array): Float64Array => {
    const out = new Float64Array(dimension);
    let at = 0;
    for (const block of held) {
      const size = block.im === null ? short : 2 * short;
      const [x, y] = [v.subarray(at, at + size), out.subarray(at, at + size)];
      if (block.im === null) addGram(block, x, y);
      else addComplexGram(block, block.im, x, y);
      at += size;
    }
    for (let i = 0; i < dimension; i++) out[i] = out[i] / mean2 - v[i];
    return out;
  };
  const { low, high, residual, steps } = lanczos(apply, start, STEPS);
  const shortfall = residual === 0 ? 0 : lanczosShortfall(dimension, steps, CHANCE);
  // The whole width w is at most the width seen and the shortfalls ε w of both ends.
  const beyond = (shortfall * (high - low)) / (1 - 2 * shortfall);
  const root = (deviation: number): number => Math.sqrt(mean2 * Math.max(1 + deviation, 0));
  return {
    sMin: root(low),
    sMax: root(high),
    beyond,
    method: 'lanczos',
    residual,
    orthogonality: null,
  };
}

/** `y += AᵀA x`, four rows at a time. */
function addGram({ long, short, re }: Block, x: Float64Array, y: Float64Array): void {
  let r = 0;
  for (; r + 4 <= long; r += 4) {
    const r0 = r * short;
    const r1 = r0 + short;
    const r2 = r1 + short;
    const r3 = r2 + short;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < short; j++) {
      const value = x[j];
      s0 += re[r0 + j] * value;
      s1 += re[r1 + j] * value;
      s2 += re[r2 + j] * value;
      s3 += re[r3 + j] * value;
    }
    for (let j = 0; j < short; j++) {
      y[j] += re[r0 + j] * s0 + re[r1 + j] * s1 + (re[r2 + j] * s2 + re[r3 + j] * s3);
    }
  }
  for (; r < long; r++) {
    let sum = 0;
    for (let j = 0; j < short; j++) sum += re[r * short + j] * x[j];
    for (let j = 0; j < short; j++) y[j] += re[r * short + j] * sum;
  }
}

/** `y += A*A x`, the real parts before the imaginary ones in x and y. */
function addComplexGram(
  { long, short, re }: Block,
  im: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  for (let r = 0; r < long; r++) {
    const row = r * short;
    let real = 0;
    let imaginary = 0;
    for (let j = 0; j < short; j++) {
      const a = re[row + j];
      const b = im[row + j];
      real += a * x[j] - b * x[short + j];
      imaginary += a * x[short + j] + b * x[j];
    }
    for (let j = 0; j < short; j++) {
      const a = re[row + j];
      const b = im[row + j];
      y[j] += a * real + b * imaginary;
      y[short + j] += a * imaginary - b * real;
    }
  }
}
