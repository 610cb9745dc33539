import { cosSmall, exactLn, sinSmall } from '../../../numeric/index.ts';
import { fma32 } from '../../../numeric/index.ts';
import { bits24, uniform53, type TorchGenerator } from './mersenne.ts';

// The single precision functions are Cephes's, in the order of rounding of PyTorch's build for AVX2, which
// fuses multiplications and additions. `fused` rounds twice, to float64 and then to float32; for each of the
// 2²⁴ numbers that a logarithm or an angle can come from that gives what rounding once gives (box-muller.test.ts).

const f = Math.fround;

const fused = (a: number, b: number, c: number): number => f(a * b + c);

/** Elements that are made together, eight cosines and eight sines. */
export const BLOCK = 16;

const [P0, P1, P2, P3, P4, P5, P6, P7, P8] = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f);
const LN2_LOW = f(-2.1219444e-4);
const LN2_HIGH = f(0.693359375);
const [S0, S1, S2] = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f);
const [C0, C1, C2] = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f);
const [D1, D2, D3] = [-0.78515625, -2.4187564849853515625e-4, -3.774894977445941e-8].map(f);
const FOUR_OVER_PI = f(1.27323954473516);
const TWO_PI = f(2 * Math.PI);
const SQRT_HALF = f(Math.SQRT1_2);

/** `ln (k / 2²⁴)` for an integer k in 1…2²⁴. */
function ln24(k: number): number {
  const length = 32 - Math.clz32(k);
  let e = length - 24;
  let x = k / (1 << length);
  if (x < SQRT_HALF) {
    e -= 1;
    x = f(x - 1 + x);
  } else {
    x = f(x - 1);
  }
  const z = f(x * x);
  let y = fused(P0, x, P1);
  y = fused(y, x, P2);
  y = fused(y, x, P3);
  y = fused(y, x, P4);
  y = fused(y, x, P5);
  y = fused(y, x, P6);
  y = fused(y, x, P7);
  y = fused(y, x, P8);
  y = fused(f(y * x), z, f(e * LN2_LOW));
  y = fused(-z, 0.5, y);
  return fused(e, LN2_HIGH, f(x + y));
}

/**
 * Sixteen numbers of N(mean, std²) from sixteen integers in 0…2²⁴ - 1: `r cos θ` into the first eight
 * and `r sin θ` into the others, `r = √(-2 ln (1 - u₁))`, `θ = 2π u₂`; of the eight pairs those from
 * `first` to before `end`.
 */
function transform(
  uniforms: Uint32Array,
  from: number,
  out: Float32Array,
  to: number,
  mean: number,
  std: number,
  first: number = 0,
  end: number = 8,
): void {
  for (let j = first; j < end; j++) {
    const r = f(Math.sqrt(f(-2 * ln24(0x1000000 - uniforms[from + j]))));
    const theta = f(TWO_PI * (uniforms[from + j + 8] / 0x1000000));
    const octant = (Math.trunc(f(theta * FOUR_OVER_PI)) + 1) & ~1;
    let x = fused(octant, D1, theta);
    x = fused(octant, D2, x);
    x = fused(octant, D3, x);
    const z = f(x * x);
    let c = fused(C0, z, C1);
    c = fused(c, z, C2);
    c = f(c * z);
    c = f(fused(c, z, f(-0.5 * z)) + 1);
    let s = fused(S0, z, S1);
    s = fused(s, z, S2);
    s = fused(f(s * z), x, x);
    const swaps = (octant & 2) !== 0;
    const sin = swaps ? c : s;
    const cos = swaps ? s : c;
    const even = f(r * (((octant - 2) & 4) === 0 ? -cos : cos));
    const odd = f(r * ((octant & 4) === 0 ? sin : -sin));
    out[to + j] = mean === 0 ? even * std + mean : fma32(even, std, mean);
    out[to + j + 8] = mean === 0 ? odd * std + mean : fma32(odd, std, mean);
  }
}

/** Elements whose uniform numbers are held at a time. */
const PIECE = 1024 * BLOCK;

