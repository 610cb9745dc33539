import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import { defineFunction, filled } from '../define-function.ts';
import type { DialectFunction, DialectSpread } from '../dialect.ts';
import { kerasFans } from '../keras/fans.ts';
import {
  identitySpread,
  normalSpread,
  noSpread,
  orthogonalSpread,
  uniformSpread,
} from '../spread.ts';
import { orthogonalFrom, ORTHOGONAL_TOLERANCE } from '../orthogonal-from.ts';
import { tfjsNormal, tfjsUniform } from './random.ts';

const MODES = ['fanIn', 'fanOut', 'fanAvg'] as const;
const DISTRIBUTIONS = ['normal', 'uniform', 'truncatedNormal'] as const;

/** As Keras counts them, but the square root of all elements outside 2 to 5 dimensions. */
function fansOf(shape: readonly number[]): readonly [fanIn: number, fanOut: number] {
  if (shape.length >= 2 && shape.length <= 5) return kerasFans(shape);
  const fan = Math.sqrt(sizeOf(shape));
  return [fan, fan];
}

function varianceOf(shape: readonly number[], scale: number, mode: string): number {
  const [fanIn, fanOut] = fansOf(shape);
  const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
  return scale / Math.max(1, fan);
}

function varianceScalingSpread(
  shape: readonly number[],
  scale: number,
  mode: string,
  distribution: string,
): DialectSpread {
  const std = Math.sqrt(varianceOf(shape, scale, mode));
  return distribution === 'normal' ? normalSpread(std, true) : { std, bound: std * Math.sqrt(3) };
}

/**
 * `tf.initializers.varianceScaling({ scale, mode, distribution, seed })`: `normal` is cut at two deviations
 * without making up for it, `truncatedNormal` is uniform. `RangeError` for scale < 0.
 */
export function tfjsVarianceScaling(
  seed: number,
  shape: readonly number[],
  scale: number,
  mode: string,
  distribution: string,
): Tensor<'float32'> {
  if (!(scale >= 0)) {
    throw new RangeError(`tfjs variance_scaling: scale must be >= 0, got ${scale}`);
  }
  const variance = varianceOf(shape, scale, mode);
  if (distribution === 'normal') return tfjsNormal(seed, shape, 0, Math.sqrt(variance), true);
  const limit = Math.sqrt(3 * variance);
  return tfjsUniform(seed, shape, -limit, limit);
}

/** `tf.initializers.orthogonal({ gain, seed })`. `RangeError` for fewer than 2 dimensions. */
export function tfjsOrthogonal(
  seed: number,
  shape: readonly number[],
  gain: number,
): Tensor<'float32'> {
  if (shape.length < 2) {
    throw new RangeError(
      `tfjs orthogonal: shape must have at least 2 dimensions, got [${shape.join(', ')}]`,
    );
  }
  const cols = shape[shape.length - 1];
  const rows = sizeOf(shape.slice(0, -1));
  return orthogonalFrom(rows, cols, gain, shape, (size) => tfjsNormal(seed, size, 0, 1, false));
}

function tfjsIdentity(shape: readonly number[], gain: number): Tensor<'float32'> {
  if (shape.length !== 2 || shape[0] !== shape[1]) {
    throw new RangeError(`tfjs identity: shape must be square, got [${shape.join(', ')}]`);
  }
  // Off the diagonal stands 0 times the gain, which is -0 for a negative one.
  const tensor = filled(shape, gain < 0 ? -0 : 0);
  for (let i = 0; i < shape[0]; i++) tensor.data[i * shape[0] + i] = gain;
  return tensor;
}

/** Options of TF.js that are 0 are as if left out. */
const orDefault = (value: number, fallback: number): number => (value === 0 ? fallback : value);

