import { brent, gaussLegendre } from '../numeric/index.ts';

/** One mode of a deep linear network that learns from a small start. */
export interface SaxeMode {
  /**
   * `N_l`, layers of neurons, input and output counted: 2 has no hidden layer, 3 has one. `Infinity` for the limit.
   */
  readonly layers: number;
  /** Singular value of the input-output correlation, what the mode learns. */
  readonly s: number;
  /** Strength of the mode at the start, between 0 and s. */
  readonly u0: number;
}

/** From where to where the mode learns. */
export interface SaxeTime extends SaxeMode {
  /** Strength that is to be reached, between u0 and s. */
  readonly uf: number;
}

/**
 * Learning time in units of τ, `t/τ`, of a mode of a deep linear network with balanced layers under gradient descent:
 * the integral of `τ du/dt = (N_l - 1) u^{2 - 2/(N_l - 1)} (s - u)` from u0 to uf. Without hidden layer it is
 * `ln((s - u0)/(s - uf))`, with one `ln(uf (s - u0)/(u0 (s - uf))) / 2s`. For `layers: Infinity` in units of
 * `τ/N_l`: `ln(uf (s - u0)/(u0 (s - uf)))/s² + 1/(s u0) - 1/(s uf)`.
 *
 * `RangeError` unless layers is whole and at least 2 and `0 < u0 < uf < s`.
 * Reference: Saxe et al. 2014, eqs. 11, 15, 17, arXiv:1312.6120
 */
export function saxeTime({ layers, s, u0, uf }: SaxeTime): number {
  checkMode('saxeTime', layers, s, u0);
  checkEnd('saxeTime', s, u0, uf);
  const start = logit(u0, s);
  const end = logit(uf, s);
  if (layers === 2) return Math.log1p((uf - u0) / (s - uf));
  if (layers === Infinity) return (end - start) / (s * s) + (uf - u0) / (s * u0 * uf);
  if (layers === 3) return (end - start) / (2 * s);
  return timeBetween(layers, s, start, end);
}

/**
 * Learning time at the largest stable learning rate, as a multiple of `1/λ₁`: `t/τ` times the largest eigenvalue of
 * the Hessian in units of `1/τ`, `λ₁ = (N_l - 1) s^{(2 N_l - 4)/(N_l - 1)}`. It stays finite as `N_l → ∞`, where
 * it is `ln(uf (s - u0)/(u0 (s - uf))) + s/u0 - s/uf`.
 * Reference: Saxe et al. 2014, eqs. 41-45, arXiv:1312.6120
 */
export function saxeSteps(mode: SaxeTime): number {
  checkMode('saxeSteps', mode.layers, mode.s, mode.u0);
  checkEnd('saxeSteps', mode.s, mode.u0, mode.uf);
  const curvature = mode.layers === Infinity ? mode.s ** 2 : curvatureOf(mode.layers, mode.s);
  return saxeTime(mode) * curvature;
}

/**
 * The optimal learning rate `α = 1/λ₁` of a deep linear network, `1 / ((N_l - 1) s^{(2 N_l - 4)/(N_l - 1)})` with
 * s the largest singular value: it falls like `1/(N_l s²)`, and is 0 for infinitely many layers.
 * Reference: Saxe et al. 2014, eqs. 41-42, arXiv:1312.6120
 */
export function saxeOptimalRate({ layers, s }: { layers: number; s: number }): number {
  checkLayers('saxeOptimalRate', layers);
  checkPositive('saxeOptimalRate', 's', s);
  return layers === Infinity ? 0 : 1 / curvatureOf(layers, s);
}

/**
 * The strength `u(t)` of a mode at times in units of τ (of `τ/N_l` for infinitely many layers), in the order of
 * `times`. With one hidden layer `s e^{2st} / (e^{2st} - 1 + s/u0)`, without `s - (s - u0) e^{-t}`; else the inverse
 * of the learning time.
 *
 * `RangeError` unless layers is whole and at least 2, `0 < u0 < s` and times are not negative.
 * Reference: Saxe et al. 2014, eqs. 12, 15, 16, arXiv:1312.6120
 */
