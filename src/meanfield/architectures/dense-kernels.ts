import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkDepth } from './checks.ts';
import { hermiteSeries, seriesCovariance } from './hermite-series.ts';
import { checkMemory, MOST_BYTES } from './memory.ts';
import { outputCovariance, outputMoment, slopeCovariance, slopeMoment } from './outputs.ts';

/** What a kernel of a dense network is asked for. */
export interface KernelOptions {
  /** Hidden layers, each with its `φ`; a linear readout follows. */
  readonly depth: number;
  /** Largest result, with what it takes to make it; 2 GiB if not given. */
  readonly mostBytes?: number;
}

/** A symmetric kernel over `n` inputs. */
export interface Kernel {
  readonly n: number;
  /** `n × n` values, row by row. */
  readonly values: Float64Array;
}

/**
 * The covariance of the outputs of random dense networks for a list of inputs of `d` numbers each:
 * `K⁰ = σw² x·x' / d + σb²`, `K^{l+1} = σw² E φ(u) φ(u') + σb²`, `(u, u') ~ N(0, K^l)`, after `depth` hidden layers. The
 * diagonal is made of one-dimensional averages, so it does not suffer at c = 1.
 * `RangeError` for bad variances, depth or inputs, memory above `mostBytes`, and kernels that leave float64.
 * Reference: Lee et al. 2018, eqs. 4 and 5, arXiv:1711.00165
 */
export function nngpKernel(
  phi: Nonlinearity,
  variances: Variances,
  inputs: readonly ArrayLike<number>[],
  options: KernelOptions,
): Kernel {
  return dense('nngpKernel', phi, variances, inputs, options, false).nngp;
}

/**
 * The neural tangent kernel of the same networks, all layers trained, in the NTK parametrisation (weights
 * `σw W / √fan_in`, biases `σb b`, `W` and `b` of variance 1 and trained at one rate): `Θ⁰ = K⁰`,
 * `Θ^{l+1} = K^{l+1} + σw² E φ'(u) φ'(u') Θ^l`. Errors as of `nngpKernel`.
 * Reference: Jacot et al. 2018, theorem 1, arXiv:1806.07572
 */
export function ntkKernel(
  phi: Nonlinearity,
  variances: Variances,
  inputs: readonly ArrayLike<number>[],
  options: KernelOptions,
): Kernel {
  return dense('ntkKernel', phi, variances, inputs, options, true).ntk;
}

function dense(
  where: string,
  phi: Nonlinearity,
  variances: Variances,
  inputs: readonly ArrayLike<number>[],
  { depth, mostBytes = MOST_BYTES }: KernelOptions,
  withTangent: boolean,
): { nngp: Kernel; ntk: Kernel } {
  checkVariances(where, variances);
  checkDepth(where, depth);
  const n = inputs.length;
  checkMemory(where, 'inputs', { n, matrices: withTangent ? 2 : 1, mostBytes });
  const { sigmaW2, sigmaB2 } = variances;
  const k = inputGram(where, inputs);
  for (let i = 0; i < k.length; i++) k[i] = sigmaW2 * k[i] + sigmaB2;
  const theta = withTangent ? k.slice() : k;

  const diagonal = new Float64Array(n);
  for (let layer = 1; layer <= depth; layer++) {
    for (let i = 0; i < n; i++) diagonal[i] = k[i * n + i];
    const pairs = pairAverages(phi, diagonal, withTangent);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) {
        const at = i * n + j;
        const [q1, cov] = [diagonal[i], k[at]];
        const second = i === j ? outputMoment(phi, q1) : pairs.second(i, j, cov);
        const next = sigmaW2 * second + sigmaB2;
        if (!Number.isFinite(next)) throw overflow(where, layer, next);
        if (withTangent) {
          const slopes = i === j ? slopeMoment(phi, q1) : pairs.slopes(i, j, cov);
          const tangent = next + sigmaW2 * slopes * theta[at];
          if (!Number.isFinite(tangent)) throw overflow(where, layer, tangent);
          theta[at] = theta[j * n + i] = tangent;
        }
        k[at] = k[j * n + i] = next;
      }
    }
  }
  return { nngp: { n, values: k }, ntk: { n, values: theta } };
}

/** `E φ(u_i) φ(u_j)` and `E φ'(u_i) φ'(u_j)` for one layer. */
interface PairAverages {
  readonly second: (i: number, j: number, k: number) => number;
  readonly slopes: (i: number, j: number, k: number) => number;
}

/** Fewest inputs for which a series for each pays. */
const FEWEST = 4;

/** By closed forms, by a Hermite series for each input where all its terms are there, else by quadrature. */
function pairAverages(phi: Nonlinearity, q: Float64Array, withTangent: boolean): PairAverages {
  const exact: PairAverages = {
    second: (i, j, k) => outputCovariance(phi, q[i], q[j], k),
    slopes: (i, j, k) => slopeCovariance(phi, q[i], q[j], k),
  };
  const isClosed = phi.covariance !== undefined && phi.derivativeCovariance !== undefined;
  const hasJumps = (phi.jumps ?? []).length > 0;
  if (isClosed || phi.homogeneous || hasJumps || q.length < FEWEST || q.some((x) => x === 0)) {
    return exact;
  }
  const values = Array.from(q, (x) => hermiteSeries(phi, phi.f, x, outputMoment(phi, x)));
  const slopes = Array.from(withTangent ? q : [], (x) =>
    hermiteSeries(phi, phi.df, x, slopeMoment(phi, x)),
  );
  const correlation = (i: number, j: number, k: number): number =>
    Math.min(1, Math.max(-1, k / Math.sqrt(q[i] * q[j])));
  return {
    second: (i, j, k) =>
      seriesCovariance(values[i], values[j], correlation(i, j, k)) ?? exact.second(i, j, k),
    slopes: (i, j, k) =>
      seriesCovariance(slopes[i], slopes[j], correlation(i, j, k)) ?? exact.slopes(i, j, k),
  };
}

/** `x·x' / d`. */
function inputGram(where: string, inputs: readonly ArrayLike<number>[]): Float64Array {
  const n = inputs.length;
  const d = inputs[0]?.length ?? 0;
  if (d === 0) {
    throw new RangeError(`${where}: inputs must be at least 1 list of at least 1 number, got none`);
  }
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    if (inputs[i].length !== d) {
      throw new RangeError(
        `${where}: all inputs must have ${d} numbers as the first, got ${inputs[i].length} in input ${i}`,
      );
    }
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let x = 0; x < d; x++) sum += inputs[i][x] * inputs[j][x];
      if (!Number.isFinite(sum)) {
        throw new RangeError(
          `${where}: inputs must be finite, got ${sum} for x·x' of ${i} and ${j}`,
        );
      }
      gram[i * n + j] = gram[j * n + i] = sum / d;
    }
  }
  return gram;
}

function overflow(where: string, layer: number, value: number): RangeError {
  return new RangeError(
    `${where}: kernels must stay finite, got ${value} in layer ${layer}; lower sigmaW2 to where E φ² does not ` +
      `grow, or depth below ${layer}`,
  );
}