function scaled(name: string, scale: number, mode: string, distribution: string): DialectFunction {
  return defineFunction({
    call: `tf.initializers.${name}({ seed })`,
    options: {},
    draw: (seed, shape) => tfjsVarianceScaling(seed, shape, scale, mode, distribution),
    spread: (shape) => varianceScalingSpread(shape, scale, mode, distribution),
  });
}

/** The initializers of TF.js's layers by StepZero's names. */
export const tfjsFunctions: Readonly<Record<string, DialectFunction>> = {
  zeros: defineFunction({
    call: 'tf.initializers.zeros()',
    options: {},
    draw: (_, shape) => filled(shape, 0),
    spread: () => noSpread,
  }),
  ones: defineFunction({
    call: 'tf.initializers.ones()',
    options: {},
    draw: (_, shape) => filled(shape, 1),
    spread: () => noSpread,
  }),
  constant: defineFunction({
    call: 'tf.initializers.constant({ value })',
    options: { value: 0 },
    draw: (_, shape, { value }) => filled(shape, value),
    spread: () => noSpread,
  }),
  uniform: defineFunction({
    call: 'tf.initializers.randomUniform({ minval: low, maxval: high, seed })',
    options: { low: -0.05, high: 0.05 },
    draw: (seed, shape, { low, high }) =>
      tfjsUniform(seed, shape, orDefault(low, -0.05), orDefault(high, 0.05)),
    spread: (_, { low, high }) => uniformSpread(orDefault(low, -0.05), orDefault(high, 0.05)),
  }),
  normal: defineFunction({
    call: 'tf.initializers.randomNormal({ mean, stddev: std, seed })',
    options: { mean: 0, std: 0.05 },
    draw: (seed, shape, { mean, std }) =>
      tfjsNormal(seed, shape, mean, orDefault(std, 0.05), false),
    spread: (_, { std }) => normalSpread(orDefault(std, 0.05), false),
  }),
  truncated_normal: defineFunction({
    call: 'tf.initializers.truncatedNormal({ mean, stddev: std, seed })',
    options: { mean: 0, std: 0.05 },
    draw: (seed, shape, { mean, std }) => tfjsNormal(seed, shape, mean, orDefault(std, 0.05), true),
    spread: (_, { std }) => normalSpread(orDefault(std, 0.05), true),
  }),
  variance_scaling: defineFunction({
    call: 'tf.initializers.varianceScaling({ scale, mode, distribution, seed })',
    options: { scale: 1, mode: 'fanIn', distribution: 'normal' },
    choices: { mode: MODES, distribution: DISTRIBUTIONS },
    draw: (seed, shape, { scale, mode, distribution }) =>
      tfjsVarianceScaling(seed, shape, scale, mode, distribution),
    spread: (shape, { scale, mode, distribution }) =>
      varianceScalingSpread(shape, scale, mode, distribution),
  }),
  glorot_normal: scaled('glorotNormal', 1, 'fanAvg', 'normal'),
  glorot_uniform: scaled('glorotUniform', 1, 'fanAvg', 'uniform'),
  he_normal: scaled('heNormal', 2, 'fanIn', 'normal'),
  he_uniform: scaled('heUniform', 2, 'fanIn', 'uniform'),
  lecun_normal: scaled('leCunNormal', 1, 'fanIn', 'normal'),
  lecun_uniform: scaled('leCunUniform', 1, 'fanIn', 'uniform'),
  orthogonal: defineFunction({
    call: 'tf.initializers.orthogonal({ gain, seed })',
    options: { gain: 1 },
    tolerance: ORTHOGONAL_TOLERANCE,
    draw: (seed, shape, { gain }) => tfjsOrthogonal(seed, shape, gain),
    spread: (shape, { gain }) => orthogonalSpread(shape, gain),
  }),
  identity: defineFunction({
    call: 'tf.initializers.identity({ gain })',
    options: { gain: 1 },
    draw: (_, shape, { gain }) => tfjsIdentity(shape, gain),
    spread: (shape, { gain }) => identitySpread(shape, gain),
  }),
};
