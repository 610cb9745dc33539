import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { meanOutput, outputMoment, slopeMoment } from './outputs.ts';
import { sphereRule } from './sphere-mean.ts';

/** What layers `φ(BN(W x + b))` do to a batch of signals and gradients. */
export interface BatchNormPoint {
  /** Second moment of the pre-activations in front of the normalisation. */
  readonly q: number;
  /** Correlation of two of them in one batch, the same after every layer. */
  readonly c: number;
  /** Factor per layer of the second moment of gradients; `Infinity` where `φ` jumps. */
  readonly chi: number;
}

/**
 * Batch normalisation of pre-activations in the limit of wide layers, for a batch of `B` examples (`Infinity`
 * allowed): the normalised batch of one unit is `√B` times an even point of the unit sphere in the `B - 1` dimensions
 * orthogonal to `(1, …, 1)`. With averages over two coordinates `y₁, y₂` of it,
 * `K = E φ(y₁)² - E φ(y₁) φ(y₂)` and
 * `T = (B - 2) E φ'² - E y₁² φ'² + (E φ'² + E y₁² φ'² + (B - 1)(E φ'φ' + E y₁ y₂ φ'φ')) / B`,
 * `χ = B T / ((B - 1)(B - 3) K)`; weights and biases cancel. Linear `(B - 2)/(B - 3)`, ReLU `π/(π - 1)` for `B → ∞`. It holds
 * while the width is well above B. `RangeError` for a batch below 4, where the mean of the inverse variance of a batch is
 * infinite, negative variances, and a `φ` without variance in the batch.
 * Reference: Yang et al. 2019, arXiv:1902.08129; derived here for any activation
 */
export function batchNormPoint(
  phi: Nonlinearity,
  variances: Variances,
  batch: number,
): BatchNormPoint {
  const where = 'batchNormPoint';
  checkVariances(where, variances);
  if (!(batch === Infinity || Number.isSafeInteger(batch)) || batch < 4) {
    throw new RangeError(
      `${where}: batch must be a whole number from 4 on, as E 1/Var of a smaller batch is infinite, got ${batch}`,
    );
  }
  const { sigmaW2, sigmaB2 } = variances;
  const { second, product, chi } = batch === Infinity ? infinite(phi) : finite(phi, batch);
  if (!(second - product > 1e-14 * second) || !(sigmaW2 > 0)) {
    throw new RangeError(
      `${where}: outputs must differ within a batch, got a variance of ${sigmaW2 * (second - product)} for ` +
        `${phi.name} and sigmaW2 = ${sigmaW2}`,
    );
  }
  const q = sigmaW2 * second + sigmaB2;
  const jumps = (phi.jumps ?? []).length > 0;
  return { q, c: (sigmaW2 * product + sigmaB2) / q, chi: jumps ? Infinity : chi };
}

interface Moments {
  /** `E φ(y₁)²`. */
  readonly second: number;
  /** `E φ(y₁) φ(y₂)`. */
  readonly product: number;
  readonly chi: number;
}

/** Coordinates are independent standard normals. */
function infinite(phi: Nonlinearity): Moments {
  const second = outputMoment(phi, 1);
  const product = meanOutput(phi, 1) ** 2;
  return { second, product, chi: slopeMoment(phi, 1) / (second - product) };
}

function finite(phi: Nonlinearity, batch: number): Moments {
  const rest = batch - 1;
  // y₁ = √(B - 1) t; given it, y₂ has mean -y₁ / (B - 1), and another coordinate of a sphere one dimension below around it.
  const scale = Math.sqrt(rest);
  const around2 = (batch * (batch - 2)) / rest;
  const around = Math.sqrt(around2);
  const reached = phi.breakpoints.flatMap((x) => [x, ...whereReached(x, rest, around2)]);
  const outer = sphereRule(
    rest,
    reached.map((x) => x / scale),
  );
  const sums = { second: 0, product: 0, slope2: 0, weighted2: 0, slopes: 0, weighted: 0 };
  for (const [i, t] of outer.nodes.entries()) {
    const weight = outer.weights[i];
    const y = scale * t;
    const [value, slope] = [phi.f(y), phi.df(y)];
    sums.second += weight * value * value;
    sums.slope2 += weight * slope * slope;
    sums.weighted2 += weight * y * y * slope * slope;

    const radius = around * Math.sqrt((1 - t) * (1 + t));
    const kinks = phi.breakpoints.map((x) => (x + y / rest) / radius);
    const inner = sphereRule(rest - 1, kinks);
    let [values, slopes, weighted] = [0, 0, 0];
    for (const [j, s] of inner.nodes.entries()) {
      const other = radius * s - y / rest;
      const df = phi.df(other);
      values += inner.weights[j] * phi.f(other);
      slopes += inner.weights[j] * df;
      weighted += inner.weights[j] * other * df;
    }
    sums.product += weight * value * values;
    sums.slopes += weight * slope * slopes;
    sums.weighted += weight * y * slope * weighted;
  }
  const { second, product, slope2, weighted2, slopes, weighted } = sums;
  const trace =
    (batch - 2) * slope2 - weighted2 + (slope2 + weighted2 + rest * (slopes + weighted)) / batch;
  return { second, product, chi: (batch / rest / (batch - 3)) * (trace / (second - product)) };
}

/** The `y₁` between which `y₂` can be `x`: roots of `(x + y/r)² = a² (1 - y²/r)`. */
function whereReached(x: number, r: number, a2: number): readonly number[] {
  const a = 1 / r + a2;
  const discriminant = x * x - r * a * (x * x - a2);
  if (!(discriminant > 0)) return [];
  const root = Math.sqrt(discriminant);
  return [(-x - root) / a, (-x + root) / a];
}
