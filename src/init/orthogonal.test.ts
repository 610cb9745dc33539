import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { scheme, specOf, type Options, type Spec } from './index.ts';
import { linearMaps } from './linear-map.ts';

const EPS = 2 ** -52;

/** The matrix `[out, in · kernel]` of every map of a weight. */
function matrices(spec: Spec, values: Float64Array): number[][][] {
  const { bases, outputs, inputs, taps } = linearMaps(spec);
  const columns = [...inputs].flatMap((input) => [...taps].map((tap) => input + tap));
  return [...bases].map((base) =>
    [...outputs].map((row) => columns.map((column) => values[base + row + column])),
  );
}

function draw(name: string, spec: Spec, options: Options = {}): Float64Array {
  return toFloat64(scheme(name).draw(key(5), { ...spec, dtype: 'float64' }, options));
}

/** The largest element of `|A Aᵀ - scale I|` for the shorter side of A. */
function isometryError(rows: number[][], scale: number): number {
  const isWide = rows.length <= rows[0].length;
  const vectors = isWide ? rows : rows[0].map((_, j) => rows.map((row) => row[j]));
  let worst = 0;
  for (const [i, a] of vectors.entries()) {
    for (const [j, b] of vectors.entries()) {
      const product = a.reduce((sum, x, l) => sum + x * b[l], i === j ? -scale : 0);
      worst = Math.max(worst, Math.abs(product));
    }
  }
  return worst;
}

const shapes = [
  specOf([24, 24], 'oi'),
  specOf([40, 12], 'oi'),
  specOf([12, 40], 'io'),
  specOf([12, 5, 3], 'oi'),
  specOf([60, 2, 3, 3], 'oi'),
  specOf([3, 2, 4, 36], 'io', 'float32', 3),
];

test.each(shapes.map((spec) => ({ spec })))(
  'all singular values of $spec.shape are the gain',
  (c) => {
    for (const matrix of matrices(c.spec, draw('orthogonal', c.spec, { gain: 1.5 }))) {
      expect(isometryError(matrix, 2.25)).toBeLessThan(300 * EPS);
    }
  },
);

test.each(shapes.map((spec) => ({ spec })))(
  'scaled_orthogonal of $spec.shape keeps the mean square',
  (c) => {
    for (const matrix of matrices(c.spec, draw('scaled_orthogonal', c.spec))) {
      const [out, inputs] = [matrix.length, matrix[0].length];
      expect(isometryError(matrix, Math.max(out / inputs, 1))).toBeLessThan(1000 * EPS);
    }
  },
);

test('a weight and its transpose in the other layout are the same map for the same key', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (out, inputs, kernel, groups) => {
        const first = specOf([out * groups, inputs, ...kernel], 'oi', 'float64', groups);
        const second = specOf([...kernel, inputs, out * groups], 'io', 'float64', groups);
        for (const name of [
          'orthogonal',
          'scaled_orthogonal',
          'delta_orthogonal',
          'conv_orthogonal',
          'special_orthogonal',
          'dirac',
        ]) {
          const isDefined =
            name === 'delta_orthogonal'
              ? kernel.length > 0 && inputs <= out
              : !['dirac', 'conv_orthogonal'].includes(name) || kernel.length > 0;
          if (!isDefined) continue;
          expect(matrices(second, draw(name, second))).toEqual(matrices(first, draw(name, first)));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('groups and batches have matrices of their own, none equal to another', () => {
  const grouped = specOf([12, 4, 1], 'oi', 'float32', 3);
  const batched: Spec = {
    ...specOf([4, 4], 'oi'),
    shape: [2, 4, 4],
    layout: ['batch', 'out', 'in'],
  };
  for (const [spec, count] of [
    [grouped, 3],
    [batched, 2],
  ] as const) {
    const all = matrices(spec, draw('orthogonal', spec));
    expect(new Set(all.map(String)).size).toBe(count);
    for (const matrix of all) expect(isometryError(matrix, 1)).toBeLessThan(100 * EPS);
  }
});

test('a transposed convolution is orthogonal from its inputs to its outputs, per group of inputs', () => {
  const spec: Spec = {
    shape: [8, 3, 5],
    dtype: 'float64',
    layout: ['in', 'out', 'kernel'],
    groups: 2,
    fanIn: 4,
    fanOut: 15,
  };
  const all = matrices(spec, draw('orthogonal', spec));
  expect([all.length, all[0].length, all[0][0].length]).toEqual([2, 3, 20]);
  for (const matrix of all) expect(isometryError(matrix, 1)).toBeLessThan(100 * EPS);
});

test.each([
  { shape: [6, 4, 3], centre: [1] },
  { shape: [6, 4, 4], centre: [1] },
  { shape: [6, 6, 3, 5], centre: [1, 2] },
  { shape: [6, 2, 2, 1, 6], centre: [0, 0, 2] },
])(
  'delta_orthogonal of $shape is an isometry at tap $centre and zero elsewhere',
  ({ shape, centre }) => {
    const spec = specOf(shape, 'oi', 'float64');
    const values = draw('delta_orthogonal', spec, { gain: 2 });
    const kernel = shape.slice(2);
    const tap = kernel.reduce((index, extent, axis) => index * extent + centre[axis], 0);
    const taps = kernel.reduce((product, extent) => product * extent, 1);
    const rows = matrices(spec, values)[0];
    expect(
      isometryError(
        rows.map((row) => row.filter((_, i) => i % taps === tap)),
        4,
      ),
    ).toBeLessThan(400 * EPS);
    expect(values.filter((value) => value !== 0).length).toBe(shape[0] * shape[1]);
    expect(rows.every((row) => row.every((value, i) => i % taps === tap || value === 0))).toBe(
      true,
    );
  },
);

// torch 2.13: nn.init.dirac_(torch.empty(4, 2, 3, 4), groups=2).flatten().nonzero().
test('dirac puts the gain at k // 2 where output and input of a group have the same number', () => {
  const spec = specOf([4, 2, 3, 4], 'oi', 'float64', 2);
  const values = draw('dirac', spec, { gain: 3 });
  const places = [...values].flatMap((value, i) => (value === 0 ? [] : [[i, value]]));
  expect(places).toEqual([
    [6, 3],
    [42, 3],
    [54, 3],
    [90, 3],
  ]);
});

test('identity need not be square', () => {
  expect([...draw('identity', specOf([2, 3], 'oi'))]).toEqual([1, 0, 0, 0, 1, 0]);
  expect([...draw('identity', specOf([3, 2], 'io'), { gain: -1 })]).toEqual([-1, 0, 0, -1, 0, 0]);
});
