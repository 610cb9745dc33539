import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lanczosShortfall, singularValues } from '../numeric/index.ts';
import { fold, key } from '../random/index.ts';
import { sizeOf, toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';
import { certificateCost, certify, scheme, specOf, type Spec } from './index.ts';
import { reachOf } from './certificate.ts';
import { halfGrid } from './symbol.ts';

const EPS = 2 ** -52;
/** All singular values are computed, or none. */
const [EXACT, LANCZOS] = [{ exactCost: Infinity }, { exactCost: 0 }];

interface GoldenKernel {
  readonly shape: number[];
  readonly groups: number;
  readonly grid: [number, number];
  readonly fine: [number, number];
}

/** numpy, from circulant matrices; test/golden/certificates.py. */
const {
  matrices,
  kernels,
}: {
  matrices: { rows: number; columns: number; graded: boolean; values: number[] }[];
  kernels: GoldenKernel[];
} = JSON.parse(
  readFileSync(new URL('../../test/golden/certificates.json', import.meta.url), 'utf8'),
);

function goldenTensor(shape: readonly number[]): Tensor<'float64'> {
  const data = Float64Array.from(
    { length: sizeOf(shape) },
    (_, i) => ((7919 * i + 104729 * i * i + 17) % 1009) / 1009 - 0.5,
  );
  return { dtype: 'float64', shape, data };
}

test.each(matrices)(
  'a matrix of $rows × $columns, graded: $graded, has the ends that LAPACK finds, in either layout',
  ({ rows, columns, graded, values }) => {
    const tensor = goldenTensor([rows, columns]);
    if (graded)
      for (const [i, x] of tensor.data.entries()) tensor.data[i] = x * 2 ** -(i % columns);
    for (const layout of ['oi', 'io'] as const) {
      const { sMin, sMax, interval, of, taps } = certify(
        tensor,
        specOf([rows, columns], layout, 'float64'),
      );
      const noise = 20 * (rows + columns) * EPS * sMax;
      expect(Math.abs(sMin - values[0])).toBeLessThan(noise);
      expect(Math.abs(sMax - values[values.length - 1])).toBeLessThan(noise);
      expect(interval[0]).toBeLessThanOrEqual(values[0]);
      expect(interval[1]).toBeGreaterThanOrEqual(values[values.length - 1]);
      expect([of, taps]).toEqual(['matrix', null]);
    }
  },
);

test.each(kernels)(
  'the symbol of $shape in $groups groups has the ends of the circulant matrix, and its interval those of all frequencies',
  ({ shape, groups, grid, fine }) => {
    const spec = specOf(shape, 'oi', 'float64', groups);
    const { sMin, sMax, interval, of, taps, frequencies } = certify(goldenTensor(shape), spec);
    expect(Math.abs(sMin - grid[0])).toBeLessThan(1e-12);
    expect(Math.abs(sMax - grid[1])).toBeLessThan(1e-12);
    expect(interval[0]).toBeLessThanOrEqual(fine[0]);
    expect(interval[1]).toBeGreaterThanOrEqual(fine[1]);
    expect(of).toBe('convolution');
    expect(frequencies).toEqual(shape.slice(2).map((extent) => 2 * extent - 1));
    const all = shape.slice(2).reduce((product, extent) => product * extent, 1);
    expect(taps).toEqual({ nonZero: all, all });
  },
);

/** The matrix of a circular convolution of images of `size`, from what a convolution does at a pixel. */
function circulant(
  spec: Spec,
  values: Float64Array,
  size: readonly number[],
): [Float64Array, number, number] {
  const [out, inputs, ...kernel] = spec.shape;
  const pixels = sizeOf(size);
  const place = (flat: number, extents: readonly number[]): number[] => {
    const index = extents.map(() => 0);
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      index[axis] = flat % extents[axis];
      flat = Math.floor(flat / extents[axis]);
    }
    return index;
  };
  const a = new Float64Array(out * pixels * inputs * pixels);
  for (let p = 0; p < pixels; p++) {
    for (let t = 0; t < sizeOf(kernel); t++) {
      const [at, by] = [place(p, size), place(t, kernel)];
      const from = at.reduce(
        (flat, x, axis) => flat * size[axis] + ((x + by[axis]) % size[axis]),
        0,
      );
      for (let o = 0; o < out; o++) {
        for (let i = 0; i < inputs; i++) {
          a[(o * pixels + p) * inputs * pixels + i * pixels + from] +=
            values[(o * inputs + i) * sizeOf(kernel) + t];
        }
      }
    }
  }
  return [a, out * pixels, inputs * pixels];
}

