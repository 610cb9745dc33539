import { exactExp } from '../numeric/index.ts';

/** Mean and standard deviation of a distribution. */
export interface Moments {
  readonly mean: number;
  readonly std: number;
}

/** Beyond this magnitude of the exponent the density is below 1e-20 of its largest value. */
const NEGLIGIBLE = 46;
const PANELS = 128;

// Gauss–Legendre with five points: 0, ±√(5 ∓ 2√(10/7))/3, weights 128/225, (322 ± 13√70)/900.
const nodes = [0, 1, -1, 1, -1].map(
  (sign, i) => (sign * Math.sqrt(5 + (i < 3 ? -2 : 2) * Math.sqrt(10 / 7))) / 3,
);
const weights = [0, 1, 1, -1, -1].map((sign) =>
  sign === 0 ? 128 / 225 : (322 + sign * 13 * Math.sqrt(70)) / 900,
);

/**
 * Moments of a standard normal number z on the condition `low ≤ z ≤ high`, either of which may be
 * infinite: `E z` and `√(E z² - (E z)²)`, to about 1e-15 also where the interval is narrow or far from 0.
 * The integrals use exactly rounded operations only, so that the bits are the same in every engine.
 */
export function cutNormalMoments(low: number, high: number): Moments {
  if (low === -Infinity && high === Infinity) return { mean: 0, std: 1 };
  if (high < -low) {
    const mirrored = cutNormalMoments(-high, -low);
    return { mean: 0 - mirrored.mean, std: mirrored.std };
  }
  // All is measured from the point of largest density, where the exponent -d (2 top + d) / 2 is 0.
  const top = low > 0 ? low : 0;
  const reach = (2 * NEGLIGIBLE) / (top + Math.sqrt(top * top + 2 * NEGLIGIBLE));
  const from = Math.max(low - top, -reach);
  const to = Math.min(high - top, reach);
  const half = (to - from) / (2 * PANELS);
  const density = (d: number): number => exactExp(-0.5 * d * (2 * top + d));
  const integral = (f: (d: number) => number): number => {
    // What a sum of so many terms loses in rounding is kept and added at the end (Neumaier).
    let sum = 0;
    let lost = 0;
    for (let panel = 0; panel < PANELS; panel++) {
      const middle = from + (2 * panel + 1) * half;
      let part = 0;
      for (let i = 0; i < 5; i++) {
        const d = middle + half * nodes[i];
        part += weights[i] * density(d) * f(d);
      }
      const next = sum + part;
      lost += Math.abs(sum) >= Math.abs(part) ? sum - next + part : part - next + sum;
      sum = next;
    }
    return sum + lost;
  };
  const mass = integral(() => 1);
  const shift = low === -high ? 0 : integral((d) => d) / mass;
  const variance = integral((d) => (d - shift) * (d - shift)) / mass;
  return { mean: top + shift, std: Math.sqrt(variance) };
}
