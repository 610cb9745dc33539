import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkDepth, checkPositive } from './checks.ts';
import { outputCovariance, slopeCovariance } from './outputs.ts';

/** A dense network that sees a whole batch of inputs at once. */
export interface BatchNetwork {
  /** How often `φ` is applied: each time behind a linear map, with one more that gives the outputs. */
  readonly depth: number;
  readonly variances: Variances;
  /**
   * What is done in front of every `φ`: the mean over the batch taken away, or that and division by the standard
   * deviation over the batch.
   */
  readonly before: 'nothing' | 'centred' | 'normalised';
  /** `β` of layers `h + β W φ(h)` between the first linear map and the last; not residual if not given. */
  readonly beta?: number;
}

/** Numbers for every two inputs of a batch: B rows of B. */
export type BatchKernel = readonly Float64Array[];

/**
 * `G_ab = E g_a g_b`, the covariance of the gradients of one sum of all outputs with respect to the inputs a and b of a
 * batch, per element of an input, up to the scale of the gradient at the output. `inputs` is `K_ab = E x_a x_b`. Forward
 * `K ← σw² E φ(u_a) φ(u_b) + σb²`, where u has the covariance `P K P` if the network centres,
 * `P = 1 - 1 1ᵀ/B`; back `G ← σw² G ∘ E φ'(u_a) φ'(u_b)`, residual layers `K + β² …` and `G + β² …`. The mean and the
 * variance over the batch are held while an input varies. It holds element by element for inputs of many elements.
 *
 * Normalised, u is divided by its standard deviation s over the batch, with
 * `E φ(u_a/s) φ(u_b/s) = E φ(u_a) φ(u_b) / E s²` and `E 1/s² = ν / ((ν - 2) E s²)`, `ν = (Σ C_aa)² / Σ C_ab²` the degrees of freedom of s²:
 * exact for rectifiers and independent inputs, where s² says nothing of the direction of u.
 *
 * `RangeError` for bad variances, depth and β, a kernel that is not square, where signals leave float64, and for ν up
 * to 2, as along a line, where the inverse of s² has no mean.
 * Reference: Balduzzi et al. 2017, section 3, arXiv:1702.08591, without its assumption c = 0 in every layer
 */
export function gradientKernel(
  phi: Nonlinearity,
  { depth, variances, before, beta }: BatchNetwork,
  inputs: BatchKernel,
): BatchKernel {
  const where = 'gradientKernel';
  checkVariances(where, variances);
  checkDepth(where, depth);
  const odd = inputs.find((row) => row.length !== inputs.length);
  if (inputs.length === 0 || odd !== undefined) {
    throw new RangeError(
      `${where}: inputs must be a square kernel, got ${inputs.length} rows of ${odd?.length ?? 0} numbers`,
    );
  }
  if (beta !== undefined) checkPositive(where, 'beta', beta);
  const { sigmaW2, sigmaB2 } = variances;
  const linear = (kernel: BatchKernel): BatchKernel => mapped(kernel, (k) => sigmaW2 * k + sigmaB2);
  const slopes: BatchKernel[] = [];
  let signal = linear(inputs);
  for (let layer = 1; layer <= depth; layer++) {
    const centred = before === 'nothing' ? signal : doublyCentred(signal);
    checkDiagonal(where, centred, layer);
    const isNormalised = before === 'normalised';
    const spread = isNormalised ? traceOf(centred) / centred.length : 1;
    const inverse = isNormalised ? inverseOf(where, centred, layer) : 1;
    const seen = spread === 1 ? centred : mapped(centred, (k) => k / spread);
    slopes.push(
      overPairs(seen, (q1, q2, k) => sigmaW2 * slopeCovariance(phi, q1, q2, k) * inverse),
    );
    if (layer === depth) break;
    const branch = linear(overPairs(seen, (q1, q2, k) => outputCovariance(phi, q1, q2, k)));
    signal = beta === undefined ? branch : added(signal, branch, beta * beta);
  }
  // The cotangent of all outputs is the same.
  let gradient: BatchKernel = inputs.map((row) => row.map(() => 1));
  for (const slope of slopes.reverse()) {
    const behind = gradient.map((row, a) => row.map((g, b) => g * slope[a][b]));
    gradient = beta === undefined ? behind : added(gradient, behind, beta * beta);
  }
  return mapped(gradient, (g) => sigmaW2 * g);
}

