import { gaussianRule } from '../../numeric/index.ts';
import { eachPair, type Elementwise, type Moments, type Pairs } from './pairs.ts';

/** Attributes of a local response normalisation. */
export interface LocalResponse {
  /** Channels n that the sum of squares runs over. */
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

const STEP = 0.3;

/**
 * `y = x / D^β`, `D = bias + (α/n) Σ x²` over n independent channels of `x = f(u)`, u Gaussian of second moment `q`:
 * `E x² D^(-2β) = ∫ t^(2β-1) e^(-t bias) E[x² e^(-tαx²/n)] E[e^(-tαx²/n)]^(n-1) dt / Γ(2β)`. `of` are the moments of x, whose
 * covariances get the factor of the second moment: to first order in the fluctuation of D.
 * `factor` is that of gradients which are independent from channel to channel, with the way through all D.
 * `RangeError` unless size is a whole number from 1 on, alpha not negative, bias and beta positive.
 * Reference: Krizhevsky et al. 2012, section 3.3
 */
export function localResponse(
  { f, breakpoints }: Elementwise,
  q: number,
  of: Moments,
  { size: n, alpha, beta, bias }: LocalResponse,
): { readonly moments: Moments; readonly factor: number } {
  check(n, alpha, beta, bias);
  const std = Math.sqrt(q);
  const kinks = q === 0 ? [] : breakpoints.map((x) => x / std);
  const { nodes, weights } = gaussianRule(kinks, 3);
  const x = nodes.map((z) => f(std * z));
  const a = alpha / n;
  const local = (t: number): number[] => {
    const sums = [0, 0, 0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      let term = weights[i] * Math.exp(-t * a * x[i] * x[i]);
      for (let j = 0; j <= 4; j++, term *= x[i]) sums[j] += term;
    }
    return sums;
  };
  const over = (power: number, g: (local: number[]) => number): number =>
    overInverse(power, bias, (t) => g(local(t)));

  const mean = over(beta, ([one, first]) => first * one ** (n - 1));
  const second = over(2 * beta, ([one, , square]) => square * one ** (n - 1));
  // ∂yᵢ/∂xⱼ = δᵢⱼ D^-β - 2βa xᵢ xⱼ D^(-β-1)
  const direct = over(2 * beta, ([one]) => one ** n);
  const mixed = over(2 * beta + 1, ([one, , square]) => square * one ** (n - 1));
  const through = over(
    2 * beta + 2,
    ([one, , square, , fourth]) =>
      fourth * one ** (n - 1) + (n > 1 ? (n - 1) * square ** 2 * one ** (n - 2) : 0),
  );
  const slope = 2 * beta * a;
  const scale = of.pairs.q === 0 ? 1 : second / of.pairs.q;
  const pairs: Pairs = eachPair(of.pairs, (moment) => scale * moment);
  return {
    moments: { mean, pairs: { ...pairs, q: second } },
    factor: direct - 2 * slope * mixed + slope * slope * through,
  };
}

/** `∫ t^(power-1) e^(-t bias) g(t) dt / Γ(power)` over `ln t`; Γ by the same sum for `g = 1`. */
function overInverse(power: number, bias: number, g: (t: number) => number): number {
  const center = Math.log(Math.max(power, 1e-3) / bias);
  const low = center - 37 / power;
  const high = center + Math.log(45 / Math.max(power, 1e-3) + 10);
  let sum = 0;
  let whole = 0;
  for (let tau = low; tau <= high; tau += STEP) {
    const t = Math.exp(tau);
    const weight = Math.exp(power * (tau - center) - t * bias);
    sum += weight * g(t);
    whole += weight;
  }
  return (sum / whole) * bias ** -power;
}

function check(n: number, alpha: number, beta: number, bias: number): void {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`localResponse: size must be a whole number from 1 on, got ${n}`);
  }
  if (!(alpha >= 0)) {
    throw new RangeError(`localResponse: alpha must not be negative, got ${alpha}`);
  }
  for (const [name, value] of [
    ['beta', beta],
    ['bias', bias],
  ] as const) {
    if (!(value > 0)) throw new RangeError(`localResponse: ${name} must be positive, got ${value}`);
  }
}
