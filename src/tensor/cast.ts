import type { FloatDType, Tensor, TensorData } from './tensor.ts';

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** `2^k` at `k + 1022`. */
const powers: Float64Array = Float64Array.from({ length: 2046 }, (_, i) => {
  scratchWords[0] = 0;
  scratchWords[1] = (i + 1) << 20;
  return scratch[0];
});

/** The bits of the nearest number with so many bits of exponent and fraction, ties to even. */
function bitsOf(x: number, exponentBits: number, fractionBits: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 1 << (exponentBits + fractionBits) : 0;
  const top = (1 << (exponentBits - 1)) - 1;
  const infinity = (2 * top + 1) << fractionBits;
  if (Number.isNaN(x)) return infinity | (1 << (fractionBits - 1));
  const size = Math.abs(x);
  scratch[0] = size;
  const exponent = Math.max((scratchWords[1] >>> 20) - 1023, 1 - top);
  if (exponent > top) return sign | infinity;
  // In units of the last place, at most 2^(fractionBits + 1): adding 2^52 rounds it to an integer.
  const units = size * powers[fractionBits - exponent + 1022] + 2 ** 52 - 2 ** 52;
  // A fraction that is rounded up to 1 carries into the exponent, from the largest number to infinity.
  return sign | (((exponent + top - 1) << fractionBits) + units);
}

function valueOf(bits: number, exponentBits: number, fractionBits: number): number {
  const top = (1 << (exponentBits - 1)) - 1;
  const biased = (bits >>> fractionBits) & (2 * top + 1);
  const fraction = bits & ((1 << fractionBits) - 1);
  const sign = bits >>> (exponentBits + fractionBits) === 0 ? 1 : -1;
  if (biased === 2 * top + 1) return fraction === 0 ? sign * Infinity : NaN;
  const units = biased === 0 ? fraction : fraction + (1 << fractionBits);
  return sign * units * powers[Math.max(biased, 1) - top - fractionBits + 1022];
}

function encoded(
  values: ArrayLike<number>,
  exponentBits: number,
  fractionBits: number,
): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = bitsOf(values[i], exponentBits, fractionBits);
  return bits;
}

/**
 * Numbers as the data of a dtype, rounded once to the nearest, ties to even; too large numbers become
 * infinite. Values that are of this type already are returned as they are.
 */
export function castTo<D extends FloatDType>(
  dtype: D,
  values: Float32Array | Float64Array,
): TensorData[D] {
  const casts: { readonly [F in FloatDType]: () => TensorData[F] } = {
    float32: () => (values instanceof Float32Array ? values : new Float32Array(values)),
    float64: () => (values instanceof Float64Array ? values : new Float64Array(values)),
    float16: () => encoded(values, 5, 10),
    bfloat16: () => encoded(values, 8, 7),
  };
  return casts[dtype]();
}

/**
 * The elements of a tensor as float64: exact but for 64-bit integers beyond 2⁵³. The data itself if
 * they are float64.
 */
export function toFloat64(tensor: Tensor): Float64Array {
  const { dtype, data } = tensor;
  if (data instanceof Float64Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from(data, Number);
  }
  if (dtype !== 'float16' && dtype !== 'bfloat16') return new Float64Array(data);
  const [exponentBits, fractionBits] = dtype === 'float16' ? [5, 10] : [8, 7];
  const values = new Float64Array(data.length);
  for (let i = 0; i < values.length; i++) values[i] = valueOf(data[i], exponentBits, fractionBits);
  return values;
}
