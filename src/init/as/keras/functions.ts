import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import { defineFunction, filled } from '../define-function.ts';
import type { DialectFunction, DialectSpread } from '../dialect.ts';
import {
  CUT_STD,
  identitySpread,
  normalSpread,
  noSpread,
  orthogonalSpread,
  uniformSpread,
} from '../spread.ts';
import { orthogonalFrom, ORTHOGONAL_TOLERANCE } from '../orthogonal-from.ts';
import { kerasFans, kerasVariance } from './fans.ts';

/** The three random tensors that Keras's initializers are made of, as one backend draws them. */
export interface KerasBackend {
  /** `keras-jax`, for messages. */
  readonly name: string;
  /** How an initializer of this class is written there, `keras.initializers.GlorotUniform`. */
  readonly call: (className: string) => string;
  readonly uniform: (
    seed: number,
    shape: readonly number[],
    low: number,
    high: number,
  ) => Tensor<'float32'>;
  readonly normal: (
    seed: number,
    shape: readonly number[],
    mean: number,
    std: number,
  ) => Tensor<'float32'>;
  /** Cut at two standard deviations. */
  readonly truncatedNormal: (
    seed: number,
    shape: readonly number[],
    mean: number,
    std: number,
  ) => Tensor<'float32'>;
}

const MODES = ['fan_in', 'fan_out', 'fan_avg'] as const;
const DISTRIBUTIONS = ['truncated_normal', 'untruncated_normal', 'uniform', 'normal'] as const;

/**
 * `VarianceScaling(scale, mode, distribution)`, where `normal` is another word for `truncated_normal`. `RangeError`
 * unless scale > 0.
 */
export function kerasVarianceScaling(
  backend: KerasBackend,
  seed: number,
  shape: readonly number[],
  scale: number,
  mode: string,
  distribution: string,
): Tensor<'float32'> {
  if (!(scale > 0)) {
    throw new RangeError(`${backend.name} variance_scaling: scale must be > 0, got ${scale}`);
  }
  const variance = kerasVariance(scale, mode, kerasFans(shape));
  if (distribution === 'uniform') {
    const limit = Math.sqrt(3 * variance);
    return backend.uniform(seed, shape, -limit, limit);
  }
  const std = Math.sqrt(variance);
  return distribution === 'untruncated_normal'
    ? backend.normal(seed, shape, 0, std)
    : backend.truncatedNormal(seed, shape, 0, std / CUT_STD);
}

function varianceScalingSpread(
  shape: readonly number[],
  scale: number,
  mode: string,
  distribution: string,
): DialectSpread {
  const std = Math.sqrt(kerasVariance(scale, mode, kerasFans(shape)));
  if (distribution === 'uniform') return { std, bound: std * Math.sqrt(3) };
  return { std, bound: distribution === 'untruncated_normal' ? null : (2 * std) / CUT_STD };
}

/**
 * `Orthogonal(gain)`: a matrix of all axes but the last by the last. `RangeError` for fewer than 2
 * dimensions.
 */
export function kerasOrthogonal(
  backend: KerasBackend,
  seed: number,
  shape: readonly number[],
  gain: number,
): Tensor<'float32'> {
  if (shape.length < 2) {
    throw new RangeError(
      `${backend.name} orthogonal: shape must have at least 2 dimensions, got [${shape.join(', ')}]`,
    );
  }
  const cols = shape[shape.length - 1];
  const rows = sizeOf(shape.slice(0, -1));
  return orthogonalFrom(rows, cols, gain, shape, (size) => backend.normal(seed, size, 0, 1));
}

function kerasIdentity(name: string, shape: readonly number[], gain: number): Tensor<'float32'> {
  if (shape.length !== 2) {
    throw new RangeError(
      `${name} identity: shape must have 2 dimensions, got [${shape.join(', ')}]`,
    );
  }
  // Off the diagonal stands 0 times the gain, which is -0 for a negative one.
  const tensor = filled(shape, gain < 0 ? -0 : 0);
  const [rows, cols] = shape;
  for (let i = 0; i < Math.min(rows, cols); i++) tensor.data[i * cols + i] = gain;
  return tensor;
}

