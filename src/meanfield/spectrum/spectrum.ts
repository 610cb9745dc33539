/** A singular value that a fraction `mass` of all singular values have in common. */
export interface Atom {
  readonly s: number;
  readonly mass: number;
}

/**
 * The continuous part of a law of singular values, at points between its edges, ascending; no points where the
 * law has atoms alone. They go down to `e^-60` of the largest singular value: of a deep network a good part of the mass
 * lies below the first point, `cdf[0]`, and `s ρ` is to be integrated over `ln s`.
 */
export interface Density {
  readonly s: readonly number[];
  /** Fraction of the singular values per unit of `s`. */
  readonly rho: readonly number[];
  /** Fraction of the singular values, those of atoms too, that are at most `s`. */
  readonly cdf: readonly number[];
}

/**
 * The limiting law of the singular values of a wide random matrix. Plain data. Numbers that are less
 * than the smallest float64 are 0.
 */
export interface Spectrum {
  /** Upper edge: the largest singular value. */
  readonly sMax: number;
  /**
   * Lower edge: 0 where the law has an atom at 0 or a density down to 0. Of a slope that vanishes far out alone, as that
   * of tanh, it is the edge of the law of pre-activations within nine standard deviations, beyond which there is less
   * than 1e-18 of each layer.
   */
  readonly sMin: number;
  /** `m₁`, mean of the squared singular values, the eigenvalues of `J Jᵀ`. */
  readonly mean: number;
  /** `σ² = m₂ - m₁²`, variance of the squared singular values. */
  readonly variance: number;
  /** The nine deciles of the singular values, atoms included. */
  readonly deciles: readonly number[];
  /** Ascending; empty where the law is continuous. */
  readonly atoms: readonly Atom[];
  readonly density: Density;
}
