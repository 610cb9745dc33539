import { erfcx } from '../numeric/index.ts';

/** `E [(exp(s z) - 1)²; z < 0] = ½ (erfcx(√2 s) - 2 erfcx(s/√2) + 1)` for `s > 0`. */
export function shiftedExponentialMoment(s: number): number {
  if (s >= 0.5) return 0.5 * (erfcx(Math.SQRT2 * s) - 2 * erfcx(Math.SQRT1_2 * s) + 1);
  // The three terms cancel to order s², so sum their power series instead, which starts there:
  // erfcx(t) = Σ (-t)ⁿ / Γ(n/2 + 1), and Γ(n/2 + 1) = n/2 · Γ((n - 2)/2 + 1).
  const gamma = [1, Math.sqrt(Math.PI) / 2];
  let sum = 0;
  for (let n = 2; n < 40; n++) {
    gamma[n] = 0.5 * n * gamma[n - 2];
    sum += ((-s) ** n * (2 ** (n / 2) - 2 ** (1 - n / 2))) / gamma[n];
  }
  return 0.5 * sum;
}

/** `E [exp(2 s z); z < 0] = ½ erfcx(√2 s)` for `s > 0`. */
export function exponentialMoment(s: number): number {
  return 0.5 * erfcx(Math.SQRT2 * s);
}