test.each([
  { shape: [5, 5, 3], size: [11], options: {} },
  { shape: [4, 2, 2, 3], size: [4, 6], options: { rank: 'random' } },
  { shape: [3, 5, 2, 2], size: [5, 3], options: { gain: 1.7 } },
  { shape: [3, 2, 2, 1, 2], size: [3, 2, 4], options: {} },
])('the matrix of conv_orthogonal of $shape on images of $size is an isometry', (c) => {
  const spec = specOf(c.shape, 'oi', 'float64');
  const record = scheme('conv_orthogonal');
  const tensor = record.draw(key(3), spec, c.options);
  const { gain } = { gain: 1, ...c.options };
  const all = singularValues(...circulant(spec, toFloat64(tensor), c.size));
  expect(Math.abs(all[0] - gain)).toBeLessThan(200 * EPS);
  expect(Math.abs(all[all.length - 1] - gain)).toBeLessThan(200 * EPS);
  const { sMin, sMax, interval } = certify(tensor, spec);
  for (const value of [sMin, sMax]) expect(Math.abs(value - gain)).toBeLessThan(200 * EPS);
  expect(interval[1] - interval[0]).toBeLessThan(1e-12);
});

test('Lanczos falls short of the ends by no more than it may, and its interval holds them', () => {
  for (const [name, shape] of [
    ['orthogonal', [300, 300]],
    ['orthogonal', [200, 300]],
    ['conv_orthogonal', [24, 24, 3, 3]],
    ['conv_orthogonal', [10, 20, 4]],
    ['he_normal', [200, 400]],
    ['he_normal', [30, 16, 3, 3]],
  ] as const) {
    const spec = specOf(shape, 'oi');
    const tensor = scheme(name).draw(key(8), spec, {});
    const exact = certify(tensor, spec, EXACT);
    const estimate = certify(tensor, spec, LANCZOS);
    expect([exact.method, estimate.method]).toEqual(['exact', 'lanczos']);
    expect(estimate.sMin).toBeGreaterThanOrEqual(exact.sMin - 1e-12);
    expect(estimate.sMax).toBeLessThanOrEqual(exact.sMax + 1e-12);
    // The shortfall of 32 steps in up to 700 dimensions, of the spread of the squares.
    const allowed = lanczosShortfall(700, 32, 1e-6) * (exact.sMax ** 2 - exact.sMin ** 2);
    expect(estimate.sMin ** 2 - exact.sMin ** 2).toBeLessThan(allowed);
    expect(exact.sMax ** 2 - estimate.sMax ** 2).toBeLessThan(allowed);
    expect(estimate.interval[0]).toBeLessThanOrEqual(exact.sMin);
    expect(estimate.interval[1]).toBeGreaterThanOrEqual(exact.sMax);
  }
});

test('a rotation that is off in one of 900 dimensions is found out', () => {
  const n = 900;
  const spec = specOf([n, n], 'oi', 'float64');
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + ((i * 7 + 3) % n)] = 1;
  data[3] = 1 + 1e-5;
  const tensor: Tensor<FloatDType> = { dtype: 'float64', shape: [n, n], data };
  const { method, sMin, sMax, interval } = certify(tensor, spec);
  expect(method).toBe('lanczos');
  expect(interval[1]).toBeGreaterThanOrEqual(1 + 1e-5);
  expect(Math.abs(sMax - (1 + 1e-5))).toBeLessThan(1e-9);
  expect(Math.abs(sMin - 1)).toBeLessThan(1e-9);
});

