// The limits are those of float32, the type that the parameter has in a graph.

/** Throws `RangeError` unless the value of an activation's parameter is finite as a float32. */
export function finite(activation: string, parameter: string, value: number): void {
  if (!Number.isFinite(Math.fround(value))) {
    throw new RangeError(`${activation}: ${parameter} must be finite in float32, got ${value}`);
  }
}

/** Throws `RangeError` unless the value of an activation's parameter is positive and finite as a float32. */
export function positive(activation: string, parameter: string, value: number): void {
  const stored = Math.fround(value);
  if (!(stored > 0 && Number.isFinite(stored))) {
    throw new RangeError(
      `${activation}: ${parameter} must be positive and finite in float32, got ${value}`,
    );
  }
}
