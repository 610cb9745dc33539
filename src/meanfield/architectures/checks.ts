/** Throws `RangeError` unless `depth` is a whole number from 1 on. */
export function checkDepth(where: string, depth: number): void {
  checkCount(where, 'depth', depth);
}

/** Throws `RangeError` unless `value` is a whole number from 1 on. */
export function checkCount(where: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${where}: ${name} must be a whole number from 1 on, got ${value}`);
  }
}

/** Throws `RangeError` unless `value` is finite and above 0. */
export function checkPositive(where: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`${where}: ${name} must be positive and finite, got ${value}`);
  }
}

/** Throws `RangeError` unless `value` is finite and not negative. */
export function checkNotNegative(where: string, name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new RangeError(`${where}: ${name} must be finite and not negative, got ${value}`);
  }
}

/** Throws `RangeError` unless `value` is finite. */
export function checkFinite(where: string, name: string, value: number): void {
  if (!Number.isFinite(value)) {
    throw new RangeError(`${where}: ${name} must be finite, got ${value}`);
  }
}

/** Throws `RangeError` unless `c` is in [-1, 1]. */
export function checkCorrelation(where: string, name: string, c: number): void {
  if (!(c >= -1 && c <= 1)) {
    throw new RangeError(`${where}: ${name} must be a correlation in [-1, 1], got ${c}`);
  }
}

/** Throws `RangeError` unless `keepRate` is in (0, 1]. */
export function checkKeepRate(where: string, keepRate: number): void {
  if (!(keepRate > 0 && keepRate <= 1)) {
    throw new RangeError(
      `${where}: keepRate must be the share of units that is kept, in (0, 1], got ${keepRate}`,
    );
  }
}
