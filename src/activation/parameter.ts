/** Throws `RangeError` unless the value of an activation's parameter is finite. */
export function finite(activation: string, parameter: string, value: number): void {
  if (!Number.isFinite(value)) {
    throw new RangeError(`${activation}: ${parameter} must be a finite number, got ${value}`);
  }
}

/** Throws `RangeError` unless the value of an activation's parameter is positive and finite. */
export function positive(activation: string, parameter: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`${activation}: ${parameter} must be positive and finite, got ${value}`);
  }
}
