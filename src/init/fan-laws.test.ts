import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { linearMaps } from './linear-map.ts';
import { scheme, specOf, type Options, type Spec } from './index.ts';

function largest(name: string, spec: Spec, options: Options = {}): number {
  const values = toFloat64(scheme(name).draw(key(0), spec, options));
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

// torch 2.13: nn.Linear(75, n) and nn.Conv2d(3, n, 5) begin with U(±1/√75), weights and biases.
test('torch_default is U(±1/√fan_in) for dense weights and kernels', () => {
  for (const spec of [specOf([400, 75], 'oi'), specOf([400, 3, 5, 5], 'oi')]) {
    expect(scheme('torch_default').bound(spec, {})).toBe(1 / Math.sqrt(75));
    const most = largest('torch_default', spec);
    // The largest of 30000 is within 1/1000 of the bound but for one draw in e^30.
    expect(most * Math.sqrt(75)).toBeGreaterThan(0.999);
  }
});

test('siren is U(±1/n) first and U(±√(6/n)/omega) behind', () => {
  const spec = specOf([500, 100], 'oi');
  expect(scheme('siren').bound(spec, { position: 'first' })).toBe(0.01);
  expect(scheme('siren').bound(spec, {})).toBeCloseTo(Math.sqrt(0.06) / 30, 15);
  expect(largest('siren', spec, { position: 'first' })).toBeGreaterThan(0.01 * 0.999);
  expect(() => scheme('siren').check(spec, { omega: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: siren: omega must be finite and > 0, got 0]`,
  );
});

// A layer sin(30 W x) with x of variance 1/2 has pre-activations of variance 30² · fan_in σ² / 2 = 1.
test('siren keeps the variance 1 of what goes into the sine', () => {
  const { std } = scheme('siren');
  const spec = specOf([64, 256], 'oi');
  expect(30 ** 2 * 256 * std(spec, {}) ** 2 * 0.5).toBeCloseTo(1, 12);
});

test('truncated schemes have the std of the normal ones and end at 2 std of the parent', () => {
  const spec = specOf([300, 100], 'oi');
  for (const name of ['glorot', 'he', 'lecun']) {
    const std = scheme(`${name}_normal`).std(spec, { gain: 3 });
    const cut = scheme(`${name}_truncated_normal`);
    expect(cut.std(spec, { gain: 3 })).toBe(std);
    // √Var of a standard normal cut at ±2, as in cut-normal.test.ts.
    expect(cut.bound(spec, { gain: 3 })).toBeCloseTo((2 * std) / 0.8796256610342398, 13);
    expect(largest(`${name}_truncated_normal`, spec)).toBeGreaterThan(
      0.99 * (cut.bound(spec, {}) ?? 0),
    );
  }
});

test.each([
  specOf([24, 24], 'oi'),
  specOf([40, 12], 'oi'),
  specOf([12, 40], 'io'),
  specOf([6, 5, 3], 'oi'),
])('all singular values of spectral of $shape are √(out/in)', (spec) => {
  const exact = { ...spec, dtype: 'float64' as const };
  const values = toFloat64(scheme('spectral').draw(key(5), exact, { gain: 2 }));
  const { outputs, inputs, taps } = linearMaps(exact);
  const columns = [...inputs].flatMap((input) => [...taps].map((tap) => input + tap));
  const matrix = [...outputs].map((row) => columns.map((column) => values[row + column]));
  const isWide = matrix.length <= columns.length;
  const vectors = isWide ? matrix : columns.map((_, j) => matrix.map((row) => row[j]));
  const square = (4 * matrix.length) / columns.length;
  for (const [i, a] of vectors.entries()) {
    for (const [j, b] of vectors.entries()) {
      const dot = a.reduce((sum, x, l) => sum + x * b[l], 0);
      expect(Math.abs(dot - (i === j ? square : 0))).toBeLessThan(1000 * square * 2 ** -52);
    }
  }
});