/**
 * `normal_(mean, std)` of a contiguous float32 tensor. At 16 elements and more a uniform number is
 * drawn for each, and where 16 does not divide the size, the last 16 elements are drawn once more.
 * Below 16, each is drawn in float64 on its own.
 */
export function fillTorchNormal(
  generator: TorchGenerator,
  out: Float32Array,
  mean: number,
  std: number,
): void {
  if (out.length < BLOCK) {
    for (let i = 0; i < out.length; i++) out[i] = normal53(generator) * std + mean;
    return;
  }
  const [m, s] = [f(mean), f(std)];
  const uniforms = new Uint32Array(Math.min(PIECE, out.length));
  for (let start = 0; start < out.length; start += PIECE) {
    const size = Math.min(PIECE, out.length - start);
    for (let i = 0; i < size; i++) uniforms[i] = bits24(generator);
    for (let i = 0; i + BLOCK <= size; i += BLOCK) transform(uniforms, i, out, start + i, m, s);
  }
  if (out.length % BLOCK === 0) return;
  for (let i = 0; i < BLOCK; i++) uniforms[i] = bits24(generator);
  transform(uniforms, 0, out, out.length - BLOCK, m, s);
}

/**
 * What `fillTorchNormal` would put at the given indices of a tensor of `size` elements, which ascend: the
 * generator goes on as if all were filled.
 */
export function torchNormalsAt(
  generator: TorchGenerator,
  size: number,
  indices: Uint32Array,
  mean: number,
  std: number,
): Float32Array {
  const values = new Float32Array(indices.length);
  if (size < BLOCK) {
    const all = new Float32Array(size);
    fillTorchNormal(generator, all, mean, std);
    for (const [k, index] of indices.entries()) values[k] = all[index];
    return values;
  }
  const [m, s] = [f(mean), f(std)];
  const block = new Float32Array(BLOCK);
  const uniforms = new Uint32Array(Math.min(PIECE, size));
  const valueAt = (offset: number, from: number): number => {
    const lane = (offset - from) % (BLOCK / 2);
    transform(uniforms, from, block, 0, m, s, lane, lane + 1);
    return block[offset - from];
  };
  let k = 0;
  for (let start = 0; start < size; start += PIECE) {
    const count = Math.min(PIECE, size - start);
    for (let i = 0; i < count; i++) uniforms[i] = bits24(generator);
    const end = start + count - (count % BLOCK);
    for (; k < indices.length && indices[k] < end; k++) {
      const offset = indices[k] - start;
      values[k] = valueAt(offset, offset - (offset % BLOCK));
    }
  }
  if (size % BLOCK === 0) return values;
  for (let i = 0; i < BLOCK; i++) uniforms[i] = bits24(generator);
  const tail = size - BLOCK;
  for (k = indices.length - 1; k >= 0 && indices[k] >= tail; k--) {
    values[k] = valueAt(indices[k] - tail, 0);
  }
  return values;
}

const HALF_PI_HIGH = 1.57079632673412561417;
const HALF_PI_LOW = 6.07710050650619224932e-11;

/** One number of N(0, 1) in float64: the one that waits, or the cosine of a new pair, whose sine then waits. */
function normal53(generator: TorchGenerator): number {
  if (!Number.isNaN(generator.waiting)) {
    const { waiting } = generator;
    generator.waiting = NaN;
    return waiting;
  }
  const theta = 2 * Math.PI * uniform53(generator);
  const r = Math.sqrt(-2 * exactLn(1 - uniform53(generator)));
  const quarter = Math.round(theta * (2 / Math.PI));
  const x = theta - quarter * HALF_PI_HIGH - quarter * HALF_PI_LOW;
  const [sin, cos] = [sinSmall(x), cosSmall(x)];
  const turned = [
    [cos, sin],
    [-sin, cos],
    [-cos, -sin],
    [sin, -cos],
  ][quarter % 4];
  generator.waiting = r * turned[1];
  return r * turned[0];
}
