import { derivativeSecondMoment, type Nonlinearity } from '../activation/index.ts';
import {
  chebyshev,
  chebyshevAt,
  chebyshevIntegral,
  coefficientsOf,
  gaussLegendre,
  sineExcess,
  type Chebyshev,
} from '../numeric/index.ts';
import { halfSquaredDistance, productMean } from './covariance.ts';
import { hermiteWeights, powerSum } from './hermite-weights.ts';
import { jumpPairs, jumpsWithSlopes, slopesOf } from './jumps.ts';

/** What becomes of a correlation `c = cos θ` at one `q`, apart from the variances. */
export interface Kernel {
  /** `D(θ) = E φ'(u₁) φ'(u₂)`. */
  readonly derivative: (theta: number) => number;
  /** `r(θ) = E (φ(u₁) - φ(u₂))² / (2 q (1 - cos θ))`, the mean of D over `[cos θ, 1]`; `E φ'²` at θ = 0. */
  readonly secant: (theta: number) => number;
  /** The series of `r` on `0 ≤ θ ≤ π/2`; not where `φ` jumps, since r is infinite at 0. */
  readonly nearSecants: () => Chebyshev;
}

/**
 * How a kernel is needed: to 1e-12, as series that make values cheap, or without them for a few values only, or
 * to 1e-9 at a tenth of the cost, for tables of kernels.
 */
export type KernelUse = 'alone' | 'few' | 'table';

const KERNELS: Readonly<Record<KernelUse, WeakMap<Nonlinearity, Map<number, Kernel>>>> = {
  alone: new WeakMap(),
  few: new WeakMap(),
  table: new WeakMap(),
};

/** Kernels that are remembered for one nonlinearity. */
const MOST_REMEMBERED = 64;

/** The kernel of `φ` at `q ≥ 0`; the last ones are remembered. */
export function kernelOf(phi: Nonlinearity, q: number, use: KernelUse = 'alone'): Kernel {
  let kernels = KERNELS[use].get(phi);
  if (kernels === undefined) KERNELS[use].set(phi, (kernels = new Map<number, Kernel>()));
  let kernel = kernels.get(q);
  if (kernel === undefined) {
    kernel = makeKernel(phi, q, use);
    if (kernels.size >= MOST_REMEMBERED) kernels.clear();
    kernels.set(q, kernel);
  }
  return kernel;
}

function makeKernel(phi: Nonlinearity, q: number, use: KernelUse): Kernel {
  if (q === 0) return rectifierKernel(phi.df(-Number.MIN_VALUE), phi.df(Number.MIN_VALUE));
  if (phi.homogeneous) return rectifierKernel(-phi.f(-1), phi.f(1));
  if ((phi.jumps ?? []).length > 0) return jumpingKernel(phi, q);
  const { derivative, isCheap } = derivativeOf(phi, q, use);
  if (use === 'few' && !isCheap) return directKernel(phi, q, derivative);
  const tolerance = isCheap || use !== 'table' ? 1e-12 : 1e-9;
  const near = once(() => chebyshev(derivative, 0, RIGHT, tolerance));
  const far = once(() => chebyshev(derivative, RIGHT, Math.PI, tolerance));
  const nearSecants = once(() => secantsOf(near(), 0));
  const farSecants = once(() => secantsOf(far(), chebyshevAt(nearSecants(), RIGHT)));
  return {
    derivative: (theta) => chebyshevAt((theta <= RIGHT ? near : far)(), theta),
    secant: (theta) => chebyshevAt((theta <= RIGHT ? nearSecants : farSecants)(), theta),
    nearSecants,
  };
}

/** Every value by quadrature: at large `q` the series of a steep `φ` need hundreds of values before they give one. */
function directKernel(phi: Nonlinearity, q: number, derivative: (theta: number) => number): Kernel {
  const secant = (theta: number): number =>
    theta === 0
      ? derivative(0)
      : halfSquaredDistance(phi, q, theta) / (2 * q * Math.sin(0.5 * theta) ** 2);
  return { derivative, secant, nearSecants: () => kernelOf(phi, q).nearSecants() };
}

const RIGHT = 0.5 * Math.PI;

/** A value that is made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** Exact for what the interpolant of D can do between two nodes. */
const STEP_RULE = gaussLegendre(8);

/**
 * `r(θ) = (∫ D sin θ' dθ' from 0 to θ) / (1 - cos θ)` on the interval of the interpolant of D; `before` is the integral up to
 * there. Summed up from node to node, so that nothing cancels and small angles are as exact as large ones.
 */
