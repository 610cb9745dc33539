import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Options } from '../initializer.ts';
import type { DialectFunction } from './dialect.ts';
import { dialect } from './dialects.ts';
import { jaxBits, jaxFoldIn, jaxKey, jaxNormal, jaxSplit } from './jax/index.ts';
import { jaxTruncatedNormal, jaxUniform } from './jax/random.ts';
import { tfKey } from './tensorflow/philox.ts';
import { tfNormal, tfTruncatedNormal, tfUniform } from './tensorflow/random.ts';

const GOLDEN = resolve(import.meta.dirname, '../../../test/golden');

function readGolden(file: string): unknown {
  return JSON.parse(readFileSync(resolve(GOLDEN, file), 'utf8'));
}

interface Case {
  readonly scheme: string;
  readonly seed: number;
  readonly shape: readonly number[];
  readonly options: Options;
  readonly sha256?: string;
  readonly step?: number;
  readonly values?: readonly number[];
  readonly raises?: string;
}

function hash({ data }: Tensor<'float32'> | Tensor<'uint32'>): string {
  return createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');
}

function check({ draw, tolerance, options: defaults }: DialectFunction, golden: Case): void {
  const { seed, shape, options, sha256, step = 1, values, raises } = golden;
  const work = (): Tensor<'float32'> => draw(seed, shape, { ...defaults, ...options });
  if (raises !== undefined) {
    expect(work, JSON.stringify(golden)).toThrow(RangeError);
    return;
  }
  const tensor = work();
  expect(tensor.shape).toEqual(shape);
  expect(tensor.data.length).toBe(sizeOf(shape));
  if (sha256 !== undefined) {
    expect(tolerance).toBe(0);
    expect(hash(tensor), JSON.stringify(golden)).toBe(sha256);
  }
  const far = tolerance * Math.abs(Number(options.gain ?? 1));
  for (const [i, value] of (values ?? []).entries()) {
    expect(Math.abs(tensor.data[i * step] - value), JSON.stringify(golden)).toBeLessThanOrEqual(
      far,
    );
  }
}

// From test/golden/dialects.py and dialects_tfjs.mjs.
describe.each(['jax', 'tf', 'keras-jax', 'keras-torch', 'keras-tf', 'tfjs'])('%s', (name) => {
  const cases = readGolden(`dialects_${name.replace('-', '_')}.json`) as Case[];
  const { functions, promise } = dialect(name);

  test.each(Object.keys(functions))('%s draws what the framework draws', (scheme) => {
    const own = cases.filter((golden) => golden.scheme === scheme);
    expect(own.length).toBeGreaterThan(1);
    for (const golden of own) check(functions[scheme], golden);
  });

  test('says what it promises and how close orthogonal matrices come', () => {
    expect(promise).toMatch(/^equal to the last bit to .* orthogonal .* 2e-6.*\.$/);
  });

  test.each(Object.keys(functions))('%s has values of the size that it says', (scheme) => {
    const { draw, spread, options } = functions[scheme];
    const shape =
      scheme === 'identity' ? [120, 120] : scheme === 'delta_orthogonal' ? [3, 60, 80] : [120, 150];
    const { data } = draw(3, shape, options);
    const { std, bound } = spread?.(shape, options) ?? { std: null, bound: null };
    const n = data.length;
    const mean = data.reduce((sum, value) => sum + value, 0) / n;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    // Five standard errors of a variance whose fourth moment is at most that of the values themselves.
    const fourth = data.reduce((sum, value) => sum + (value - mean) ** 4, 0) / n;
    const error = 5 * Math.sqrt(Math.max(0, fourth - variance ** 2) / n) + 1e-12;
    expect(Math.abs(variance - (std ?? NaN) ** 2)).toBeLessThanOrEqual(error);
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
    // The mean of the draw is five standard errors from that of the function at most.
    if (bound !== null)
      expect(largest).toBeLessThanOrEqual(bound + 5 * Math.sqrt(variance / n) + 1e-7);
  });
});

