import { normalCdf, type Quadrature } from '../../numeric/index.ts';
import { causalLengths, fullLength, type LengthWeights } from './length-weights.ts';

/** Step of the trapezoidal rules: functions of `e^y` are analytic within π/2 of the real line, error e^(-π²/h). */
const STEP = 0.3;

/** Where `e^(x - e^x)` and the like count. */
const [FIRST, LAST] = [-38, 8.4];

/** Standard deviations to which a Gaussian counts: 2e-11 lies beyond. */
const REACH = 8.3;

/** Of the trapezoidal rule for a Gaussian, in standard deviations: error e^(-2π²/h²). */
const NORMAL_STEP = 0.6;

/** Step over what a Gaussian of standard deviation 1 has smoothed, narrower for many tokens by √(2 ln T). */
const SMOOTH_STEP = 0.2;

/** Standard deviation of scores from which on those that are nearly the same are told from this one. */
const STEEP = 20;

/** From this standard deviation on the step in x resolves the Gaussian. */
const WIDE = STEP / NORMAL_STEP;

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

const NORMAL = commonRule(1);

/** `e^x`, `e^(-e^x)` and `1 - e^(-e^x) - Φ(x)` on the nodes of x. */
const SCORES = Array.from({ length: Math.round((LAST - FIRST) / STEP) + 1 }, (_, i) => {
  const x = FIRST + i * STEP;
  const e = Math.exp(x);
  return { x, e, left: Math.exp(-e), excess: -Math.expm1(-e) - normalCdf(x) };
});

/** Share of the largest term below which terms are left out. */
const NEGLIGIBLE = 1e-11;

/** How scores meet a softmax. */
export interface SoftmaxOptions {
  /** Position t sees the first t tokens only, and results are averages over t. */
  readonly causal?: boolean;
}

/** What a softmax over T tokens does. */
export interface SoftmaxSums {
  /** `E Σ aₜ²`, one over the effective number of tokens. */
  readonly second: number;
  /** `E Σ (∂L/∂sₜ)²` for gradients with respect to the outputs that are independent with variance 1. */
  readonly gradient: number;
}

/**
 * `E Σ aₜ²` and the gradient of `a = softmax(s)`, s Gaussian with `variance` of its own for each of `tokens` scores; what
 * all scores share drops out. With `x = s + τ`, `1/S² = ∫ t e^(-tS) dt` and `t = e^τ`,
 * `E Σ aₜ² = T ∫ E[e^(2x - e^x)] E[e^(-e^x)]^(T-1) dτ`; likewise the cubes, fourth powers and `E aₜ² aᵤ²` of
 * `Σ aₜ² (1 - 2 aₜ + Σ aᵤ²)`. To 1e-8 for any number of tokens and variances up to 1e4.
 * `RangeError` unless there are tokens and the variance is finite and not negative.
 */
export function softmaxSums(
  tokens: number,
  variance: number,
  options: SoftmaxOptions = {},
): SoftmaxSums {
  const weights = lengthWeights('softmaxSums', tokens, variance, options);
  const std = Math.sqrt(variance);
  let [second, third, fourth, product] = [0, 0, 0, 0];
  for (const tau of taus(std, tokens)) {
    const { powers, epsilon } = scoreMoments(tau, std);
    const once = weights.once(epsilon);
    second += once * powers[2];
    third += (once * powers[3]) / 2;
    fourth += (once * powers[4]) / 6;
    product += (weights.twice(epsilon) * powers[2] * powers[2]) / 6;
  }
  const gradient = second - 2 * third + fourth + product;
  return { second: STEP * second, gradient: Math.max(0, STEP * gradient) };
}

/**
 * `E Σ aₜ a'ₜ` of two softmaxes whose scores of the same token are correlated by `rho`: 1/T at 0, `E Σ aₜ²` at 1. Given
 * the common part c of two scores they are independent, so that with `x = s + τ`, `x' = s' + τ'` it is
 * `T ∫∫ E[e^(x - e^x) e^(x' - e^x')] E[e^(-e^x - e^x')]^(T-1) dτ dτ'` by one more sum over c, in steps as wide as the
 * own parts make it smooth. To 1e-8; where the standard deviation is over 20 and that of the own parts `o` below 1.5,
 * from `1 - f(o)/std` to a share 1/std² of it.
 */
export function softmaxOverlap(
  tokens: number,
  variance: number,
  rho: number,
  options: SoftmaxOptions = {},
): number {
  const weights = lengthWeights('softmaxOverlap', tokens, variance, options);
  const r = Math.min(1, Math.max(-1, rho));
  if (r === 1) return softmaxSums(tokens, variance, options).second;
  if (tokens === 1) return 1;
  const std = Math.sqrt(variance);
  const common = std * Math.sqrt(Math.abs(r));
  const own = std * Math.sqrt(1 - Math.abs(r));
  const step = Math.max(STEP, SMOOTH_STEP * own);
  if (step === STEP && std > STEEP && r > 0) {
    const near = 1 - (own / STEEP) ** 2;
    return 1 - (1 - softmaxOverlap(tokens, STEEP * STEEP, near, options)) * (STEEP / std);
  }
  const tau = Array.from(taus(std, tokens, step)).filter((at) => {
    const { powers, epsilon } = scoreMoments(at, std);
    return powers[1] * weights.once(epsilon) > NEGLIGIBLE;
  });
  const rule = commonRule(common, step);
  const first = tableOf(tau, 1, rule, own, step);
  const second = r < 0 ? tableOf(tau, -1, rule, own, step) : first;
  let sum = 0;
  for (let i = 0; i < tau.length; i++) {
    // The two inputs are alike: (i, j) and (j, i) have the same term.
    for (let j = 0; j <= i; j++) {
      const { once, epsilon } = products(first, i, second, j, rule.weights);
      sum += (i === j ? 1 : 2) * once * weights.once(Math.min(1, epsilon));
    }
  }
  return step * step * sum;
}

