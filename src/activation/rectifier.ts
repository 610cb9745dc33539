import { angleBetween, largestCovariance, sineExcess } from '../numeric/index.ts';
import type { Nonlinearity } from './nonlinearity.ts';

/**
 * The moments of `φ(x) = above · x` for `x > 0` and `below · x` for `x < 0`, with `θ = arccos(k/√(q₁q₂))` and
 * `f = (above - below)²/2π`: `E φ(u₁) φ(u₂) = √(q₁q₂) ((above² + below²)/2 cos θ + f (sin θ - θ cos θ))` and
 * `E φ'(u₁) φ'(u₂) = (above² + below²)/2 - f θ`.
 * Reference: Cho and Saul 2009, eq. 6, Kernel Methods for Deep Learning
 */
export function rectifierMoments(
  below: number,
  above: number,
): Required<
  Pick<
    Nonlinearity,
    'secondMoment' | 'derivativeSecondMoment' | 'covariance' | 'derivativeCovariance'
  >
> {
  const straight = 0.5 * (above * above + below * below);
  const bend = (above - below) ** 2 / (2 * Math.PI);
  return {
    secondMoment: (q) => straight * q,
    derivativeSecondMoment: () => straight,
    covariance: (q1, q2, k) => {
      const theta = angleBetween(q1, q2, k);
      const size = largestCovariance(q1, q2);
      if (k >= 0) return straight * k + bend * size * sineExcess(theta);
      // Seen from θ = π, where the rectified halves no longer meet.
      return above * below * k + bend * size * sineExcess(Math.PI - theta);
    },
    derivativeCovariance: (q1, q2, k) =>
      k >= 0
        ? straight - bend * angleBetween(q1, q2, k)
        : above * below + bend * angleBetween(q1, q2, -k),
  };
}