export function saxeTrajectory(mode: SaxeMode & { readonly times: readonly number[] }): number[] {
  const { layers, s, u0, times } = mode;
  checkMode('saxeTrajectory', layers, s, u0);
  for (const t of times) {
    if (!(t >= 0)) {
      throw new RangeError(`saxeTrajectory: times must be numbers from 0 on, got ${t}`);
    }
  }
  const at = motion(layers, s, u0);
  return times.map((t) => (t === 0 ? u0 : at(t)));
}

/** `u(t)`. */
function motion(layers: number, s: number, u0: number): (t: number) => number {
  const start = logit(u0, s);
  if (layers === 2) return (t) => s - (s - u0) * Math.exp(-t);
  if (layers === 3) return (t) => strength(start + 2 * s * t, s);
  const after = timeAfter(layers, s, start);
  return (t) => strength(inverse(after, rateAtEnd(layers, s), start, t), s);
}

/** `ln(u/(s - u))`. */
const logit = (u: number, s: number): number => Math.log(u / (s - u));

const strength = (x: number, s: number): number => s / (1 + Math.exp(-x));

const curvatureOf = (layers: number, s: number): number =>
  (layers - 1) * s ** ((2 * layers - 4) / (layers - 1));

const RULE = gaussLegendre(16);

/**
 * The time between two values of `x = ln(u/(s - u))`: `∫ u^{-b} dx / ((N_l - 1) s)`, `b = 1 - 2/(N_l - 1)`. The
 * integrand is analytic within `π` of the real line, so that panels of width 2 give all digits.
 */
function timeBetween(layers: number, s: number, from: number, to: number): number {
  const b = 1 - 2 / (layers - 1);
  const count = Math.ceil((to - from) / 2);
  const half = (to - from) / count / 2;
  let sum = 0;
  for (let panel = 0; panel < count; panel++) {
    const middle = from + (2 * panel + 1) * half;
    for (let i = 0; i < RULE.nodes.length; i++) {
      const x = middle + half * RULE.nodes[i];
      sum += RULE.weights[i] * Math.exp(b * softplus(-x));
    }
  }
  return (sum * half) / ((layers - 1) * s ** (1 + b));
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The time from `start` to x. */
function timeAfter(layers: number, s: number, start: number): (x: number) => number {
  if (layers !== Infinity) return (x) => timeBetween(layers, s, start, x);
  // (1 + e^{-x})/s is 1/u.
  return (x) => (x - start + Math.exp(-start) - Math.exp(-x)) / (s * s);
}

/** `dt/dx` for u near s, its least value. */
const rateAtEnd = (layers: number, s: number): number =>
  layers === Infinity ? 1 / (s * s) : 1 / curvatureOf(layers, s);

/** The x at which the time is t. */
function inverse(after: (x: number) => number, rate: number, start: number, t: number): number {
  // The rate is at least that at the end; beyond x = 40 u is s.
  if (t === Infinity || after(Math.max(40, start)) <= t) return Infinity;
  const high = Math.min(Math.max(40, start), start + t / rate);
  if (!(high > start) || after(high) <= t) return high;
  return brent((x) => (x === start ? 0 : after(x)) - t, start, high);
}

function checkMode(where: string, layers: number, s: number, u0: number): void {
  checkLayers(where, layers);
  checkPositive(where, 's', s);
  if (!(u0 > 0 && u0 < s)) {
    throw new RangeError(
      `${where}: u0 must lie between 0 and s = ${s}, got ${u0}` +
        (u0 === 0 ? '; a mode that starts at 0 is at a saddle and never learns' : ''),
    );
  }
}

function checkEnd(where: string, s: number, u0: number, uf: number): void {
  if (uf > u0 && uf < s) return;
  throw new RangeError(
    `${where}: uf must lie between u0 = ${u0} and s = ${s}, got ${uf}` +
      (uf >= s ? '; a mode comes close to s but never reaches it' : ''),
  );
}

function checkLayers(where: string, layers: number): void {
  if (layers === Infinity || (Number.isInteger(layers) && layers >= 2)) return;
  throw new RangeError(
    `${where}: layers must be a whole number from 2 on, input and output counted, or Infinity, got ${layers}`,
  );
}

function checkPositive(where: string, name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new RangeError(`${where}: ${name} must be positive and finite, got ${value}`);
}
