/** The variances of a network's weights and biases: `Var W = σw² / fan_in`, `Var b = σb²`. */
export interface Variances {
  readonly sigmaW2: number;
  readonly sigmaB2: number;
}

/** Throws `RangeError` unless both variances are finite and not negative. */
export function checkVariances(where: string, { sigmaW2, sigmaB2 }: Variances): void {
  for (const [name, value] of [
    ['sigmaW2', sigmaW2],
    ['sigmaB2', sigmaB2],
  ] as const) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new RangeError(
        `${where}: ${name} must be a variance, finite and not negative, got ${value}`,
      );
    }
  }
}
