/** Throws `RangeError` unless a number is finite and positive. */
export function positive(where: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`${where}: ${name} must be positive and finite, got ${value}`);
  }
}

/** Throws `RangeError` unless a number is whole and at least 1. */
export function checkWhole(where: string, name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`${where}: ${name} must be a whole number from 1 on, got ${value}`);
  }
}

/** Most points of a density. */
const MOST_POINTS = 1_000_000;

/** Throws `RangeError` unless a density can have that many points. */
export function checkPoints(where: string, points: number): void {
  if (!(Number.isInteger(points) && points >= 1 && points <= MOST_POINTS)) {
    throw new RangeError(
      `${where}: points must be a whole number from 1 to ${MOST_POINTS}, got ${points}`,
    );
  }
}
