import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import type { DialectFunction, DialectSpread } from '../dialect.ts';
import { defineFunction, filled, scale, scaleAndShift } from '../define-function.ts';
import { CUT_STD, normalSpread, noSpread, orthogonalSpread, uniformSpread } from '../spread.ts';
import { cutNormalMoments } from '../../cut-normal.ts';
import { orthogonalFrom, ORTHOGONAL_TOLERANCE } from '../orthogonal-from.ts';
import { jaxNormal, jaxTruncatedNormal, jaxUniform } from './random.ts';
import { jaxKey, type JaxKey } from './threefry.ts';

const f = Math.fround;
const DISTRIBUTIONS = ['truncated_normal', 'normal', 'uniform'] as const;
const MODES = ['fan_in', 'fan_out', 'fan_avg', 'fan_geo_avg'] as const;

function fansOf(where: string, shape: readonly number[]): readonly [fanIn: number, fanOut: number] {
  if (shape.length < 2 || sizeOf(shape) === 0) {
    throw new RangeError(
      `jax ${where}: shape must have at least 2 dimensions, none of them 0, got [${shape.join(', ')}]`,
    );
  }
  const [inputs, outputs] = shape.slice(-2);
  const taps = sizeOf(shape) / inputs / outputs;
  return [inputs * taps, outputs * taps];
}

function varianceOf(
  factor: number,
  mode: string,
  [fanIn, fanOut]: readonly [fanIn: number, fanOut: number],
): number {
  if (mode === 'fan_in') return factor / fanIn;
  if (mode === 'fan_out') return factor / fanOut;
  return factor / (mode === 'fan_avg' ? (fanIn + fanOut) / 2 : Math.sqrt(fanIn * fanOut));
}

function varianceScalingSpread(
  where: string,
  shape: readonly number[],
  factor: number,
  mode: string,
  distribution: string,
): DialectSpread {
  const std = Math.sqrt(varianceOf(factor, mode, fansOf(where, shape)));
  if (distribution === 'uniform') return { std, bound: std * Math.sqrt(3) };
  return { std, bound: distribution === 'normal' ? null : (2 * std) / CUT_STD };
}

/**
 * `jax.nn.initializers.variance_scaling(factor, mode, distribution)(key, shape)` in float32. `fans` are
 * those of the shape, `[…, in, out]`, unless given. `RangeError` for shapes without fans, where JAX raises.
 */
export function jaxVarianceScaling(
  where: string,
  key: JaxKey,
  shape: readonly number[],
  factor: number,
  mode: string,
  distribution: string,
  fans: readonly [fanIn: number, fanOut: number] = fansOf(where, shape),
): Tensor<'float32'> {
  const variance = f(varianceOf(factor, mode, fans));
  if (distribution === 'uniform') {
    return scale(jaxUniform(key, shape, -1, 1), Math.sqrt(f(3 * variance)));
  }
  const std = f(Math.sqrt(variance));
  return distribution === 'normal'
    ? scale(jaxNormal(key, shape), std)
    : scale(jaxTruncatedNormal(key, -2, 2, shape), std / f(CUT_STD));
}

/**
 * `jax.nn.initializers.orthogonal(gain)(key, shape)`: the last axis has the columns. `RangeError` for
 * fewer than 2 dimensions.
 */
export function jaxOrthogonal(
  key: JaxKey,
  shape: readonly number[],
  gain: number,
): Tensor<'float32'> {
  if (shape.length < 2) {
    throw new RangeError(
      `jax orthogonal: shape must have at least 2 dimensions, got [${shape.join(', ')}]`,
    );
  }
  const cols = shape[shape.length - 1];
  const rows = cols === 0 ? 0 : sizeOf(shape) / cols;
  return orthogonalFrom(rows, cols, gain, shape, (size) => jaxNormal(key, size));
}

function deltaOrthogonal(seed: number, shape: readonly number[], gain: number): Tensor<'float32'> {
  const shown = `[${shape.join(', ')}]`;
  if (shape.length < 3 || shape.length > 5) {
    throw new RangeError(`jax delta_orthogonal: shape must have 3 to 5 dimensions, got ${shown}`);
  }
  const kernel = shape.slice(0, -2);
  const [inputs, outputs] = shape.slice(-2);
  if (outputs < inputs) {
    throw new RangeError(
      `jax delta_orthogonal: shape must have at least as many outputs as inputs, got ${shown}`,
    );
  }
  if (kernel.includes(0)) {
    throw new RangeError(`jax delta_orthogonal: shape must have a tap on every axis, got ${shown}`);
  }
  const tensor = filled(shape, 0);
  const centre = kernel.reduce((at, extent) => at * extent + ((extent - 1) >> 1), 0);
  const matrix = jaxOrthogonal(jaxKey(seed), [inputs, outputs], gain);
  tensor.data.set(matrix.data, centre * inputs * outputs);
  return tensor;
}

