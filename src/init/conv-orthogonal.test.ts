import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { singularValues } from '../numeric/index.ts';
import { fold, haarColumns, key, type Key } from '../random/index.ts';
import { sizeOf, toFloat64 } from '../tensor/index.ts';
import { certify, scheme, specOf, type Options, type Spec } from './index.ts';
import { linearMaps } from './linear-map.ts';

const EPS = 2 ** -52;
const record = scheme('conv_orthogonal');

function draw(spec: Spec, options: Options = {}, seed: number | bigint = 5): Float64Array {
  return toFloat64(record.draw(key(seed), { ...spec, dtype: 'float64' }, options));
}

/** The matrix of every tap of map g, outputs by inputs. */
function tapsOf(spec: Spec, values: Float64Array, g = 0): number[][][] {
  const { bases, outputs, inputs, taps } = linearMaps(spec);
  return [...taps].map((tap) =>
    [...outputs].map((o) => [...inputs].map((i) => values[bases[g] + tap + o + i])),
  );
}

/** The largest element of `Σ_t K_tᵀ K_(t+s) - δ_s I` (of `K Kᵀ` if wide) over all shifts s along the axes. */
function isometryError(kernel: readonly number[], taps: number[][][]): number {
  const isTall = taps[0].length >= taps[0][0].length;
  const place = (flat: number): number[] => {
    const index = kernel.map(() => 0);
    for (let axis = kernel.length - 1; axis >= 0; axis--) {
      index[axis] = flat % kernel[axis];
      flat = Math.floor(flat / kernel[axis]);
    }
    return index;
  };
  const products = new Map<string, number[][]>();
  for (const [t, a] of taps.entries()) {
    for (const [u, b] of taps.entries()) {
      const shift = place(t)
        .map((x, axis) => x - place(u)[axis])
        .join();
      const [left, right] = isTall ? [columnsOf(a), columnsOf(b)] : [a, b];
      const gram = left.map((x) => right.map((y) => x.reduce((sum, v, i) => sum + v * y[i], 0)));
      const before = products.get(shift);
      products.set(
        shift,
        before === undefined ? gram : gram.map((row, i) => row.map((v, j) => v + before[i][j])),
      );
    }
  }
  let worst = 0;
  const none = kernel.map(() => 0).join();
  for (const [shift, gram] of products) {
    for (const [i, row] of gram.entries()) {
      for (const [j, value] of row.entries()) {
        worst = Math.max(worst, Math.abs(value - (shift === none && i === j ? 1 : 0)));
      }
    }
  }
  return worst;
}

function columnsOf(rows: number[][]): number[][] {
  return rows[0].map((_, j) => rows.map((row) => row[j]));
}

/** Not the Fourier symbol but its coefficients: this shares nothing with the certificate. */
test('kernels of 1 to 3 axes, even, odd and unequal, are isometries whichever side is wider', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('half', 'random'),
      fc.constantFrom('oi' as const, 'io' as const),
      fc.maxSafeNat(),
      (out, inputs, kernel, rank, layout, seed) => {
        const shape = layout === 'oi' ? [out, inputs, ...kernel] : [...kernel, inputs, out];
        const spec = specOf(shape, layout, 'float64');
        const taps = tapsOf(spec, draw(spec, { rank }, seed));
        expect(isometryError(kernel, taps)).toBeLessThan(200 * EPS);
      },
    ),
    { numRuns: 80 },
  );
});

test.each([0, 1, 42, 2 ** 32 + 5, 2 ** 53 - 1])(
  'with seed %d no two projections are equal: all taps take part',
  (seed) => {
    for (const [shape, rank] of [
      [[8, 8, 3, 3], 'half'],
      [[6, 4, 5, 5], 'half'],
      [[4, 7, 4, 4, 4], 'half'],
      [[64, 64, 3, 3], 'random'],
      [[16, 16, 6], 'half'],
      [[2, 2, 3, 3], 'half'],
    ] as const) {
      const spec = specOf(shape, 'oi');
      const { taps } = certify(record.draw(key(seed), spec, { rank }), spec);
      const all = sizeOf(shape.slice(2));
      expect(taps).toEqual({ nonZero: all, all });
    }
  },
);

