/** Points of the sum over the singular values; edges like a square root leave an error of 1e-5. */
const POINTS = 8192;

/**
 * The mean of the largest `share` of the singular values of `α Z/√d + β I`, Z with elements from
 * N(0, 1), for large d. The Stieltjes transform m of the squared values has w = 1 + α² m with
 * `x w³ - x w² + (α² - β²) w + β² = 0`, and the density is `Im w / (π α²)`.
 * Reference: Dozier & Silverstein 2007, J. Multivariate Analysis 98, information-plus-noise matrices
 */
export function meanTopSingular(alpha: number, beta: number, share: number): number {
  const [a2, b2] = [alpha * alpha, beta * beta];
  if (a2 === 0) return Math.abs(beta);
  const top = 2 * Math.abs(alpha) + Math.abs(beta);
  const step = top / POINTS;
  let mass = 0;
  let sum = 0;
  for (let i = POINTS - 1; i >= 0; i--) {
    const s = (i + 0.5) * step;
    const x = s * s;
    // Of the squared value x = s²: dx = 2 s ds.
    const part = ((2 * s * step) / (Math.PI * a2)) * imaginaryRoot(-1, (a2 - b2) / x, b2 / x);
    const taken = Math.min(part, share - mass);
    mass += taken;
    sum += taken * s;
    if (taken < part) break;
  }
  return sum / mass;
}

/** The imaginary part of the complex roots of `w³ + b w² + c w + d`, 0 if all three are real. */
function imaginaryRoot(b: number, c: number, d: number): number {
  const p = c - (b * b) / 3;
  const q = (2 * b * b * b) / 27 - (b * c) / 3 + d;
  const discriminant = (q * q) / 4 + (p * p * p) / 27;
  if (discriminant <= 0) return 0;
  const root = Math.sqrt(discriminant);
  // The summand of the larger magnitude first, so that the other one loses no digits.
  const u = Math.cbrt(q > 0 ? -q / 2 - root : -q / 2 + root);
  const v = u === 0 ? 0 : -p / (3 * u);
  return (Math.sqrt(3) / 2) * Math.abs(u - v);
}
