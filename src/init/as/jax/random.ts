import { fma32 } from '../../../numeric/index.ts';
import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import { erf32, erfInv32 } from './special.ts';
import { fillBits, type JaxKey } from './threefry.ts';

const f = Math.fround;
const SQRT2 = f(Math.SQRT2);
/** XLA makes the division by a constant √2 a product. */
const OVER_SQRT2 = f(1 / SQRT2);
const ULP = 2 ** -23;
const CHUNK = 4096;

/** The least number that is above -1, from which on `jax.random.normal` takes its uniform numbers. */
const ABOVE_MINUS_ONE = -1 + 2 ** -24;

/** A tensor whose elements are functions of 23 random bits each, `k 2^-23`. */
function tensorOf(
  key: JaxKey,
  shape: readonly number[],
  value: (fraction: number) => number,
): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  const bits = new Uint32Array(Math.min(CHUNK, data.length));
  for (let first = 0; first < data.length; first += CHUNK) {
    const n = Math.min(CHUNK, data.length - first);
    fillBits(key, bits.subarray(0, n), first);
    for (let i = 0; i < n; i++) data[first + i] = value((bits[i] >>> 9) * ULP);
  }
  return { dtype: 'float32', shape, data };
}

function uniformNumber(low: number, high: number): (fraction: number) => number {
  const from = f(low);
  const range = f(f(high) - from);
  return (fraction) => Math.max(from, fma32(fraction, range, from));
}

/**
 * `jax.random.uniform(key, shape, minval=low, maxval=high)`, float32, with the bits of x86-64 CPUs:
 * `max(low, fma(u, high - low, low))`, u a multiple of 2^-23 in [0, 1).
 */
export function jaxUniform(
  key: JaxKey,
  shape: readonly number[],
  low: number = 0,
  high: number = 1,
): Tensor<'float32'> {
  return tensorOf(key, shape, uniformNumber(low, high));
}

const fromMinusOne = uniformNumber(ABOVE_MINUS_ONE, 1);

/** The normal number that JAX makes of 23 random bits, `fraction` 2^23. */
export function jaxNormalNumber(fraction: number): number {
  return f(SQRT2 * erfInv32(fromMinusOne(fraction)));
}

/**
 * `jax.random.normal(key, shape)`, float32, with the bits of x86-64 CPUs: `√2 erf⁻¹(u)`, u uniform in
 * (-1, 1).
 */
export function jaxNormal(key: JaxKey, shape: readonly number[]): Tensor<'float32'> {
  return tensorOf(key, shape, jaxNormalNumber);
}

/**
 * `jax.random.truncated_normal(key, low, high, shape)`, float32, with the bits of x86-64 CPUs:
 * `√2 erf⁻¹(u)`, u uniform in (erf(low/√2), erf(high/√2)), kept inside (low, high).
 */
export function jaxTruncatedNormal(
  key: JaxKey,
  low: number,
  high: number,
  shape: readonly number[],
): Tensor<'float32'> {
  const uniform = uniformNumber(erf32(f(f(low) * OVER_SQRT2)), erf32(f(f(high) * OVER_SQRT2)));
  const least = above(f(low));
  const most = -above(f(-high));
  return tensorOf(key, shape, (fraction) =>
    Math.min(most, Math.max(least, f(SQRT2 * erfInv32(uniform(fraction))))),
  );
}

const one = new Float32Array(1);
const oneBits = new Int32Array(one.buffer);

/** The float32 number next to x on the way to ∞. */
function above(x: number): number {
  if (x === 0) return 2 ** -149;
  one[0] = x;
  if (x !== Infinity) oneBits[0] += x > 0 ? 1 : -1;
  return one[0];
}