// K_0 = H P and K_1 = H (I - P) where there are two taps.
test('of two taps one has rank ⌊n/2⌋ and one the rest, of an odd number of channels either', () => {
  const ranksOf = (n: number, seed: number, rank: string): number[] =>
    tapsOf(specOf([n, n, 2], 'oi'), draw(specOf([n, n, 2], 'oi'), { rank }, seed)).map((tap) => {
      const values = singularValues(Float64Array.from(tap.flat()), n, n);
      expect(values.every((s) => s < 1e-12 || Math.abs(s - 1) < 1e-12)).toBe(true);
      return values.filter((s) => s > 0.5).length;
    });
  for (let seed = 0; seed < 10; seed++) expect(ranksOf(6, seed, 'half')).toEqual([3, 3]);
  const runs = 400;
  const odd = Array.from({ length: runs }, (_, seed) => ranksOf(3, seed, 'half')[0]);
  expect(odd.every((rank) => rank === 1 || rank === 2)).toBe(true);
  // A fair coin: standard deviation √(runs / 4).
  const ones = odd.filter((rank) => rank === 1).length;
  expect(Math.abs(ones - runs / 2)).toBeLessThan(5 * Math.sqrt(runs / 4));
  // Binomial(6, ½): mean 3, variance 1.5, and of the variance estimate (m₄ - m₂²) / runs, m₄ = 6.
  const random = Array.from({ length: runs }, (_, seed) => ranksOf(6, seed, 'random')[0]);
  const mean = random.reduce((sum, rank) => sum + rank, 0) / runs;
  const variance = random.reduce((sum, rank) => sum + (rank - 3) ** 2, 0) / runs;
  expect(Math.abs(mean - 3)).toBeLessThan(5 * Math.sqrt(1.5 / runs));
  expect(Math.abs(variance - 1.5)).toBeLessThan(5 * Math.sqrt((6 - 1.5 ** 2) / runs));
});

// E ‖K_t‖² = n Binomial(k - 1, ½)(t): every projection keeps half of what comes to it.
test('taps have binomial shares of the square of the kernel on average', () => {
  const [n, k, runs] = [5, 4, 400];
  const sums = new Float64Array(k);
  const squares = new Float64Array(k);
  for (let seed = 0; seed < runs; seed++) {
    const spec = specOf([n, n, k], 'oi');
    for (const [t, tap] of tapsOf(spec, draw(spec, {}, seed)).entries()) {
      const size = tap.flat().reduce((sum, value) => sum + value ** 2, 0) / n;
      sums[t] += size;
      squares[t] += size ** 2;
    }
  }
  for (const [t, share] of [1, 3, 3, 1].map((weight) => weight / 8).entries()) {
    const mean = sums[t] / runs;
    const error = Math.sqrt((squares[t] / runs - mean ** 2) / runs);
    expect(Math.abs(mean - share)).toBeLessThan(5 * error);
  }
});

test('one tap is the matrix of orthogonal for the same key', () => {
  for (const shape of [
    [6, 4, 1, 1],
    [4, 6, 1],
    [5, 5, 1, 1, 1],
  ]) {
    const spec = specOf(shape, 'oi', 'float64');
    expect(draw(spec)).toEqual(toFloat64(scheme('orthogonal').draw(key(5), spec, {})));
  }
});

test('more inputs than outputs make the adjoint: transposed, with the taps in reverse', () => {
  const wide = specOf([3, 5, 2, 3], 'oi');
  const tall = specOf([5, 3, 2, 3], 'oi');
  const taps = tapsOf(wide, draw(wide));
  const others = tapsOf(tall, draw(tall));
  expect(taps).toEqual(others.toReversed().map(columnsOf));
});