const mapped = (kernel: BatchKernel, of: (k: number) => number): BatchKernel =>
  kernel.map((row) => row.map(of));

const added = (kernel: BatchKernel, other: BatchKernel, factor: number): BatchKernel =>
  kernel.map((row, a) => row.map((k, b) => k + factor * other[a][b]));

/** `E 1/s²` of the variance s² over the batch of a unit with this covariance. */
function inverseOf(where: string, kernel: BatchKernel, layer: number): number {
  const trace = traceOf(kernel);
  const squares = kernel.reduce((sum, row) => sum + row.reduce((part, k) => part + k * k, 0), 0);
  const freedom = trace ** 2 / squares;
  if (freedom > 2 + 1e-9) return ((freedom / (freedom - 2)) * kernel.length) / trace;
  throw new RangeError(
    `${where}: the inverse of the variance over the batch must have a mean, got signals of ${freedom} degrees of ` +
      `freedom at layer ${layer}; take independent inputs`,
  );
}

const traceOf = (kernel: BatchKernel): number => kernel.reduce((sum, row, a) => sum + row[a], 0);

/**
 * Mean of `G_ab / √(G_aa G_bb)` over all pairs of different inputs: the mean correlation of gradients of many elements.
 * `RangeError` unless there are two inputs.
 */
export function kernelCorrelation(kernel: BatchKernel): number {
  const size = kernel.length;
  if (size < 2) {
    throw new RangeError(`kernelCorrelation: inputs must number at least 2, got ${size}`);
  }
  let sum = 0;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) sum += kernel[a][b] / Math.sqrt(kernel[a][a] * kernel[b][b]);
  }
  return sum / ((size * (size - 1)) / 2);
}

/**
 * `Σ_a H_{a,a+k} / Σ_a H_aa`, `H = P G P`: the autocorrelation at lags 0 … `lags` of a sequence of vectors of many
 * elements with the covariance G, whose mean over the sequence is taken away.
 * `RangeError` unless lags are fewer than the points of the kernel.
 */
export function kernelAutocorrelation(kernel: BatchKernel, lags: number): Float64Array {
  if (!(Number.isSafeInteger(lags) && lags >= 0 && lags < kernel.length)) {
    throw new RangeError(
      `kernelAutocorrelation: lags must be a whole number below the ${kernel.length} points, got ${lags}`,
    );
  }
  const centred = doublyCentred(kernel);
  const sums = new Float64Array(lags + 1);
  for (let k = 0; k <= lags; k++) {
    for (let a = 0; a + k < kernel.length; a++) sums[k] += centred[a][a + k];
  }
  return sums.map((sum) => sum / sums[0]);
}

/** `P K P` of a symmetric K. */
function doublyCentred(kernel: BatchKernel): BatchKernel {
  const size = kernel.length;
  const means = kernel.map((row) => row.reduce((sum, k) => sum + k, 0) / size);
  const mean = means.reduce((sum, k) => sum + k, 0) / size;
  return kernel.map((row, a) => row.map((k, b) => k - means[a] - means[b] + mean));
}

/** A function of the second moments and the covariance of every two inputs. */
function overPairs(
  kernel: BatchKernel,
  of: (q1: number, q2: number, k: number) => number,
): BatchKernel {
  const result = kernel.map((row) => new Float64Array(row.length));
  for (const [a, row] of kernel.entries()) {
    for (let b = 0; b <= a; b++) {
      // Rounding can leave a norm of zero below it.
      const [q1, q2] = [Math.max(0, row[a]), Math.max(0, kernel[b][b])];
      const value = of(q1, q2, a === b ? q1 : row[b]);
      result[a][b] = value;
      result[b][a] = value;
    }
  }
  return result;
}

function checkDiagonal(where: string, kernel: BatchKernel, layer: number): void {
  const largest = Math.max(...kernel.map((row, a) => row[a]));
  if (largest > 0 && Number.isFinite(largest)) return;
  throw new RangeError(
    `${where}: second moments must stay positive and within float64, got ${largest} at most at layer ` +
      `${layer}; inputs of a centred batch must differ`,
  );
}
