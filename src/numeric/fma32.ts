/**
 * `a b + c` rounded once, to float32, for float32 numbers that are neither huge nor subnormal. The
 * product is exact in float64. The sum is rounded to float64, which matters only where it then lies
 * half way between two float32 numbers: there the error of the sum decides.
 */
export function fma32(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const near = Math.fround(sum);
  const rest = sum - near;
  const far = sum + rest;
  return rest === 0 || Math.fround(far) !== far ? near : decided(product, c, sum, rest, near, far);
}

/** Of the two float32 numbers around `sum`, the one nearer to `product + c`; `near` if none is. */
function decided(
  product: number,
  c: number,
  sum: number,
  rest: number,
  near: number,
  far: number,
): number {
  const part = sum - product;
  const error = product - (sum - part) + (c - part);
  return error !== 0 && error > 0 === rest > 0 ? far : near;
}