/** `E e^(x - e^x) e^(x' - e^x')` and `1 - E e^(-e^x - e^x')` from two tables. */
function products(
  first: Table,
  i: number,
  second: Table,
  j: number,
  weights: Float64Array,
): { once: number; epsilon: number } {
  const count = weights.length;
  let once = 0;
  let epsilon = 0;
  for (let c = 0; c < count; c++) {
    const a = i * count + c;
    const b = j * count + c;
    const ea = first.epsilon[a];
    const eb = second.epsilon[b];
    once += weights[c] * first.once[a] * second.once[b];
    epsilon += weights[c] * (ea + eb - ea * eb);
  }
  return { once, epsilon };
}

/** `E e^(x - e^x)` and `1 - E e^(-e^x)` by τ (rows) and common part (columns). */
interface Table {
  readonly once: Float64Array;
  readonly epsilon: Float64Array;
}

function tableOf(
  tau: readonly number[],
  sign: number,
  rule: Quadrature,
  own: number,
  step: number,
): Table {
  const count = rule.nodes.length;
  const once = new Float64Array(tau.length * count);
  const epsilon = new Float64Array(tau.length * count);
  // Where the common nodes are a step apart, as those of τ are, many sums coincide.
  const known = new Map<number, ScoreMoments>();
  for (let i = 0; i < tau.length; i++) {
    for (let c = 0; c < count; c++) {
      const at = tau[i] + sign * rule.nodes[c];
      const near = Math.round((at - tau[0]) / step);
      const coincides = Math.abs(at - tau[0] - near * step) < 1e-9;
      let moments = coincides ? known.get(near) : undefined;
      if (moments === undefined) {
        moments = scoreMoments(at, own);
        if (coincides) known.set(near, moments);
      }
      once[i * count + c] = moments.powers[1];
      epsilon[i * count + c] = moments.epsilon;
    }
  }
  return { once, epsilon };
}

function lengthWeights(
  where: string,
  tokens: number,
  variance: number,
  { causal = false }: SoftmaxOptions,
): LengthWeights {
  if (!Number.isInteger(tokens) || tokens < 1) {
    throw new RangeError(`${where}: tokens must be a whole number from 1 on, got ${tokens}`);
  }
  if (!(variance >= 0 && Number.isFinite(variance))) {
    throw new RangeError(`${where}: variance must be finite and not negative, got ${variance}`);
  }
  return causal ? causalLengths(tokens) : fullLength(tokens);
}

/** Nodes of τ = ln t, from where no score counts to where the smallest does. */
function taus(std: number, tokens: number, step: number = STEP): Float64Array {
  const low = -REACH * std + FIRST - Math.log(tokens);
  const count = Math.ceil((REACH * std + LAST - low) / step);
  return Float64Array.from({ length: count + 1 }, (_, i) => low + i * step);
}

interface ScoreMoments {
  /** `E e^(jx - e^x)`. */
  readonly powers: readonly [number, number, number, number, number];
  /** `1 - E e^(-e^x)`. */
  readonly epsilon: number;
}

/** Over `x = τ + std z`, by the trapezoidal rule in z, or in x where the Gaussian is the wider. */
function scoreMoments(tau: number, std: number): ScoreMoments {
  return std < WIDE ? overGaussian(tau, std) : overScores(tau, std);
}

function overGaussian(tau: number, std: number): ScoreMoments {
  const powers: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  let epsilon = 0;
  const count = std === 0 ? 0 : NORMAL.nodes.length - 1;
  for (let i = 0; i <= count; i++) {
    const weight = std === 0 ? 1 : NORMAL.weights[i];
    const e = Math.exp(tau + std * NORMAL.nodes[i]);
    let left = weight * Math.exp(-e);
    for (let j = 1; j <= 4; j++) powers[j] += left *= e;
    epsilon -= weight * Math.expm1(-e);
  }
  return { powers, epsilon: Math.min(1, epsilon) };
}

/** `1 - e^(-e^x)` is `Φ(x)`, whose mean is known, and what is left is small at both ends. */
function overScores(tau: number, std: number): ScoreMoments {
  const powers: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  let epsilon = normalCdf(tau / Math.sqrt(1 + std * std));
  const first = Math.max(0, Math.ceil((tau - REACH * std - FIRST) / STEP));
  const last = Math.min(SCORES.length - 1, Math.floor((tau + REACH * std - FIRST) / STEP));
  for (let i = first; i <= last; i++) {
    const { x, e, left, excess } = SCORES[i];
    const z = (x - tau) / std;
    const weight = (STEP / std) * INVERSE_SQRT_2PI * Math.exp(-0.5 * z * z);
    let term = weight * left;
    for (let j = 1; j <= 4; j++) powers[j] += term *= e;
    epsilon += weight * excess;
  }
  return { powers, epsilon: Math.min(1, Math.max(0, epsilon)) };
}

/** Nodes of a Gaussian, `E g(std z) ≈ Σ weights g(nodes)`. */
function commonRule(std: number, width: number = STEP): Quadrature {
  const step = Math.min(NORMAL_STEP, width / std);
  const count = std === 0 ? 0 : Math.ceil(REACH / step);
  const z = Float64Array.from({ length: 2 * count + 1 }, (_, i) =>
    count === 0 ? 0 : step * (i - count),
  );
  const weights = z.map((at) =>
    count === 0 ? 1 : step * INVERSE_SQRT_2PI * Math.exp(-0.5 * at * at),
  );
  return { nodes: z.map((at) => std * at), weights };
}
