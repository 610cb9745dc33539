import { fma32 } from '../../../numeric/index.ts';

const f = Math.fround;

const LOG1P_NUMERATOR = [
  4.52700008624452e-5, 0.49854102823193375, 6.578732594206104, 29.911919328553072,
  60.94966798098779, 57.11296359058554, 20.039553499201283,
].map(f);
const LOG1P_DENOMINATOR = [
  1, 15.062909083469192, 83.04756596796722, 221.76239823732857, 309.09872225312057,
  216.42788614495947, 60.11866049760384,
].map(f);
const LOG = [
  0.07037683629, -0.1151461031, 0.1167699874, -0.12420140846, 0.14249322787, -0.16668057665,
  0.20000714765, -0.24999993993, 0.33333331174,
].map(f);
const LN2_HIGH = 0.693359375;
const LN2_LOW = f(-2.1219444e-4);
const SQRT_HALF = f(Math.SQRT1_2);
const SQRT2_LESS_1 = f(Math.SQRT2 - 1);

const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
].map(f);
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
].map(f);

const ERF_NUMERATOR = [
  0.00022905065861350646, 0.0034082910107109507, 0.05095569506238086, 0.18520832239976145,
  1.128379143519084,
].map(f);
const ERF_DENOMINATOR = [
  -1.1791602954361697e-7, 2.3547966471313183e-5, 0.0010179625278914884, 0.014070470171167667,
  0.11098505178285362, 0.49746925110067536, 1,
].map(f);
const ERF_END = f(3.7439211627767994);

const scratch = new Float32Array(1);
const bits = new Int32Array(scratch.buffer);

function horner(coefficients: readonly number[], x: number): number {
  let sum = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) sum = fma32(sum, x, coefficients[i]);
  return sum;
}

/** `ln x` of a normal float32 x > 0 as compiled by XLA for CPUs: Cephes in three interleaved chains of fma. */
function log32(x: number): number {
  scratch[0] = x;
  let e = (bits[0] >>> 23) - 126;
  bits[0] = (bits[0] & 0x007fffff) | 0x3f000000;
  let m = scratch[0];
  if (m < SQRT_HALF) {
    e -= 1;
    m = f(f(m - 1) + m);
  } else {
    m = f(m - 1);
  }
  const m2 = f(m * m);
  const m3 = f(m2 * m);
  const y0 = fma32(fma32(LOG[0], m, LOG[1]), m, LOG[2]);
  const y1 = fma32(fma32(LOG[3], m, LOG[4]), m, LOG[5]);
  const y2 = fma32(fma32(LOG[6], m, LOG[7]), m, LOG[8]);
  const y = fma32(fma32(fma32(y0, m3, y1), m3, y2), m3, f(LN2_LOW * e));
  return fma32(LN2_HIGH, e, f(fma32(-0.5, m2, m) + y));
}

/**
 * `ln(1 + x)` in float32 with the bits of XLA on x86-64 CPUs, for -1 < x.
 * Reference: Cephes, unity.c and logf.c; openxla/xla, xla/codegen/intrinsic/log1p.cc
 */
export function log1p32(x: number): number {
  if (!(Math.abs(x) < SQRT2_LESS_1)) return log32(f(x + 1));
  const x2 = f(x * x);
  const numerator = horner(LOG1P_NUMERATOR, x);
  const denominator = horner(LOG1P_DENOMINATOR, x);
  const tail = f(f(x * x2) * f(numerator / denominator));
  return f(x + fma32(-0.5, x2, tail));
}

/**
 * The inverse of the error function in float32 with the bits of XLA on x86-64 CPUs; ±∞ at ±1.
 * Reference: Giles 2012, Approximating the erfinv function, table 5
 */
export function erfInv32(x: number): number {
  if (x === 1 || x === -1) return x * Infinity;
  const w = -log1p32(f(-x * x));
  const p = w < 5 ? horner(CENTRAL, f(w - 2.5)) : horner(TAIL, f(f(Math.sqrt(w)) - 3));
  return f(p * x);
}

/**
 * `erf x` in float32 with the bits that XLA gives bounds of truncation on CPUs: a rational function, and ±1 from
 * |x| = 3.744 on. (An operation by itself on a whole tensor goes on to 3.833 there.)
 */
export function erf32(x: number): number {
  if (Math.abs(x) >= ERF_END) return Math.sign(x);
  const square = f(x * x);
  return f(f(x * horner(ERF_NUMERATOR, square)) / horner(ERF_DENOMINATOR, square));
}
