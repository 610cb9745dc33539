import { erf, erfc, exactExp, exactLn } from '../../../numeric/index.ts';

/** Giles's coefficients in `w = -ln (1 - x²)`, the highest power first: for `w - 2.5`, w < 5, and for `√w - 3`. */
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
];
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
];

const HALF_SQRT_PI = Math.sqrt(Math.PI) / 2;

/**
 * The inverse error function of a float32 number, rounded to float32: Giles's polynomials, and one step of
 * Halley's method, which cubes their error of 1e-7.
 * Reference: Giles 2012, Approximating the erfinv function, GPU Computing Gems, doi:10.1016/B978-0-12-385963-1.00010-1
 */
export function erfinv32(x: number): number {
  if (x === 0) return x;
  if (!(Math.abs(x) < 1)) return Math.abs(x) === 1 ? x * Infinity : NaN;
  const rest = (1 - x) * (1 + x);
  const w = -exactLn(rest);
  const t = w < 5 ? w - 2.5 : Math.sqrt(w) - 3;
  let p = 0;
  for (const coefficient of w < 5 ? CENTRE : TAIL) p = p * t + coefficient;
  const y = p * x;
  // Near ±1 the difference is taken between the complements, which do not cancel.
  const magnitude = Math.abs(y);
  const difference = w < 1 ? erf(y) - x : Math.sign(y) * (1 - Math.abs(x) - erfc(magnitude));
  const step = difference * HALF_SQRT_PI * exactExp(y * y);
  return Math.fround(y - step / (1 + y * step));
}