test('a kernel of one channel keeps norms by one tap of size 1, at a random place', () => {
  const spec = specOf([200, 1, 3, 3], 'oi', 'float64', 200);
  const values = draw(spec);
  const counts = new Float64Array(9);
  for (let g = 0; g < 200; g++) {
    const taps = tapsOf(spec, values, g).map(([[value]]) => value);
    const [only, ...others] = taps.filter((value) => value !== 0);
    expect(others).toEqual([]);
    expect(Math.abs(Math.abs(only) - 1)).toBeLessThan(4 * EPS);
    counts[taps.findIndex((value) => value !== 0)]++;
  }
  // χ² with 8 degrees of freedom, mean 8 and standard deviation 4, for ¼ ½ ¼ along both axes.
  const expected = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((weight) => (200 * weight) / 16);
  const chi2 = counts.reduce((sum, x, i) => sum + (x - expected[i]) ** 2 / expected[i], 0);
  expect(Math.abs(chi2 - 8)).toBeLessThan(5 * 4);
});

test('groups are kernels of their own, of a transposed convolution too', () => {
  const transposed: Spec = {
    shape: [6, 4, 3, 2],
    dtype: 'float64',
    layout: ['in', 'out', 'kernel', 'kernel'],
    groups: 2,
    fanIn: 18,
    fanOut: 24,
  };
  for (const spec of [specOf([8, 3, 3], 'oi', 'float64', 2), transposed]) {
    const values = draw(spec);
    const all = [0, 1].map((g) => tapsOf(spec, values, g));
    const kernel = spec.shape.filter((_, axis) => spec.layout[axis] === 'kernel');
    for (const taps of all) expect(isometryError(kernel, taps)).toBeLessThan(200 * EPS);
    expect(all[0]).not.toEqual(all[1]);
  }
});

test('a kernel is made of the streams that docs/streams.md names', () => {
  const [n, kernel] = [4, [2, 3]];
  const map = fold(key(5), 'group/0');
  // Matrices as rows of columns, which is what a row vector is multiplied with.
  const columns = (stream: Key, count: number): number[][] => {
    const q = haarColumns(stream, n, count);
    return Array.from({ length: count }, (_, c) => [...q.subarray(c * n, (c + 1) * n)]);
  };
  const project = (row: number[], basis: number[][]): number[] =>
    row.map((_, j) =>
      basis.reduce((sum, c) => sum + c[j] * c.reduce((dot, x, i) => dot + x * row[i], 0), 0),
    );
  // In the order of the factors: x and y by turns, as long as the axis has taps left.
  let taps = new Map([['0,0', columns(map, n)]]);
  for (const [factor, axis] of [
    [0, 0],
    [0, 1],
    [1, 1],
  ]) {
    const basis = columns(fold(map, `axis/${axis}/factor/${factor}`), 2);
    const longer = new Map<string, number[][]>();
    for (const [place, rows] of taps) {
      const next = place.split(',').map((x, a) => Number(x) + (a === axis ? 1 : 0));
      const kept = rows.map((row) => project(row, basis));
      const rest = rows.map((row, i) => row.map((x, j) => x - kept[i][j]));
      for (const [at, part] of [
        [place, kept],
        [next.join(), rest],
      ] as const) {
        const before = longer.get(at);
        longer.set(at, before === undefined ? part : addRows(before, part));
      }
    }
    taps = longer;
  }
  const spec = specOf([n, n, ...kernel], 'oi', 'float64');
  const expected = [...taps.keys()].sort().map((place) => columnsOf(taps.get(place) ?? []));
  for (const [t, tap] of tapsOf(spec, draw(spec)).entries()) {
    for (const [i, row] of tap.entries()) {
      for (const [j, value] of row.entries()) {
        expect(Math.abs(value - expected[t][i][j])).toBeLessThan(40 * EPS);
      }
    }
  }
});

function addRows(a: number[][], b: number[][]): number[][] {
  return a.map((row, i) => row.map((x, j) => x + b[i][j]));
}
