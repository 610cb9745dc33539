/** What a comparison of a measurement with a prediction says. */
export type Comparison = 'agrees' | 'differs' | 'not predicted';

/** One measured number beside its prediction. */
export interface Agreement {
  readonly verdict: Comparison;
  readonly measured: number | null;
  readonly predicted: number | null;
  /**
   * One standard error of the measured number about the prediction, in its own units: from draws, width, examples and
   * rounding; `null` where nothing is compared.
   */
  readonly error: number | null;
  /**
   * How many standard errors the two are apart: on the scale on which draws scatter evenly, which is the logarithm
   * of second moments, and of `1 - c` where c is above a half; `null` where nothing is compared.
   */
  readonly errors: number | null;
}

/** The lines of a layer. */
export type Line = 'q' | 'c' | 'gradient';

/** One layer: second moment, correlation of two inputs, second moment of the gradient. */
export interface LayerAgreement {
  readonly name: string;
  readonly q: Agreement;
  readonly c: Agreement;
  readonly gradient: Agreement;
  /** The approximation that the prediction makes here, or why there is none, or how the error was found; else `null`. */
  readonly note: string | null;
}

/** A measured network beside its prediction. */
export interface NetworkAgreement {
  readonly layers: readonly LayerAgreement[];
  /** How many lines there are of each verdict. */
  readonly counts: { readonly [C in Comparison]: number };
  /** Standard errors from which on a line differs: 4, more where there are so many lines that chance would go beyond. */
  readonly threshold: number;
  /** The first line that differs, in graph order: q before c, gradients, from the output on, behind both. */
  readonly first: { readonly name: string; readonly line: Line } | null;
  /** How many lines agree, differ and are not predicted, and where it differs first, in one or two sentences. */
  readonly verdict: string;
}
