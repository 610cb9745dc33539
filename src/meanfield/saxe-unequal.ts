/** One mode of a linear network with one hidden layer whose layers start with different strengths. */
export interface UnequalMode {
  /** Singular value of the input-output correlation. */
  readonly s: number;
  /** Strengths of the two layers at the start; the mode's is their product. */
  readonly a0: number;
  readonly b0: number;
}

/** A mode on its way. */
export interface UnequalState {
  readonly a: number;
  readonly b: number;
  /** `u = a b`. */
  readonly u: number;
}

/**
 * Learning time `t/τ` of a mode with unequal layers, `τ da/dt = b (s - ab)`, `τ db/dt = a (s - ab)`, from `a0 b0` to
 * uf. `c = (a² - b²)/2` is conserved, so `τ du/dt = 2 √(c² + u²) (s - u)` and, with `R = √(s² + c²)`,
 * `t = ln(F(uf)/F(u0)) / 2R`, `F(u) = (R √(c² + u²) + s u + c²)/(s - u)`.
 *
 * `RangeError` unless s is positive, the start is not 0 in both layers and below s, and uf lies between.
 * Reference: Saxe et al. 2014, eqs. 8, 25, 26, arXiv:1312.6120
 */
export function saxeUnequalTime(mode: UnequalMode & { readonly uf: number }): number {
  const { s, uf } = mode;
  const { c, u0, R } = motionOf('saxeUnequalTime', mode);
  if (!(uf > u0 && uf < s)) {
    throw new RangeError(
      `saxeUnequalTime: uf must lie between a0 b0 = ${u0} and s = ${s}, got ${uf}`,
    );
  }
  return (lnF(uf, s, c, R) - lnF(u0, s, c, R)) / (2 * R);
}

/**
 * A mode with unequal layers at times in units of τ: `u = (s E² - 2c² E - c² s)/(E² + 2s E - c²)` with
 * `E = F(u0) e^{2Rt}`, the inverse of `saxeUnequalTime`; a and b follow from `c`.
 * `RangeError` as there, and where a time is negative.
 * Reference: Saxe et al. 2014, eqs. 8, 25, 26, arXiv:1312.6120
 */
export function saxeUnequalTrajectory(
  mode: UnequalMode & { readonly times: readonly number[] },
): UnequalState[] {
  const { s, a0, b0, times } = mode;
  const { c, u0, R } = motionOf('saxeUnequalTrajectory', mode);
  const ln0 = lnF(u0, s, c, R);
  return times.map((t) => {
    if (!(t >= 0)) {
      throw new RangeError(`saxeUnequalTrajectory: times must be numbers from 0 on, got ${t}`);
    }
    if (t === 0) return { a: a0, b: b0, u: u0 };
    // 1/E, which cannot overflow.
    const e = Math.exp(-(ln0 + 2 * R * t));
    const u = (s - 2 * c * c * e - c * c * s * e * e) / (1 + 2 * s * e - c * c * e * e);
    const half = Math.hypot(c, u);
    // The layer that is the stronger keeps its sign; the other follows from the product.
    const sign = Math.sign(c >= 0 ? a0 : b0);
    const strong = sign * Math.sqrt(half + Math.abs(c));
    const weak = u / strong;
    return c >= 0 ? { a: strong, b: weak, u } : { a: weak, b: strong, u };
  });
}

function motionOf(where: string, { s, a0, b0 }: UnequalMode): { c: number; u0: number; R: number } {
  if (!(s > 0 && Number.isFinite(s))) {
    throw new RangeError(`${where}: s must be positive and finite, got ${s}`);
  }
  const u0 = a0 * b0;
  const c = 0.5 * (a0 - b0) * (a0 + b0);
  if (!(Number.isFinite(u0) && Number.isFinite(c) && u0 < s)) {
    throw new RangeError(`${where}: a0 b0 must be less than s = ${s}, got ${a0} · ${b0}`);
  }
  if (c === 0 && u0 <= 0) {
    throw new RangeError(
      `${where}: a0 and b0 must not be of the same size and 0 or of opposite signs, got ${a0} and ${b0}; such a mode ` +
        `ends at the saddle a = b = 0 and never learns`,
    );
  }
  return { c, u0, R: Math.hypot(s, c) };
}

/** `ln F(u)`, for negative u without cancellation. */
function lnF(u: number, s: number, c: number, R: number): number {
  const root = R * Math.hypot(c, u);
  if (u >= 0) return Math.log(root + s * u + c * c) - Math.log(s - u);
  // (R² (u² + c²) - (s u + c²)²) = c² (s - u)².
  return 2 * Math.log(Math.abs(c)) + Math.log(s - u) - Math.log(root - s * u - c * c);
}
