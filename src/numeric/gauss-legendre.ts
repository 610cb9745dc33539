/** A quadrature rule: `∫ f ≈ Σ weights[i] f(nodes[i])`. */
export interface Quadrature {
  /** Ascending. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/**
 * Gauss–Legendre rule of `n` points on [-1, 1], exact for polynomials of degree `2n - 1`: the roots
 * of the Legendre polynomial `Pₙ` by Newton's method and `wᵢ = 2 / ((1 - xᵢ²) Pₙ'(xᵢ)²)`.
 * `RangeError` unless `n` is a whole number from 1 on.
 */
export function gaussLegendre(n: number): Quadrature {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`gaussLegendre: n must be a whole number from 1 on, got ${n}`);
  }
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < Math.ceil(n / 2); i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let { value, slope } = legendre(n, x);
    for (let step = 0; step < 10; step++) {
      const change = value / slope;
      x -= change;
      ({ value, slope } = legendre(n, x));
      if (Math.abs(change) < 1e-15) break;
    }
    if (2 * i + 1 === n) x = 0;
    nodes[n - 1 - i] = x;
    nodes[i] = 0 - x;
    weights[i] = weights[n - 1 - i] = 2 / ((1 - x) * (1 + x) * slope * slope);
  }
  return { nodes, weights };
}

/** `Pₙ(x)` by its three-term recurrence, and `Pₙ'(x)`, for `|x| < 1`. */
function legendre(n: number, x: number): { value: number; slope: number } {
  let previous = 1;
  let value = x;
  for (let k = 2; k <= n; k++) {
    [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
  }
  return { value, slope: (n * (previous - x * value)) / ((1 - x) * (1 + x)) };
}
