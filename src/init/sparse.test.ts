import { expect, test } from 'vitest';
import { fillNormal, fold, key, permutation } from '../random/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { scheme, specOf, type Options, type Spec } from './index.ts';
import { linearMaps, sums } from './linear-map.ts';

/** Every map as rows of outputs by columns of inputs and taps. */
function matrices(name: string, spec: Spec, options: Options, seed = 5): number[][][] {
  const values = toFloat64(scheme(name).draw(key(seed), { ...spec, dtype: 'float64' }, options));
  const { bases, outputs, inputs, taps } = linearMaps(spec);
  const columns = [...sums(inputs, taps)];
  return [...bases].map((base) =>
    [...outputs].map((row) => columns.map((column) => values[base + row + column])),
  );
}

const zeros = (list: readonly number[]): number => list.filter((value) => value === 0).length;

const specs = [
  specOf([40, 30], 'oi'),
  specOf([30, 41], 'io'),
  specOf([12, 8, 3, 3], 'oi'),
  specOf([3, 8, 60], 'io', 'float32', 4),
];

test.each(specs.flatMap((spec) => [0, 0.1, 0.5, 0.97, 1].map((sparsity) => ({ spec, sparsity }))))(
  'sparse of $spec.shape has ⌈$sparsity · out⌉ zeros among the weights of every input',
  ({ spec, sparsity }) => {
    for (const rows of matrices('sparse', spec, { sparsity })) {
      const expected = Math.ceil(sparsity * rows.length);
      const counts = rows[0].map((_, column) => zeros(rows.map((row) => row[column])));
      expect(new Set(counts)).toEqual(new Set([expected]));
    }
  },
);

test('what sparse leaves is the normal draw of the same key', () => {
  const spec = specOf([40, 30], 'oi', 'float64');
  const whole = toFloat64(scheme('normal').draw(key(5), spec, { std: 0.01 }));
  const some = toFloat64(scheme('sparse').draw(key(5), spec, { sparsity: 0.5 }));
  expect(some.every((value, i) => value === 0 || value === whole[i])).toBe(true);
});

test('zeros and connections are those of the streams that docs/streams.md names', () => {
  const spec = specOf([12, 8, 3, 3], 'oi');
  const [rows] = matrices('sparse', spec, { sparsity: 0.4 });
  for (let column = 0; column < 72; column++) {
    const stream = fold(fold(key(5), 'group/0'), `column/${column}`);
    const chosen = [...permutation(stream, 12).subarray(0, 5)].sort((a, b) => a - b);
    expect(rows.flatMap((row, o) => (row[column] === 0 ? [o] : []))).toEqual(chosen);
  }
  const grouped = specs[3];
  const maps = matrices('sparse_martens', grouped, { connections: 4 });
  const numbers = new Float64Array(4 * 15 * 4);
  fillNormal(key(5), numbers, 0, 1);
  for (const [g, map] of maps.entries()) {
    for (const [o, row] of map.entries()) {
      const order = permutation(fold(fold(key(5), `group/${g}`), `unit/${o}`), row.length);
      const expected = row.map(() => 0);
      for (let j = 0; j < 4; j++) expected[order[j]] = numbers[(g * 15 + o) * 4 + j];
      expect(row).toEqual(expected);
    }
  }
});

test('the zeros of two inputs, groups or seeds are not the same', () => {
  const where = (seed: number): string[] =>
    matrices('sparse', specs[3], { sparsity: 0.5 }, seed).flatMap((rows) =>
      rows[0].map((_, column) => rows.map((row) => Number(row[column] === 0)).join('')),
    );
  const all = [0, 42, 2 ** 32 + 5, 2 ** 53 - 1].flatMap(where);
  // C(15, 8) = 6435 patterns, 384 draws: about 11 pairs meet by chance.
  expect(new Set(all).size).toBeGreaterThan(all.length - 30);
});

test.each(specs.flatMap((spec) => [0, 1, 15, 1000].map((connections) => ({ spec, connections }))))(
  'sparse_martens of $spec.shape has $connections connections per output, as far as there are inputs',
  ({ spec, connections }) => {
    for (const rows of matrices('sparse_martens', spec, { connections })) {
      const expected = Math.min(connections, rows[0].length);
      for (const row of rows) expect(row.length - zeros(row)).toBe(expected);
    }
  },
);

test('connections reach every input alike', () => {
  const [rows] = matrices('sparse_martens', specOf([4000, 60], 'oi'), { connections: 15 });
  const counts = rows[0].map((_, column) => rows.filter((row) => row[column] !== 0).length);
  // Hits per input are binomial: 4000 draws with p = 1/4, standard deviation 27.4.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 27.4);
});

const problem = (name: string, spec: Spec, options: Options) => () =>
  scheme(name).check(spec, options);

test('shares and counts that are none are refused', () => {
  expect(problem('sparse', specs[0], { sparsity: 1.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: sparse: sparsity must be from 0 to 1, got 1.5]`,
  );
  expect(problem('sparse', specs[0], { std: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: sparse: std must be >= 0, got -1]`,
  );
  expect(problem('sparse', specOf([9], 'oi'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: sparse: shape must have at least 2 dimensions, got [9]]`,
  );
  expect(
    problem('sparse_martens', specs[0], { connections: 1.5 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: sparse_martens: connections must be an integer >= 0, got 1.5]`,
  );
});