function secantsOf(series: Chebyshev, before: number): Chebyshev {
  const { low, high } = series;
  const degree = series.coefficients.length + 16;
  const angle = (j: number): number =>
    j === 0 ? high : low + (high - low) * Math.sin((Math.PI * (degree - j)) / (2 * degree)) ** 2;
  const values = Array.from({ length: degree + 1 }, () => 0);
  values[degree] = low === 0 ? chebyshevAt(series, 0) : before / (1 - Math.cos(low));
  let integral = before;
  for (let j = degree - 1; j >= 0; j--) {
    const middle = 0.5 * (angle(j + 1) + angle(j));
    const half = 0.5 * (angle(j) - angle(j + 1));
    for (let i = 0; i < STEP_RULE.nodes.length; i++) {
      const theta = middle + half * STEP_RULE.nodes[i];
      integral += half * STEP_RULE.weights[i] * chebyshevAt(series, theta) * Math.sin(theta);
    }
    values[j] = (0.5 * integral) / Math.sin(0.5 * angle(j)) ** 2;
  }
  return { low, high, coefficients: coefficientsOf(values) };
}

/** `D(θ)`, as exactly and cheaply as can be. */
function derivativeOf(
  phi: Nonlinearity,
  q: number,
  use: KernelUse,
): { derivative: (theta: number) => number; isCheap: boolean } {
  const { derivativeCovariance } = phi;
  if (derivativeCovariance !== undefined) {
    const derivative = (theta: number): number => derivativeCovariance(q, q, q * Math.cos(theta));
    return { derivative, isCheap: true };
  }
  const weights = hermiteWeights(phi, q);
  if (weights !== null) {
    return { derivative: (theta) => powerSum(weights, Math.cos(theta)), isCheap: true };
  }
  const slopes = slopesOf(phi);
  if (slopes !== null) return { derivative: ofPieces(phi, q, slopes), isCheap: true };
  const points = use === 'table' ? 10 : 16;
  return { derivative: (theta) => productMean(phi, phi.df, q, q, theta, points), isCheap: false };
}

/** `D(θ)` where φ' is piecewise constant. */
function ofPieces(
  phi: Nonlinearity,
  q: number,
  slopes: readonly number[],
): (theta: number) => number {
  // dD/dθ has nothing but the pairs of its jumps.
  const jumps = phi.breakpoints.map((at, i) => ({ at, height: slopes[i + 1] - slopes[i] }));
  const bends = { ...phi, jumps };
  const rate = (theta: number): number => -q * jumpPairs(bends, q, q, theta);
  const near = chebyshevIntegral(chebyshev(rate, 0, RIGHT, 1e-13), derivativeSecondMoment(phi, q));
  const far = once(() =>
    chebyshevIntegral(chebyshev(rate, RIGHT, Math.PI, 1e-13), chebyshevAt(near, RIGHT)),
  );
  return (theta) => chebyshevAt(theta <= RIGHT ? near : far(), theta);
}

/** Where `φ` jumps, `D sin θ` is smooth instead of D, and `r` grows like 1/θ. */
function jumpingKernel(phi: Nonlinearity, q: number): Kernel {
  const isStep = slopesOf(phi)?.every((slope) => slope === 0) ?? false;
  const weighted = (theta: number): number => {
    const smooth = isStep
      ? 0
      : productMean(phi, phi.df, q, q, theta) + jumpsWithSlopes(phi, q, q, theta);
    return smooth * Math.sin(theta) + jumpPairs(phi, q, q, theta);
  };
  const series = chebyshev(weighted, 0, Math.PI, 1e-12);
  const whole = chebyshevIntegral(series, 0);
  return {
    derivative: (theta) => chebyshevAt(series, theta) / Math.sin(theta === Math.PI ? 0 : theta),
    secant: (theta) => (0.5 * chebyshevAt(whole, theta)) / Math.sin(0.5 * theta) ** 2,
    nearSecants: () => {
      throw new RangeError(`kernelOf: ${phi.name} must not jump for its secants to have a series`);
    },
  };
}

/** In closed form for `φ(x) = above · x` for x > 0, `below · x` for x < 0. */
function rectifierKernel(below: number, above: number): Kernel {
  const bend = (above - below) ** 2 / (2 * Math.PI);
  const straight = 0.5 * (above ** 2 + below ** 2);
  const secant = (theta: number): number => straight - bend * arcExcess(theta);
  return {
    derivative: (theta) => straight - bend * theta,
    secant,
    nearSecants: () => chebyshev(secant, 0, RIGHT),
  };
}

/** `(sin θ - θ cos θ) / (1 - cos θ)`, which is 2θ/3 for small θ. */
function arcExcess(theta: number): number {
  return theta === 0 ? 0 : sineExcess(theta) / (2 * Math.sin(0.5 * theta) ** 2);
}
