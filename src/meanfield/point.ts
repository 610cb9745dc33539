/** `ordered`: gradients vanish, inputs become alike; `chaotic`: gradients explode, inputs become different. */
export type Phase = 'ordered' | 'critical' | 'chaotic';

/**
 * What weights and biases of given variance do to signals in the wide limit, at the fixed point that
 * signals approach. A number that does not exist is `null`; a depth scale that is infinite is `Infinity`.
 */
export interface PhasePoint {
  /** Fixed point of the variance map, `q* = V(q*)`. */
  readonly qStar: number;
  /** Stable fixed point of the correlation map, 1 in the ordered phase. */
  readonly cStar: number;
  /** `χ₁ = σw² E φ'(√q* z)²`, factor of the second moment of gradients per layer. */
  readonly chi1: number;
  /** `χ_c = σw² E φ'(u₁) φ'(u₂)` at `c*`, factor per layer of a small error of the correlation. */
  readonly chiC: number;
  /** `χ_q = V'(q*)`, factor per layer of a small error of the second moment. */
  readonly chiQ: number;
  /** `ξ_q = -1 / ln χ_q` in layers. */
  readonly xiQ: number;
  /** `ξ_c = -1 / ln χ_c` in layers. */
  readonly xiC: number;
  /** `ξ_∇ = 1 / |ln χ₁|` in layers. */
  readonly xiGradient: number;
  readonly phase: Phase;
}
