/** Sums over the examples of one value that their correlation is made of. */
export interface Overlap {
  /** `Σ_a x_a`, element by element; `null` where examples are not alike, or not known apart. */
  readonly sum: Float64Array | null;
  /** `Σ_a ‖x_a‖²`. */
  readonly squares: number;
  readonly examples: number;
}

/**
 * Adds examples to an overlap (`null` before the first): `values` are `outer` blocks of one block for each of
 * `count` examples.
 */
export function overlapOf(
  before: Overlap | null,
  values: Float32Array | Float64Array,
  outer: number,
  count: number,
): Overlap {
  const inner = values.length / (outer * count);
  const size = outer * inner;
  const sum = before === null ? new Float64Array(size) : before.sum;
  let squares = 0;
  for (let block = 0, index = 0; block < outer; block++) {
    for (let example = 0; example < count; example++) {
      let own = 0;
      if (sum === null || sum.length !== size) {
        for (const end = index + inner; index < end; index++) own += values[index] ** 2;
      } else {
        const end = (block + 1) * inner;
        for (let at = block * inner; at < end; at++, index++) {
          const value = values[index];
          sum[at] += value;
          own += value * value;
        }
      }
      squares += own;
    }
  }
  return {
    sum: sum?.length === size ? sum : null,
    squares: (before?.squares ?? 0) + squares,
    examples: (before?.examples ?? 0) + count,
  };
}

/**
 * `c = E x x' / E x²` over all pairs of different examples, position by position, of one value or of several
 * together: `Σ_{a≠b} x_a · x_b = ‖Σ_a x_a‖² - Σ_a ‖x_a‖²`. `null` where there is but one example, examples are
 * not alike, all are zero or something is not finite.
 */
export function correlationOf(overlaps: readonly Overlap[]): number | null {
  let pairs = 0;
  let squares = 0;
  for (const { sum, squares: own, examples } of overlaps) {
    if (sum === null || examples < 2) return null;
    let total = 0;
    for (let i = 0; i < sum.length; i++) total += sum[i] * sum[i];
    pairs += (total - own) / (examples - 1);
    squares += own;
  }
  return squares > 0 && Number.isFinite(pairs / squares) ? pairs / squares : null;
}