function deltaSpread(shape: readonly number[], { gain }: { readonly gain: number }): DialectSpread {
  const taps = sizeOf(shape.slice(0, -2));
  return {
    std: Math.abs(gain) / Math.sqrt(taps * Math.max(...shape.slice(-2))),
    bound: Math.abs(gain),
  };
}

/** A named case of variance scaling. */
function scaled(name: string, factor: number, mode: string, distribution: string): DialectFunction {
  return defineFunction({
    call: `jax.nn.initializers.${name}()(key, shape)`,
    options: {},
    draw: (seed, shape) =>
      jaxVarianceScaling(name, jaxKey(seed), shape, factor, mode, distribution),
    spread: (shape) => varianceScalingSpread(name, shape, factor, mode, distribution),
  });
}

/** The initializers of `jax.nn.initializers` by StepZero's names, on the key `jax.random.key(seed)`. */
export const jaxFunctions: Readonly<Record<string, DialectFunction>> = {
  zeros: defineFunction({
    call: 'jax.nn.initializers.zeros(key, shape)',
    options: {},
    draw: (_, shape) => filled(shape, 0),
    spread: () => noSpread,
  }),
  ones: defineFunction({
    call: 'jax.nn.initializers.ones(key, shape)',
    options: {},
    draw: (_, shape) => filled(shape, 1),
    spread: () => noSpread,
  }),
  constant: defineFunction({
    call: 'jax.nn.initializers.constant(value)(key, shape)',
    options: { value: 0 },
    draw: (_, shape, { value }) => filled(shape, value),
    spread: () => noSpread,
  }),
  uniform: defineFunction({
    call: 'jax.random.uniform(key, shape, minval=low, maxval=high)',
    options: { low: 0, high: 0.01 },
    draw: (seed, shape, { low, high }) => jaxUniform(jaxKey(seed), shape, low, high),
    spread: (_, { low, high }) => uniformSpread(low, high),
  }),
  normal: defineFunction({
    call: 'jax.random.normal(key, shape) * std + mean',
    options: { mean: 0, std: 0.01 },
    draw: (seed, shape, { mean, std }) => scaleAndShift(jaxNormal(jaxKey(seed), shape), std, mean),
    spread: (_, { std }) => normalSpread(std, false),
  }),
  truncated_normal: defineFunction({
    call: 'jax.random.truncated_normal(key, low, high, shape) * std + mean',
    options: { mean: 0, std: 0.01, low: -2, high: 2 },
    open: ['low', 'high'],
    draw: (seed, shape, { mean, std, low, high }) =>
      scaleAndShift(jaxTruncatedNormal(jaxKey(seed), low, high, shape), std, mean),
    spread: (_, { std, low, high }) => {
      const moments = cutNormalMoments(low, high);
      const reach = Math.max(high - moments.mean, moments.mean - low) * Math.abs(std);
      return { std: moments.std * Math.abs(std), bound: reach < Infinity ? reach : null };
    },
  }),
  variance_scaling: defineFunction({
    call: 'jax.nn.initializers.variance_scaling(scale, mode, distribution)(key, shape)',
    options: { scale: 1, mode: 'fan_in', distribution: 'truncated_normal' },
    choices: { mode: MODES, distribution: DISTRIBUTIONS },
    draw: (seed, shape, { scale: factor, mode, distribution }) =>
      jaxVarianceScaling('variance_scaling', jaxKey(seed), shape, factor, mode, distribution),
    spread: (shape, { scale: factor, mode, distribution }) =>
      varianceScalingSpread('variance_scaling', shape, factor, mode, distribution),
  }),
  glorot_normal: scaled('glorot_normal', 1, 'fan_avg', 'truncated_normal'),
  glorot_uniform: scaled('glorot_uniform', 1, 'fan_avg', 'uniform'),
  he_normal: scaled('he_normal', 2, 'fan_in', 'truncated_normal'),
  he_uniform: scaled('he_uniform', 2, 'fan_in', 'uniform'),
  lecun_normal: scaled('lecun_normal', 1, 'fan_in', 'truncated_normal'),
  lecun_uniform: scaled('lecun_uniform', 1, 'fan_in', 'uniform'),
  orthogonal: defineFunction({
    call: 'jax.nn.initializers.orthogonal(gain)(key, shape)',
    options: { gain: 1 },
    tolerance: ORTHOGONAL_TOLERANCE,
    draw: (seed, shape, { gain }) => jaxOrthogonal(jaxKey(seed), shape, gain),
    spread: (shape, { gain }) => orthogonalSpread(shape, gain),
  }),
  delta_orthogonal: defineFunction({
    call: 'jax.nn.initializers.delta_orthogonal(gain)(key, shape)',
    options: { gain: 1 },
    tolerance: ORTHOGONAL_TOLERANCE,
    draw: (seed, shape, { gain }) => deltaOrthogonal(seed, shape, gain),
    spread: deltaSpread,
  }),
};
