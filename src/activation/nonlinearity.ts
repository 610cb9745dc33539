/**
 * A function `φ` of one real number, with what is known of its averages over Gaussian pre-activations:
 * all that the theory needs. Every `Activation` is one; `nonlinearity(f)` makes one of a function alone.
 */
export interface Nonlinearity {
  readonly name: string;
  /** `φ(x)`. */
  readonly f: (x: number) => number;
  /** `φ'(x)`; at a kink the derivative from the left. */
  readonly df: (x: number) => number;
  /** Ascending: where `φ` or one of its derivatives jumps. */
  readonly breakpoints: readonly number[];
  /** Where `φ` itself jumps and by how much, ascending and among the breakpoints: `φ'` has deltas there that `df` leaves out. */
  readonly jumps?: readonly Jump[];
  /** Ascending: ends of intervals on which `φ` is smooth but changes over a small part of 1, for quadrature to notice them. */
  readonly features?: readonly number[];
  /** `φ(cx) = c φ(x)` for every `c > 0`. */
  readonly homogeneous: boolean;
  /** `φ(-x) = -φ(x)`, so that the mean of the output is zero at every scale. */
  readonly odd: boolean;
  /** `E φ(√q z)²`, `z ~ N(0, 1)`, `q > 0`, where a closed form is known. */
  readonly secondMoment?: (q: number) => number;
  /** `E φ'(√q z)²`, where a closed form is known. */
  readonly derivativeSecondMoment?: (q: number) => number;
  /** `E φ(u₁) φ(u₂)` of Gaussians of variance `q1`, `q2` and covariance `k`, where a closed form is known. */
  readonly covariance?: (q1: number, q2: number, k: number) => number;
  /** `E φ'(u₁) φ'(u₂)`, where a closed form is known. */
  readonly derivativeCovariance?: (q1: number, q2: number, k: number) => number;
}

/** `φ(at + 0) - φ(at - 0) = height`. */
export interface Jump {
  readonly at: number;
  readonly height: number;
}
