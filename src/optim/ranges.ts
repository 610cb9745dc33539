/** `RangeError` unless 0 ≤ value < 1. */
export function checkOpen(optimizer: string, option: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new RangeError(`${optimizer}: ${option} must be at least 0 and less than 1, got ${value}`);
}

/** `RangeError` unless the value is positive and finite. */
export function checkPositive(optimizer: string, option: string, value: number): void {
  if (value > 0 && value < Infinity) return;
  throw new RangeError(`${optimizer}: ${option} must be positive and finite, got ${value}`);
}
