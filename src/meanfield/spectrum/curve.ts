/** A point of a law of eigenvalues `λ = s²`. */
export interface LawPoint {
  /** `ln λ`. */
  readonly lnLambda: number;
  /** `s ρ(s)`: density of `ln s`. */
  readonly density: number;
  /** Mass of all `λ` above this one, atoms included. */
  readonly above: number;
}

/** Parameters between which a law has a density; `λ` rises with the parameter. */
export interface Band {
  readonly low: number;
  readonly high: number;
  /** Of a band without a lowest parameter: `ln λ` below which there is nothing, `-Infinity` if not given. */
  readonly lnLeast?: number;
}

/** A law of eigenvalues as a curve, `λ` and its density as functions of one parameter. */
export interface LawCurve {
  /** Ascending, disjoint. */
  readonly bands: readonly Band[];
  /** Within or at the ends of a band. */
  readonly at: (t: number) => LawPoint;
  /** Eigenvalues with a mass of their own, ascending; `lnLambda` is `-Infinity` for 0. */
  readonly atoms: readonly { readonly lnLambda: number; readonly mass: number }[];
}
