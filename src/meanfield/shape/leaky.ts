import { brent } from '../../numeric/index.ts';
import type { SubnetFunction } from './map-network.ts';

/**
 * The C map of a leaky ReLU of negative slope `a`, scaled to keep q = 1:
 * `C(c) = ((1 - a)² (√(1 - c²) + (π - arccos c) c) / π + 2ac) / (1 + a²)`.
 * Reference: Zhang et al. 2022, section 4.2, arXiv:2203.08120
 */
export function leakyCorrelation(c: number, a: number): number {
  const x = Math.min(1, Math.max(-1, c));
  const arc = Math.sqrt((1 - x) * (1 + x)) + (Math.PI - Math.acos(x)) * x;
  return (((1 - a) ** 2 * arc) / Math.PI + 2 * a * x) / (1 + a * a);
}

/** The largest local slope of a centred leaky ReLU with negative slopes from 0 to 1: that of ReLU, `π / (π - 1)`. */
export const LARGEST_LEAKY_SLOPE: number = Math.PI / (Math.PI - 1);

/**
 * The negative slope `a` in [0, 1) at which a leaky ReLU of mean 0 and second moment 1 has the local slope
 * `C'(1) = 1 + excess`. Without an input shift `Q'(1) = 1` holds for every a, and
 * `C'(1) = 1 / (1 - t / π)`, `t = (1 - a)² / (1 + a²)`, is solved for a. `null` where no a in [0, 1) gives it.
 */
export function leakySlopeForSlope(excess: number): number | null {
  const t = (Math.PI * excess) / (1 + excess);
  if (!(t <= 1)) return null;
  // a is the smaller root of (1 - t) a² - 2a + (1 - t), in the form that does not cancel.
  return (1 - t) / (1 + Math.sqrt(t * (2 - t)));
}

/** The output scale and shift that give a leaky ReLU mean 0 and second moment 1: `γ = 1/√Var`, `δ = -E φ`. */
export function centredLeaky(a: number): { readonly shift: number; readonly scale: number } {
  const mean = (1 - a) / Math.sqrt(2 * Math.PI);
  return { shift: -mean, scale: 1 / Math.sqrt((1 + a * a) / 2 - mean * mean) };
}

/**
 * The negative slope in [0, 1) at which the largest `C_f(0)` over subnetworks is `eta`. It falls from that
 * of ReLU to 0 as the slope grows to 1; `RangeError` where `eta` is above that of ReLU.
 * Reference: Zhang et al. 2022, section 4.2, arXiv:2203.08120
 */
export function leakySlopeForValue(network: SubnetFunction, eta: number): number {
  if (!(eta > 0 && eta < 1)) {
    throw new RangeError(`shape: eta must be between 0 and 1, got ${eta}`);
  }
  const largest = (a: number): number => network(0, (c) => leakyCorrelation(c, a));
  const reachable = largest(0);
  if (!(reachable >= eta)) {
    throw new RangeError(
      `shape: eta must be at most ${short(reachable)}, which ReLU (slope 0) reaches in this network, ` +
        `got ${eta}; a network of so few activations cannot bring inputs closer: lower eta`,
    );
  }
  if (reachable === eta) return 0;
  return brent((a) => largest(a) - eta, 0, 1);
}

const short = (x: number): string => String(Number(x.toPrecision(6)));
