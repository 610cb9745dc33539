import { expect, test } from 'vitest';
import { exactLn } from '../../../numeric/index.ts';
import { fillTorchNormal } from './box-muller.ts';
import { fma32 } from '../../../numeric/index.ts';
import type { TorchGenerator } from './mersenne.ts';

const f = Math.fround;

/** A generator whose next words, up to 624, are these: the state that tempering turns into them. */
function generatorOf(words: Uint32Array): TorchGenerator {
  const state = new Uint32Array(624);
  for (const [index, word] of words.entries()) {
    let y = word ^ (word >>> 18);
    y ^= (y << 15) & 0xefc60000;
    let back = y;
    for (let i = 0; i < 4; i++) back = y ^ ((back << 7) & 0x9d2c5680);
    state[index] = back ^ (back >>> 11) ^ (back >>> 22);
  }
  return { state, next: 0, waiting: NaN };
}

const [P, S, C] = [
  [
    7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ],
  [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1],
  [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2],
].map((list) => list.map(f));

const horner = (list: readonly number[], x: number): number =>
  list.slice(1).reduce((sum, coefficient) => fma32(sum, x, coefficient), list[0]);

/** `√(-2 ln u)` in Cephes's logarithm, every fused operation rounded once. */
function radius(u: number): number {
  let e = Math.floor(Math.log2(u)) + 1;
  let m = u / 2 ** e;
  if (m >= 1) [m, e] = [m / 2, e + 1];
  if (m < 0.5) [m, e] = [m * 2, e - 1];
  const isSmall = m < f(Math.SQRT1_2);
  const x = isSmall ? f(m - 1 + m) : f(m - 1);
  if (isSmall) e -= 1;
  const z = f(x * x);
  let y = fma32(f(horner(P, x) * x), z, f(e * f(-2.1219444e-4)));
  y = fma32(-z, 0.5, y);
  const ln = fma32(e, f(0.693359375), f(x + y));
  return f(Math.sqrt(f(-2 * ln)));
}

/** Cephes's `cos θ` and `sin θ` for `θ = 2π u`, every fused operation rounded once. */
function turn(u: number): readonly [cos: number, sin: number] {
  const theta = f(f(2 * Math.PI) * u);
  const j = (Math.trunc(f(theta * f(1.27323954473516))) + 1) & ~1;
  const x = [0.78515625, 2.4187564849853515625e-4, 3.774894977445941e-8].reduce(
    (rest, part) => fma32(j, f(-part), rest),
    theta,
  );
  const z = f(x * x);
  const c = f(fma32(f(horner(C, z) * z), z, f(-0.5 * z)) + 1);
  const s = fma32(f(horner(S, z) * z), x, x);
  const [cos, sin] = (j & 2) === 0 ? [c, s] : [s, c];
  return [((j - 2) & 4) === 0 ? -cos : cos, (j & 4) === 0 ? sin : -sin];
}

/** 1 tries all 2²⁴ numbers, which takes minutes; all of them agreed when this was written. */
const STRIDE = process.env['STEPZERO_EXHAUSTIVE'] === '1' ? 1 : 101;

const normals = (uniforms: Uint32Array, mean: number, std: number): Float32Array => {
  const out = new Float32Array(16);
  fillTorchNormal(generatorOf(uniforms), out, mean, std);
  return out;
};

test('the radius of every uniform number is what rounding every fused operation once gives', () => {
  const uniforms = new Uint32Array(16);
  for (let first = 0; first < 2 ** 24; first += 8 * STRIDE) {
    for (let j = 0; j < 8; j++) uniforms[j] = Math.min(first + j * STRIDE, 2 ** 24 - 1);
    const out = normals(uniforms, 0, 1);
    for (let j = 0; j < 8; j++) {
      const expected = radius((2 ** 24 - uniforms[j]) / 2 ** 24);
      if (out[j] !== expected) expect([uniforms[j], out[j]]).toEqual([uniforms[j], expected]);
    }
  }
});

test('the angle of every uniform number is what rounding every fused operation once gives', () => {
  // Of this first number the radius is 1, so that cosine and sine stand there as they are.
  const UNIT = 6601320;
  expect(radius((2 ** 24 - UNIT) / 2 ** 24)).toBe(1);
  const uniforms = new Uint32Array(16).fill(UNIT, 0, 8);
  for (let first = 0; first < 2 ** 24; first += 8 * STRIDE) {
    for (let j = 0; j < 8; j++) uniforms[j + 8] = Math.min(first + j * STRIDE, 2 ** 24 - 1);
    const out = normals(uniforms, 0, 1);
    for (let j = 0; j < 8; j++) {
      const [cos, sin] = turn(uniforms[j + 8] / 2 ** 24);
      if (out[j] !== cos || out[j + 8] !== sin) {
        expect([uniforms[j + 8], out[j], out[j + 8]]).toEqual([uniforms[j + 8], cos, sin]);
      }
    }
  }
});

test('mean and standard deviation are applied with one rounding', () => {
  const uniforms = Uint32Array.from({ length: 16 }, (_, i) => (i * 1046527 + 12345) % 2 ** 24);
  const [plain, shifted] = [normals(uniforms, 0, 1), normals(uniforms, 0.3, 0.7)];
  expect([...shifted]).toEqual(Array.from(plain, (x) => fma32(x, f(0.7), f(0.3))));
});

test('the numbers are the Box–Muller transform of their uniform numbers', () => {
  const words = Uint32Array.from({ length: 16 }, (_, i) => 1000 + i * 1_000_003);
  const out = normals(words, 0, 1);
  for (let j = 0; j < 8; j++) {
    const r = Math.sqrt(-2 * exactLn(1 - words[j] / 2 ** 24));
    // Cephes's functions are good to 2^-22 here.
    expect(Math.abs(out[j] - r * Math.cos((2 * Math.PI * words[j + 8]) / 2 ** 24))).toBeLessThan(
      1e-6,
    );
    expect(
      Math.abs(out[j + 8] - r * Math.sin((2 * Math.PI * words[j + 8]) / 2 ** 24)),
    ).toBeLessThan(1e-6);
  }
});
