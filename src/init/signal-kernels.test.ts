import { expect, test } from 'vitest';
import { gaussLegendre } from '../numeric/index.ts';
import { fillNormal, key } from '../random/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { scheme, specOf, type Options, type Spec } from './index.ts';

function draw(name: string, spec: Spec, options: Options = {}): Float64Array {
  return toFloat64(scheme(name).draw(key(3), { ...spec, dtype: 'float64' }, options));
}

test.each([
  { out: 5, taps: 8 },
  { out: 9, taps: 11 },
  { out: 4, taps: 30 },
  { out: 2, taps: 3 },
])('stft of $out frequencies and $taps times is the DFT of the window times the frame', (c) => {
  const { out, taps } = c;
  const hann = Array.from(
    { length: taps },
    (_, t) => 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / (taps - 1)),
  );
  const size = Math.sqrt(hann.reduce((sum, w) => sum + w * w, 0));
  for (const side of ['real', 'imag']) {
    const values = draw('stft', specOf([out, 1, taps], 'oi'), { side });
    for (let f = 0; f < out; f++) {
      for (let t = 0; t < taps; t++) {
        const angle = (-2 * Math.PI * f * t) / (2 * (out - 1));
        const wave = side === 'real' ? Math.cos(angle) : Math.sin(angle);
        // Math.cos of an angle of up to 100 is off by its rounding, 100 · 2^-53.
        expect(Math.abs(values[f * taps + t] - (wave * hann[t]) / size)).toBeLessThan(1e-13);
      }
    }
  }
});

// keras 3.15.1 on jax, float64: keras.initializers.STFT(*args)(shape).ravel(); its π is a float32.
test.each([
  {
    call: "('imag', 'hamming', 'spectrum', True), (4, 1, 3)",
    spec: specOf([4, 1, 3], 'io'),
    options: { side: 'imag', window: 'hamming', scaling: 'spectrum', ends: 'periodic' },
    expected: [
      0, 0, 0, 0, -0.25, 2.1855694143369e-8, 0, 4.04735076729055e-8, -8.0947015345811e-8, 0, 0.25,
      5.96244031925153e-9,
    ],
  },
  {
    call: "('real', 'hann', 'density', False), (5, 1, 4)",
    spec: specOf([5, 1, 4], 'io'),
    options: {},
    expected: [
      0, 0, 0, 0, 0.408248290463863, 0.204124133065184, -0.204124169565426, -0.408248290463863,
      0.816496580927726, -0.408248339130852, -0.40824821746338, 0.816496580927726,
      0.408248290463863, -0.408248290463863, 0.408248290463863, -0.408248290463863, 0, 0, 0, 0,
    ],
  },
  {
    call: "('imag', None, 'density', False), (3, 1, 3)",
    spec: specOf([3, 1, 3], 'io'),
    options: { side: 'imag', window: 'none' },
    expected: [0, 0, 0, 0, -1, 8.74227765734759e-8, 0, 8.74227765734759e-8, -1.74845553146952e-7],
  },
])('stft is Keras’s STFT $call', ({ spec, options, expected }) => {
  const values = draw('stft', spec, options);
  // The float32 π is off by 8.7e-8, the angles by up to 3 of it.
  for (const [i, value] of values.entries())
    expect(Math.abs(value - expected[i])).toBeLessThan(3e-7);
});

