/** Variances on the edge of chaos, `χ₁ = 1`, and the fixed point that they hold. */
export interface CriticalPoint {
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly qStar: number;
  /** Below 1 the fixed point is stable, at 1 half-stable, above 1 unstable. */
  readonly chiQ: number;
}