test('whoever draws it, a weight is certified by its values alone: ones have rank 1, zeros none', () => {
  const spec = specOf([6, 4], 'oi');
  const ones = certify(scheme('ones').draw(key(0), spec, {}), spec);
  expect(ones.sMax).toBeCloseTo(Math.sqrt(24), 13);
  expect(ones.sMin).toBeLessThan(1e-14);
  expect(ones.interval[0]).toBe(0);
  const zeros = certify(scheme('zeros').draw(key(0), spec, {}), spec);
  expect(zeros).toEqual({
    of: 'matrix',
    sMin: 0,
    sMax: 0,
    interval: [0, 0],
    method: 'exact',
    residual: 0,
    orthogonality: null,
    taps: null,
    frequencies: null,
    matrix: null,
  });
  const delta = specOf([8, 8, 3, 3], 'oi');
  expect(certify(scheme('delta_orthogonal').draw(key(0), delta, {}), delta)).toMatchObject({
    taps: { nonZero: 1, all: 9 },
    frequencies: [5, 5],
  });
});

test('a kernel can be looked at as a matrix alone, which is what orthogonal promises', () => {
  const spec = specOf([8, 2, 3], 'oi');
  const tensor = scheme('orthogonal').draw(key(0), spec, {});
  const { matrix, sMax } = certify(tensor, spec);
  expect(sMax).toBeGreaterThan(1.1);
  expect(certify(tensor, spec, { of: 'matrix' })).toEqual({
    ...matrix,
    of: 'matrix',
    taps: { nonZero: 3, all: 3 },
    frequencies: null,
    matrix: null,
  });
});

test('groups and batches count together: the least of all and the largest of all', () => {
  const data = Float64Array.of(1, 0, 0, 2, 5, 0, 0, 0.5);
  const tensor: Tensor<FloatDType> = { dtype: 'float64', shape: [2, 2, 2], data };
  const spec: Spec = {
    shape: [2, 2, 2],
    dtype: 'float64',
    layout: ['batch', 'out', 'in'],
    groups: 1,
    fanIn: 2,
    fanOut: 2,
  };
  const { sMin, sMax } = certify(tensor, spec);
  expect(sMin).toBeCloseTo(0.5, 13);
  expect(sMax).toBeCloseTo(5, 13);
});

test('the size of the elements does not matter, and the certificate is plain data', () => {
  const spec = specOf([7, 7], 'oi', 'float64');
  const at = (gain: number) =>
    certify(scheme('orthogonal').draw(key(2), spec, { gain }), { ...spec });
  for (const gain of [1e-200, 1e200, 3]) {
    const { sMin, sMax } = at(gain);
    expect(sMin / gain).toBeCloseTo(1, 12);
    expect(sMax / gain).toBeCloseTo(1, 12);
  }
  const one = at(3);
  expect(JSON.parse(JSON.stringify(one))).toEqual(one);
});

test.each(['float32', 'float16', 'bfloat16'] as const)(
  'an orthogonal matrix of %s is off by the rounding of its elements',
  (dtype) => {
    const spec = specOf([60, 60], 'oi', dtype);
    const { sMin, sMax, orthogonality } = certify(
      scheme('orthogonal').draw(key(4), spec, {}),
      spec,
    );
    // Rounding moves each element by at most u times its size; the norm of such a change is at most
    // u ‖Q‖_F = u √60, and typically u (half of it, uniform) times 2 √60 of a random matrix over √60.
    const unit = { float32: 2 ** -24, float16: 2 ** -11, bfloat16: 2 ** -8 }[dtype];
    expect(sMax - sMin).toBeLessThan(2 * unit * Math.sqrt(60));
    expect(sMax - sMin).toBeGreaterThan(unit / 10);
    expect(orthogonality).toBeLessThan(3 * unit);
    expect(orthogonality).toBeGreaterThan(unit / 100);
  },
);

