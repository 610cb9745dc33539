import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { castTo, toFloat64 } from '../tensor/index.ts';
import { scheme, specOf, type Options, type Spec } from './index.ts';
import { linearMaps } from './linear-map.ts';

const EPS = 2 ** -52;

function draw(spec: Spec, options: Options, seed = 7): Float64Array {
  return toFloat64(scheme('looks_linear').draw(key(seed), spec, options));
}

/** Element (o, i, tap t) of map g. */
function reader(spec: Spec, values: Float64Array) {
  const { bases, outputs, inputs, taps } = linearMaps(spec);
  return (g: number, o: number, i: number, t: number): number =>
    values[bases[g] + outputs[o] + inputs[i] + taps[t]];
}

test('halves are mirror images to the last bit, whatever shape, layout, dtype and blocks', () => {
  fc.assert(
    fc.property(
      fc.record({
        out: fc.integer({ min: 1, max: 3 }),
        inputs: fc.integer({ min: 1, max: 3 }),
        halfOut: fc.integer({ min: 1, max: 3 }),
        halfIn: fc.integer({ min: 1, max: 3 }),
        kernel: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        groups: fc.integer({ min: 1, max: 2 }),
        layout: fc.constantFrom('oi' as const, 'io' as const),
        dtype: fc.constantFrom('float32', 'float64', 'float16', 'bfloat16'),
        mirror: fc.constantFrom('in', 'out', 'both'),
        base: fc.constantFrom('orthogonal', 'lecun_normal'),
      }),
      ({ out, inputs, halfOut, halfIn, kernel, groups, layout, dtype, mirror, base }) => {
        const [rows, columns] = [2 * halfOut * out, 2 * halfIn * inputs];
        const shape =
          layout === 'oi'
            ? [rows * groups, columns, ...kernel]
            : [...kernel, columns, rows * groups];
        const spec = specOf(shape, layout, dtype, groups);
        const options = { mirror, base, half_in: halfIn, half_out: halfOut };
        const at = reader(spec, draw(spec, options));
        const taps = kernel.reduce((product, extent) => product * extent, 1);
        for (let g = 0; g < groups; g++) {
          for (let o = 0; o < rows; o++) {
            for (let i = 0; i < columns; i++) {
              for (let t = 0; t < taps; t++) {
                const image = (index: number, half: number): number =>
                  index % (2 * half) < half ? index + half : index - half;
                const value = at(g, o, i, t);
                if (mirror !== 'out') expect(at(g, o, image(i, halfIn), t)).toBe(-value);
                if (mirror !== 'in') expect(at(g, image(o, halfOut), i, t)).toBe(-value);
              }
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('Ω has the values that its base draws for half the inputs', () => {
  const omega = toFloat64(scheme('orthogonal').draw(key(7), specOf([6, 4], 'oi'), { gain: 1.5 }));
  const whole = draw(specOf([6, 8], 'oi'), { gain: 1.5 });
  expect(Array.from({ length: 24 }, (_, n) => whole[8 * Math.floor(n / 4) + (n % 4)])).toEqual([
    ...omega,
  ]);
});

const relu = (x: Float64Array): Float64Array => x.map((value) => Math.max(0, value));

function product(rows: number, w: Float64Array, x: Float64Array): Float64Array {
  return Float64Array.from({ length: rows }, (_, o) =>
    x.reduce((sum, value, i) => sum + w[o * x.length + i] * value, 0),
  );
}

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, value) => sum + value ** 2, 0));

// Reference: a trial of 50 ReLU layers gave the ratio 1.0000000000000018.
test('50 mirrored layers of plain ReLU are one orthogonal map', () => {
  const width = 64;
  const weight = (layer: number, shape: readonly number[], mirror: string): Float64Array =>
    draw(specOf(shape, 'oi', 'float64'), { mirror }, layer);
  const run = (x: Float64Array): Float64Array => {
    let h = product(width, weight(0, [width, width / 2], 'out'), x);
    for (let layer = 1; layer < 50; layer++) {
      h = product(width, weight(layer, [width, width], 'both'), relu(h));
    }
    return product(width / 2, weight(50, [width / 2, width], 'in'), relu(h));
  };
  const [x, y] = [1, 2].map((seed) =>
    toFloat64(scheme('normal').draw(key(seed), specOf([width / 2], 'oi', 'float64'), { std: 1 })),
  );
  const [fx, fy] = [run(x), run(y)];
  // 51 layers, each of which rounds a sum of 64 products.
  const error = 51 * 64 * EPS;
  expect(Math.abs(norm(fx) / norm(x) - 1)).toBeLessThan(error);
  const mixed = run(x.map((value, i) => 0.7 * value - 2 * y[i]));
  const distance = norm(mixed.map((value, i) => value - 0.7 * fx[i] + 2 * fy[i]));
  expect(distance / norm(mixed)).toBeLessThan(4 * error);
});

test('values of 16 bits are mirrored after they are rounded', () => {
  const spec = specOf([4, 8], 'oi', 'float16');
  const tensor = scheme('looks_linear').draw(key(1), spec, {});
  const exact = scheme('looks_linear').draw(key(1), { ...spec, dtype: 'float64' }, {});
  expect([...tensor.data]).toEqual([...castTo('float16', toFloat64(exact))]);
});

const problem = (spec: Spec, options: Options) => () => scheme('looks_linear').check(spec, options);

test('axes that have no halves are refused', () => {
  expect(problem(specOf([4, 7], 'oi'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: looks_linear: inputs must be even in number, to be mirrored, got 7]`,
  );
  expect(problem(specOf([5, 8], 'oi'), { mirror: 'both' })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: looks_linear: outputs must be even in number, to be mirrored, got 5]`,
  );
  expect(problem(specOf([4, 8], 'oi'), { half_in: 3 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: looks_linear: inputs must be a multiple of twice the half of 3, got 8]`,
  );
  expect(problem(specOf([4, 8], 'oi'), { half_in: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: looks_linear: half_in must be an integer >= 0, got -1]`,
  );
  expect(
    problem(specOf([4, 16, 3], 'oi'), { base: 'delta_orthogonal' }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: looks_linear: of Ω, delta_orthogonal: outputs must be at least as many as inputs, since a map to fewer dimensions cannot keep every norm (orthogonal is defined for it), got 4 outputs of 8 inputs]`,
  );
  expect(problem(specOf([8], 'oi'), {})).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: looks_linear: shape must have at least 2 dimensions, got [8]]`,
  );
});
