import { expect, test } from 'vitest';
import { cutNormalMoments } from './cut-normal.ts';

const EPS = 2 ** -52;

// mpmath 1.3, 160 bits, by quadrature of exp(-z²/2): low, high, E z, √Var z.
// The value for ±2 is the constant that the truncated normals of other frameworks are divided by.
const known = [
  [-2, 2, 0, 0.8796256610342398],
  [-1, 3, 0.282786110727154, 0.784946963404426],
  [-0.5, 1.5, 0.35627288417705977, 0.5293846901367899],
  [0.5, Infinity, 1.1410777703680646, 0.5181509501640221],
  [-Infinity, 1, -0.2875999709391784, 0.7935277473262075],
  [-4, -3.5, -3.6766541657029337, 0.13237397263302758],
  [3, 3.1, 3.0474631086506943, 0.028795789232649437],
  [30, 31, 30.033259667433622, 0.03322305693092197],
  [1000, Infinity, 1000.000999998, 0.0009999970000204997],
  [-0.001, 0.001, 0, 0.0005773502306996084],
] as const;

// The errors of 640 terms average out, those of their sum are compensated, and that of the root is 2^-53.
test.each(known)(
  'moments of a normal cut to [%f, %f] are those of 160-bit quadrature',
  (...row) => {
    const [low, high, mean, std] = row;
    const moments = cutNormalMoments(low, high);
    expect(Math.abs(moments.mean - mean)).toBeLessThan(4 * EPS * Math.max(1, Math.abs(mean)));
    expect(Math.abs(moments.std / std - 1)).toBeLessThan(4 * EPS);
  },
);

test('the constant of numbers cut at ±2 is the float64 nearest to it', () => {
  expect(cutNormalMoments(-2, 2).std).toBe(0.8796256610342398);
});

test('the whole line has mean 0 and std 1, and a half line the moments of |z|', () => {
  expect(cutNormalMoments(-Infinity, Infinity)).toEqual({ mean: 0, std: 1 });
  const half = cutNormalMoments(0, Infinity);
  expect(half.mean).toBeCloseTo(Math.sqrt(2 / Math.PI), 14);
  expect(half.std).toBeCloseTo(Math.sqrt(1 - 2 / Math.PI), 14);
  expect(cutNormalMoments(-40, 40).std).toBeCloseTo(1, 14);
});