interface SharedCase {
  readonly stream: string;
  readonly call: string;
  readonly shape: readonly number[];
  readonly sha256: string | null;
  readonly first: readonly number[];
  readonly sum?: number;
  readonly sumsq?: number;
  readonly tolerance?: number;
}

const numbers = (text: string): number[] => (text.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);

/** `GlorotUniform` as `glorot_uniform`. */
const snake = (name: string): string => name.replace(/(?<=[a-z])([A-Z])/g, '_$1').toLowerCase();

/** What a call of the golden files is here. */
function drawn({ stream, call, shape }: SharedCase): Tensor<'float32'> | Tensor<'uint32'> {
  const seed = numbers(/key\((\d+)\)|seed=\[?(\d+)/.exec(call)?.[0] ?? '')[0];
  const of = (name: string, scheme: string, options: Options = {}): Tensor<'float32'> => {
    const record = dialect(name).functions[scheme];
    return record.draw(seed, shape, { ...record.options, ...options });
  };
  const key = jaxKey(seed);
  if (call.includes('truncated_normal(k')) return jaxTruncatedNormal(key, -2, 2, shape);
  if (call.includes('split')) return jaxNormal(jaxSplit(key)[1], shape);
  if (call.includes('fold_in')) return jaxNormal(jaxFoldIn(key, 3), shape);
  if (call.startsWith('jax.random.bits')) return jaxBits(key, shape);
  if (call.startsWith('jax.random.uniform')) return jaxUniform(key, shape);
  if (call.startsWith('jax.random.normal')) return jaxNormal(key, shape);
  const stateless = /stateless_(\w+)/.exec(call)?.[1];
  if (stateless === 'uniform') return tfUniform(tfKey(seed, 5), shape);
  if (stateless === 'normal') return tfNormal(tfKey(seed, 5), shape);
  if (stateless === 'truncated_normal') return tfTruncatedNormal(tfKey(seed, 5), shape);
  if (stream === 'jax-threefry') {
    const [, scheme, inside] = /initializers\.(\w+)\((.*?)\)/.exec(call) ?? [];
    if (scheme !== 'variance_scaling') {
      return of('jax', scheme, inside === '' ? {} : { gain: Number(inside) });
    }
    const [scale, mode, distribution] = inside.replaceAll("'", '').split(', ');
    return of('jax', scheme, { scale: Number(scale), mode, distribution });
  }
  const [, kind, gain] = /(\w+)\((?:gain=([\d.]+), )?seed/.exec(call) ?? [];
  const name = stream === 'keras-jax' ? 'keras-jax' : 'tf';
  return of(name, snake(kind), gain === undefined ? {} : { gain: Number(gain) });
}

// From test/golden/make_torch_jax_keras.py and make_tf.py.
const shared = ['torch_jax_keras.json', 'tf.json'].flatMap((file) =>
  (readGolden(file) as { cases: SharedCase[] }).cases.filter(
    (golden) => !golden.stream.startsWith('torch'),
  ),
);

test.each(shared)('$call is drawn to the last bit, orthogonal within 2e-6', (golden) => {
  const tensor = drawn(golden);
  const { sha256, first, sum = 0, sumsq = 0, tolerance = 0 } = golden;
  if (sha256 !== null) expect(hash(tensor)).toBe(sha256);
  for (const [i, value] of first.entries()) {
    expect(Math.abs(tensor.data[i] - value)).toBeLessThanOrEqual(tolerance);
  }
  if (sha256 !== null) return;
  // Every element is off by the tolerance at most, so the sums are by n and by 2 Σ|w| of it.
  const values = Array.from(tensor.data);
  const total = values.reduce((all, value) => all + value, 0);
  const squares = values.reduce((all, value) => all + value ** 2, 0);
  expect(Math.abs(total - sum)).toBeLessThanOrEqual(tolerance * values.length);
  expect(Math.abs(squares - sumsq)).toBeLessThanOrEqual(
    2 * tolerance * values.reduce((all, value) => all + Math.abs(value), 0),
  );
});

test('where a framework raises, the error says what must hold', () => {
  const message = (
    name: string,
    scheme: string,
    shape: number[],
    options: Options = {},
    seed = 1,
  ): string => {
    const record = dialect(name).functions[scheme];
    try {
      record.draw(seed, shape, { ...record.options, ...options });
    } catch (error) {
      return error instanceof RangeError ? error.message : String(error);
    }
    return 'nothing was thrown';
  };
  expect([
    message('jax', 'glorot_uniform', [3]),
    message('jax', 'he_normal', [3, 0]),
    message('jax', 'orthogonal', [3]),
    message('jax', 'delta_orthogonal', [3, 3]),
    message('jax', 'delta_orthogonal', [3, 4, 3]),
    message('jax', 'delta_orthogonal', [0, 3, 3]),
    message('tf', 'variance_scaling', [3, 3], { scale: 0 }),
    message('keras-torch', 'orthogonal', [3]),
    message('keras-tf', 'identity', [3]),
    message('keras-jax', 'uniform', [3], {}, 2 ** 32),
    message('tfjs', 'normal', [3], {}, 0),
    message('tfjs', 'truncated_normal', [3], { std: -1 }),
    message('tfjs', 'variance_scaling', [3], { scale: -1 }),
    message('tfjs', 'orthogonal', [3]),
    message('tfjs', 'identity', [2, 3]),
    message('tfjs', 'truncated_normal', [3], { mean: Infinity, std: Infinity }),
    message('tfjs', 'variance_scaling', [3, 3], { scale: 1e308 }),
    message('jax', 'variance_scaling', [3, 3], { scale: -1 }),
    message('keras-torch', 'constant', [3], { value: 1e39 }),
    message('jax', 'truncated_normal', [3], { low: -Infinity, high: Infinity }),
  ]).toMatchInlineSnapshot(`
    [
      "jax glorot_uniform: shape must have at least 2 dimensions, none of them 0, got [3]",
      "jax he_normal: shape must have at least 2 dimensions, none of them 0, got [3, 0]",
      "jax orthogonal: shape must have at least 2 dimensions, got [3]",
      "jax delta_orthogonal: shape must have 3 to 5 dimensions, got [3, 3]",
      "jax delta_orthogonal: shape must have at least as many outputs as inputs, got [3, 4, 3]",
      "jax delta_orthogonal: shape must have a tap on every axis, got [0, 3, 3]",
      "tf variance_scaling: scale must be > 0, got 0",
      "keras-torch orthogonal: shape must have at least 2 dimensions, got [3]",
      "keras-tf identity: shape must have 2 dimensions, got [3]",
      "keras-jax: seed must be an integer in 0…2^32-1, got 4294967296",
      "tfjs: seed of normal numbers must not be 0, for which TF.js takes a random one, got 0",
      "tfjs truncated_normal: std must be >= 0, got -1",
      "tfjs variance_scaling: scale must be >= 0, got -1",
      "tfjs orthogonal: shape must have at least 2 dimensions, got [3]",
      "tfjs identity: shape must be square, got [2, 3]",
      "tf.initializers.truncatedNormal({ mean, stddev: std, seed }): mean must be finite, got Infinity",
      "tf.initializers.varianceScaling({ scale, mode, distribution, seed }): values must be numbers that float32 holds, got some that are not finite",
      "jax.nn.initializers.variance_scaling(scale, mode, distribution)(key, shape): values must be numbers that float32 holds, got some that are not finite",
      "keras.initializers.Constant(value)(shape): values must be numbers that float32 holds, got some that are not finite",
      "nothing was thrown",
    ]
  `);
});

test('a word where a number must be is a TypeError', () => {
  const { draw, options } = dialect('jax').functions.normal;
  expect(() => draw(0, [2], { ...options, std: 'wide' })).toThrowErrorMatchingInlineSnapshot(
    `[TypeError: jax.random.normal(key, shape) * std + mean: std must be a number, got wide]`,
  );
});