// Σ_j |ℓ_j(x)| with the Dirichlet kernel ℓ_j(x) = sin(N (x - x_j) / 2) / (N sin((x - x_j) / 2)).
test('the reach of a grid is the largest sum of its interpolating functions', () => {
  for (const n of [1, 3, 5, 9, 13]) {
    let most = 0;
    for (let step = 0.5; step < 1000; step++) {
      const x = (2 * Math.PI * step) / (1000 * n);
      let sum = 0;
      for (let j = 0; j < n; j++) {
        const half = (x - (2 * Math.PI * j) / n) / 2;
        sum += Math.abs(Math.sin(n * half) / (n * Math.sin(half)));
      }
      most = Math.max(most, sum);
    }
    expect(reachOf([n])).toBeGreaterThanOrEqual(most - 1e-12);
    expect(reachOf([n])).toBeLessThan(most + 1e-4);
  }
  expect(reachOf([3, 5])).toBeCloseTo(reachOf([3]) * reachOf([5]), 12);
});

test('half of a grid and its negatives are the grid', () => {
  for (const grid of [[5], [3, 5], [1, 3, 3], []]) {
    const half = halfGrid(grid);
    expect(half.length).toBe((sizeOf(grid) + 1) / 2);
    const negatives = half.map((index) => index.map((j, axis) => (grid[axis] - j) % grid[axis]));
    expect(new Set([...half, ...negatives].map(String)).size).toBe(sizeOf(grid));
  }
});

test('the cost is that of the cheaper way, and grows with the weight', () => {
  const cost = (shape: readonly number[]): number => certificateCost(specOf(shape, 'oi'));
  expect(cost([4096, 4096])).toBeLessThan(3e9);
  expect(cost([64, 64, 3, 3])).toBeGreaterThan(cost([64, 64, 3]));
  expect(cost([64, 64, 3])).toBeGreaterThan(cost([64, 64]));
});

test('what is no linear map, empty or not finite is refused', () => {
  const one = (data: Float64Array, spec: Spec) => () =>
    certify({ dtype: 'float64', shape: spec.shape, data }, spec);
  const errors = [
    one(new Float64Array(4), specOf([4], 'oi')),
    one(new Float64Array(0), specOf([0, 4], 'oi')),
    one(new Float64Array(3), specOf([2, 2], 'oi')),
    one(Float64Array.of(1, 2, NaN, 4), specOf([2, 2], 'oi')),
    one(Float64Array.of(1, -Infinity, 3, 4), specOf([2, 2], 'oi')),
  ].map((action) => {
    try {
      action();
      return 'no error';
    } catch (error) {
      return String(error);
    }
  });
  expect(`\n${errors.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    RangeError: certify: shape must have at least 2 dimensions, got [4]
    RangeError: certify: tensor must have the elements of [0, 4] and at least one, got 0
    RangeError: certify: tensor must have the elements of [2, 2] and at least one, got 3
    RangeError: certify: elements must be finite, got NaN at 2
    RangeError: certify: elements must be finite, got -Infinity at 1
    "
  `);
});

test('a weight at the stream of its name is certified as the scheme promises', () => {
  for (const [name, shape, gain] of [
    ['orthogonal', [30, 20], 1.2],
    ['special_orthogonal', [20, 20], 1],
    ['scaled_orthogonal', [40, 10], 2],
  ] as const) {
    const spec = specOf(shape, 'oi', 'float64');
    const { sMin, sMax } = certify(
      scheme(name).draw(
        fold(key(2 ** 53 - 1), 'w'),
        spec,
        name === 'scaled_orthogonal' ? {} : { gain },
      ),
      spec,
    );
    expect(sMin).toBeCloseTo(gain, 12);
    expect(sMax).toBeCloseTo(gain, 12);
  }
});
