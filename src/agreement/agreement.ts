/** What a comparison of a measurement with a prediction says. */
export type Comparison = 'agrees' | 'differs' | 'not predicted';

/** One measured number beside its prediction. */
export interface Agreement {
  readonly verdict: Comparison;
  readonly measured: number | null;
  readonly predicted: number | null;
  /** One standard error of the measured number, from width, draws and examples; `null` where nothing is compared. */
  readonly error: number | null;
  /** How many standard errors the two are apart; `null` where nothing is compared. */
  readonly errors: number | null;
}

/** One layer: second moment, correlation of two inputs, second moment of the gradient. */
export interface LayerAgreement {
  readonly name: string;
  readonly q: Agreement;
  readonly c: Agreement;
  readonly gradient: Agreement;
}

/** A measured network beside its prediction. */
export interface NetworkAgreement {
  readonly layers: readonly LayerAgreement[];
  /** How many lines agree, differ and are not predicted, and where it differs first, in one or two sentences. */
  readonly verdict: string;
}
