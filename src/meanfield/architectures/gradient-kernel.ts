import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkDepth } from './checks.ts';
import { outputCovariance, slopeCovariance } from './outputs.ts';

/** A dense network that sees a whole batch of inputs at once. */
export interface BatchNetwork {
  /** Hidden layers, each a linear map and `φ`; one linear map more gives the outputs. */
  readonly depth: number;
  readonly variances: Variances;
  /** Whether the mean over the batch is taken away in front of every `φ`. */
  readonly centred: boolean;
}

/** Numbers for every two inputs of a batch: B rows of B. */
export type BatchKernel = readonly Float64Array[];

/**
 * `G_ab = E g_a g_b`, the covariance of the gradients of one sum of all outputs with respect to the inputs a and b of a
 * batch, per element of an input, up to the scale of the gradient at the output. `inputs` is `K_ab = E x_a x_b`. Forward
 * `K ← P (σw² K + σb²) P` and `K ← E φ(u_a) φ(u_b)`; back, through the same layers, `G ← G ∘ E φ'(u_a) φ'(u_b)` and
 * `G ← σw² P G P`, with the projection `P = 1 - 1 1ᵀ/B` where the network centres, else without. It holds element by
 * element for inputs of many elements; centred, the gradients of a batch add up to zero.
 *
 * `RangeError` for bad variances and depth, a kernel that is not square, and where signals leave float64.
 * Reference: Balduzzi et al. 2017, section 3, arXiv:1702.08591, without its assumption c = 0 in every layer
 */
export function gradientKernel(
  phi: Nonlinearity,
  { depth, variances, centred }: BatchNetwork,
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
  const { sigmaW2, sigmaB2 } = variances;
  const project = (kernel: BatchKernel): BatchKernel => (centred ? doublyCentred(kernel) : kernel);
  const slopes: BatchKernel[] = [];
  let signal = inputs;
  for (let layer = 1; layer <= depth; layer++) {
    const before = project(signal.map((row) => row.map((k) => sigmaW2 * k + sigmaB2)));
    checkDiagonal(where, before, layer);
    slopes.push(overPairs(before, (q1, q2, k) => slopeCovariance(phi, q1, q2, k)));
    signal = overPairs(before, (q1, q2, k) => outputCovariance(phi, q1, q2, k));
  }
  // The cotangent of all outputs is the same.
  let gradient: BatchKernel = inputs.map((row) => row.map(() => 1));
  for (const slope of slopes.reverse()) {
    const behind = gradient.map((row, a) => row.map((g, b) => sigmaW2 * g * slope[a][b]));
    gradient = project(behind);
  }
  return gradient.map((row) => row.map((g) => sigmaW2 * g));
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