/** Keras's initializers by StepZero's names, on one backend. */
export function kerasFunctions(backend: KerasBackend): Readonly<Record<string, DialectFunction>> {
  const { name, call } = backend;
  const scaled = (
    className: string,
    scale: number,
    mode: string,
    distribution: string,
  ): DialectFunction =>
    defineFunction({
      call: `${call(className)}(seed)(shape)`,
      options: {},
      draw: (seed, shape) => kerasVarianceScaling(backend, seed, shape, scale, mode, distribution),
      spread: (shape) => varianceScalingSpread(shape, scale, mode, distribution),
    });
  return {
    zeros: defineFunction({
      call: `${call('Zeros')}()(shape)`,
      options: {},
      draw: (_, shape) => filled(shape, 0),
      spread: () => noSpread,
    }),
    ones: defineFunction({
      call: `${call('Ones')}()(shape)`,
      options: {},
      draw: (_, shape) => filled(shape, 1),
      spread: () => noSpread,
    }),
    constant: defineFunction({
      call: `${call('Constant')}(value)(shape)`,
      options: { value: 0 },
      draw: (_, shape, { value }) => filled(shape, value),
      spread: () => noSpread,
    }),
    uniform: defineFunction({
      call: `${call('RandomUniform')}(low, high, seed)(shape)`,
      options: { low: -0.05, high: 0.05 },
      draw: (seed, shape, { low, high }) => backend.uniform(seed, shape, low, high),
      spread: (_, { low, high }) => uniformSpread(low, high),
    }),
    normal: defineFunction({
      call: `${call('RandomNormal')}(mean, std, seed)(shape)`,
      options: { mean: 0, std: 0.05 },
      draw: (seed, shape, { mean, std }) => backend.normal(seed, shape, mean, std),
      spread: (_, { std }) => normalSpread(std, false),
    }),
    truncated_normal: defineFunction({
      call: `${call('TruncatedNormal')}(mean, std, seed)(shape)`,
      options: { mean: 0, std: 0.05 },
      draw: (seed, shape, { mean, std }) => backend.truncatedNormal(seed, shape, mean, std),
      spread: (_, { std }) => normalSpread(std, true),
    }),
    variance_scaling: defineFunction({
      call: `${call('VarianceScaling')}(scale, mode, distribution, seed)(shape)`,
      options: { scale: 1, mode: 'fan_in', distribution: 'truncated_normal' },
      choices: { mode: MODES, distribution: DISTRIBUTIONS },
      draw: (seed, shape, { scale, mode, distribution }) =>
        kerasVarianceScaling(backend, seed, shape, scale, mode, distribution),
      spread: (shape, { scale, mode, distribution }) =>
        varianceScalingSpread(shape, scale, mode, distribution),
    }),
    glorot_normal: scaled('GlorotNormal', 1, 'fan_avg', 'truncated_normal'),
    glorot_uniform: scaled('GlorotUniform', 1, 'fan_avg', 'uniform'),
    he_normal: scaled('HeNormal', 2, 'fan_in', 'truncated_normal'),
    he_uniform: scaled('HeUniform', 2, 'fan_in', 'uniform'),
    lecun_normal: scaled('LecunNormal', 1, 'fan_in', 'truncated_normal'),
    lecun_uniform: scaled('LecunUniform', 1, 'fan_in', 'uniform'),
    orthogonal: defineFunction({
      call: `${call('Orthogonal')}(gain, seed)(shape)`,
      options: { gain: 1 },
      tolerance: ORTHOGONAL_TOLERANCE,
      draw: (seed, shape, { gain }) => kerasOrthogonal(backend, seed, shape, gain),
      spread: (shape, { gain }) => orthogonalSpread(shape, gain),
    }),
    identity: defineFunction({
      call: `${call('Identity')}(gain)(shape)`,
      options: { gain: 1 },
      draw: (_, shape, { gain }) => kerasIdentity(name, shape, gain),
      spread: (shape, { gain }) => identitySpread(shape, gain),
    }),
  };
}
