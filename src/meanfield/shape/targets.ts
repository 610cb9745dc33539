import { brent } from '../../numeric/index.ts';
import type { SubnetFunction } from './map-network.ts';

/** The largest slope `C_f'(1)` over subnetworks f where every activation's local map has slope `s` at 1. */
export const maximalSlope = (network: SubnetFunction, s: number): number =>
  network(1, (slope) => slope * s);

/** The largest curvature `C_f''(1)` over subnetworks f where local maps have slope 1 and curvature `kappa` at 1. */
export const maximalCurvature = (network: SubnetFunction, kappa: number): number =>
  network(0, (curvature) => curvature + kappa);

/**
 * The slope `s` of the local map at which the largest slope over subnetworks is `zeta > 1`, less 1, so that
 * it keeps its digits in deep networks. `RangeError` where no slope gives that.
 * Reference: Martens et al. 2021, section "Summary of our method", arXiv:2110.01765
 */
export function localExcess(network: SubnetFunction, zeta: number): number {
  if (!(zeta > 1 && Number.isFinite(zeta))) {
    throw new RangeError(`shape: zeta must be finite and more than 1, got ${zeta}`);
  }
  return solveIncreasing((t) => maximalSlope(network, 1 + t) - zeta, 'slope');
}

/**
 * The curvature `κ` of the local map at which the largest curvature over subnetworks is `tau > 0`.
 * Reference: Zhang et al. 2022, appendix B, arXiv:2203.08120
 */
export function localCurvature(network: SubnetFunction, tau: number): number {
  if (!(tau > 0 && Number.isFinite(tau))) {
    throw new RangeError(`shape: tau must be finite and positive, got ${tau}`);
  }
  return solveIncreasing((kappa) => maximalCurvature(network, kappa) - tau, 'curvature');
}

/** The root of an increasing function that is negative at 0. */
function solveIncreasing(f: (t: number) => number, what: string): number {
  let high = 1;
  while (f(high) < 0) {
    high *= 2;
    if (high > 1e12) {
      throw new RangeError(
        `shape: network must have an activation whose local ${what} counts, got one whose largest ` +
          `${what} stays below the target for every local ${what}`,
      );
    }
  }
  let low = high / 2;
  while (f(low) > 0) {
    low /= 2;
    if (low < 1e-15) {
      throw new RangeError(
        `shape: network must leave a value as it is if its activations do, got one whose largest ` +
          `${what} is above the target without any`,
      );
    }
  }
  return brent(f, low, high);
}
