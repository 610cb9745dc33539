import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { gradientCorrelation } from './gradient-correlation.ts';
import { residualLayers } from './residual-layers.ts';

const relu = activation('relu');
const he = { sigmaW2: 2, sigmaB2: 0 };

test('10 plain He-initialised ReLU layers leave a gradient correlation of 0.0337, not 2^-10', () => {
  const { r, c } = gradientCorrelation(relu, he, { depth: 10, c: 0 });
  // c: product of 1 - θ/π along the closed-form map; networks of width 512 gave 0.0356.
  expect(r[0]).toBeCloseTo(0.0337, 4);
  expect(r[9]).toBeCloseTo(1 - Math.acos(c[9]) / Math.PI, 12);
  // The correlation map iterated from 0, c: closed form.
  expect(c[1]).toBeCloseTo(0.318309886184, 11);
  expect(c[5]).toBeCloseTo(0.735946350628, 11);
});

test('10 residual blocks leave 0.140 where (3/4)^10 is 0.056', () => {
  const block = { sigmaW2: 1, sigmaB2: 0, output: { sigmaW2: 2, sigmaB2: 0 } };
  const { gradientCorrelation: r, c } = residualLayers(relu, block, { depth: 10, c: 0 });
  // c: product of (1 + (1 - θ/π)) / 2; networks of width 512 gave 0.150.
  expect(r[0]).toBeCloseTo(0.14, 3);
  let expected = 1;
  let correlation = 0;
  for (let l = 0; l < 10; l++) {
    const theta = Math.acos(correlation);
    expected *= (2 - theta / Math.PI) / 2;
    const mapped = (Math.sin(theta) + (Math.PI - theta) * correlation) / Math.PI;
    correlation = 0.5 * (correlation + mapped);
  }
  expect(r[0]).toBeCloseTo(expected, 10);
  expect(c[10]).toBeCloseTo(correlation, 10);
});

test('the gradient correlation of ReLU falls like the inverse third power of depth', () => {
  const at = (depth: number): number => gradientCorrelation(relu, he, { depth, c: 0 }).r[0];
  // θ' = θ - θ²/3π - θ³/18π² + …, so θ_l/π = 3 / (l + 1.5 ln l + b), b ≈ 6 from θ₀ = π/2.
  const exponent = Math.log(at(800) / at(400)) / Math.log(2);
  expect(Math.abs(exponent + 3)).toBeLessThan((3 * (1.5 * Math.log(400) + 6)) / 400);
});

test('equal inputs have equal gradients, and opposite ones of an odd activation too', () => {
  const tanh = activation('tanh');
  const variances = { sigmaW2: 1.5, sigmaB2: 0 };
  expect(gradientCorrelation(tanh, variances, { depth: 5, c: 1 }).r[0]).toBe(1);
  expect(gradientCorrelation(tanh, variances, { depth: 5, c: -1 }).r[0]).toBeCloseTo(1, 10);
});

test('signals that leave float64 are refused', () => {
  expect(() =>
    gradientCorrelation(relu, { sigmaW2: 1e200, sigmaB2: 1 }, { depth: 3, c: 1 }),
  ).toThrow(
    /^gradientCorrelation: the second moment must stay within float64, got Infinity at layer 2; take/,
  );
  expect(() => gradientCorrelation(relu, he, { depth: 1.5, c: 0 })).toThrow(
    new RangeError('gradientCorrelation: depth must be a whole number from 1 on, got 1.5'),
  );
});