test('shapes that are no frames are refused', () => {
  const check =
    (shape: readonly number[], options: Options = {}) =>
    () =>
      scheme('stft').check(specOf(shape, 'oi'), options);
  expect(check([5, 2, 8])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: stft: shape must have one kernel axis and one input per group, got [5, 2, 8]]`,
  );
  expect(check([1, 1, 8])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: stft: outputs must be at least 2 frequencies per group, got 1]`,
  );
  expect(check([5, 1, 2])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: stft: a hann window with both its ends, which are 0, must have at least 3 taps, got [5, 1, 2]]`,
  );
});

test('the outputs of icnr that one cell is made of are the same, in either order', () => {
  const spec = specOf([12, 3, 2, 2], 'oi');
  const size = 12;
  for (const [order, mates] of [
    ['crd', (c: number, p: number) => 4 * c + p],
    ['dcr', (c: number, p: number) => 3 * p + c],
  ] as const) {
    const values = draw('icnr', spec, { order });
    const row = (o: number): number[] => [...values.subarray(o * size, (o + 1) * size)];
    for (let c = 0; c < 3; c++) {
      for (let p = 1; p < 4; p++) expect(row(mates(c, p))).toEqual(row(mates(c, 0)));
      expect(row(mates(c, 0))).not.toEqual(row(mates((c + 1) % 3, 0)));
    }
  }
  expect(() =>
    scheme('icnr').check(specOf([10, 3, 2, 2], 'oi'), {}),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: icnr: outputs must be a multiple of the 4 pixels of a cell, got 10]`,
  );
  expect(() => scheme('icnr').check(specOf([8, 3], 'oi'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: icnr: shape must have kernel axes, got [8, 3]]`,
  );
  expect(() =>
    scheme('icnr').check(specOf([8, 3, 2], 'oi'), { factor: 0 }),
  ).toThrowErrorMatchingInlineSnapshot(`[RangeError: icnr: factor must be an integer >= 1, got 0]`);
});

test('the cells of icnr are those of the stream that docs/streams.md names', () => {
  const spec = specOf([3, 2, 8], 'io', 'float32', 2);
  const values = draw('icnr', spec, {});
  const numbers = new Float64Array(2 * 2 * 2 * 3);
  fillNormal(key(3), numbers, 0, Math.sqrt(2 / 6));
  for (let tap = 0; tap < 3; tap++) {
    for (let input = 0; input < 2; input++) {
      for (let out = 0; out < 8; out++) {
        // Two groups of 4 outputs, two cells of two each.
        const cell = Math.floor(out / 2);
        expect(values[(tap * 2 + input) * 8 + out]).toBe(numbers[(cell * 2 + input) * 3 + tap]);
      }
    }
  }
});

test('a transposed convolution that begins bilinear interpolates a plane exactly', () => {
  for (const k of [2, 3, 4, 5, 6, 7]) {
    const factor = Math.ceil(k / 2);
    const values = draw('bilinear', specOf([1, 1, k], 'oi'));
    // In a row of points that rise by 1 the output at pixel p has the taps p - factor · i.
    const at = (p: number): number => {
      let sum = 0;
      for (let i = -15; i <= 15; i++) {
        const tap = p - factor * i;
        if (tap >= 0 && tap < k) sum += values[tap] * i;
      }
      return sum;
    };
    const centre = (k - 1) / 2;
    for (let p = 0; p < 12; p++) expect(at(p)).toBeCloseTo((p - centre) / factor, 12);
  }
});

test('a kernel of bilinear is the product of its axes, per channel', () => {
  const values = draw('bilinear', specOf([2, 2, 4, 2], 'oi'), { gain: 2 });
  const one = [0.25, 0.75, 0.75, 0.25].flatMap((a) => [0.5, 0.5].map((b) => 2 * a * b));
  const none = one.map(() => 0);
  expect([...values]).toEqual([...one, ...none, ...none, ...one]);
  expect(() =>
    scheme('bilinear').check(specOf([8, 3], 'oi'), {}),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: bilinear: shape must have kernel axes, got [8, 3]]`,
  );
});

/** `√(2n+1) P_n(x)` for n below `order`, by the recurrence of the Legendre polynomials. */
function legendre(order: number, x: number): number[] {
  const p = [1, x];
  for (let n = 1; n < order; n++) p.push(((2 * n + 1) * x * p[n] - n * p[n - 1]) / (n + 1));
  return p.slice(0, order).map((value, n) => Math.sqrt(2 * n + 1) * value);
}

test('the states of hippo are the Legendre coefficients of the past: c′ = (A c + B f) / t', () => {
  const order = 6;
  const a = draw('hippo', specOf([order, order], 'oi'));
  const b = Array.from({ length: order }, (_, n) => Math.sqrt(2 * n + 1));
  const { nodes, weights } = gaussLegendre(20);
  for (const power of [0, 1, 3, 5, 8]) {
    const f = (s: number): number => s ** power;
    // c_n(t) = (1/t) ∫ f(s) √(2n+1) P_n(2s/t - 1) ds over [0, t], exact by 20 points.
    const states = (t: number): number[] =>
      Array.from({ length: order }, (_, n) =>
        nodes.reduce(
          (sum, x, i) => sum + (weights[i] / 2) * f(((x + 1) * t) / 2) * legendre(order, x)[n],
          0,
        ),
      );
    // Coefficients of s^power are proportional to t^power, so c′ = power · c / t.
    const t = 1.7;
    const c = states(t);
    for (let n = 0; n < order; n++) {
      const flow = c.reduce((sum, value, k) => sum + a[n * order + k] * value, b[n] * f(t));
      expect(Math.abs(flow - power * c[n])).toBeLessThan(1e-11 * f(t) * order ** 2);
    }
  }
  expect(() => scheme('hippo').check(specOf([4, 3], 'oi'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: hippo: shape must be that of a square matrix, got [4, 3]]`,
  );
});
