import type { Builder } from '../../graph/index.ts';

/** Stores integers, such as the target of a `Reshape`. */
export function integers(b: Builder, name: string, values: readonly number[]): string {
  const data = BigInt64Array.from(values, BigInt);
  return b.constant(name, { dtype: 'int64', shape: [values.length], data });
}

/** Stores one float32 number. */
export function scalar(b: Builder, name: string, value: number): string {
  return b.constant(name, { dtype: 'float32', shape: [], data: Float32Array.of(value) });
}

/** `y = x Wᵀ + b` on rows: `x` [batch, inputs], `<name>.weight` [outputs, inputs], `<name>.bias`. */
export function dense(
  b: Builder,
  name: string,
  x: string,
  inputs: number,
  outputs: number,
): string {
  const weight = b.parameter(`${name}.weight`, [outputs, inputs]);
  const bias = b.parameter(`${name}.bias`, [outputs]);
  return b.node(name, 'Gemm', [x, weight, bias], { transB: 1 });
}

/** `y = x Wᵀ + b` on the last axis of `x` [batch, steps, inputs], with the parameters of `dense`. */
export function denseByStep(
  b: Builder,
  name: string,
  x: string,
  inputs: number,
  outputs: number,
): string {
  const weight = b.parameter(`${name}.weight`, [outputs, inputs]);
  const bias = b.parameter(`${name}.bias`, [outputs]);
  const transposed = b.node(`${name}.transpose`, 'Transpose', [weight], { perm: [1, 0] });
  const product = b.node(`${name}.matmul`, 'MatMul', [x, transposed]);
  return b.node(name, 'Add', [product, bias]);
}

/** What a convolution is besides its channels. */
export interface Convolution {
  /** Odd extents, one per spatial axis. */
  readonly kernel: readonly number[];
  readonly stride: number;
  readonly bias: boolean;
  /** Pads with zeros by half a kernel where true; `x` is padded already where false. */
  readonly pad: boolean;
}

/** A convolution: `<name>.weight` [outputs, inputs, …kernel] and `<name>.bias`. */
export function convolution(
  b: Builder,
  name: string,
  x: string,
  inputs: number,
  outputs: number,
  { kernel, stride, bias, pad }: Convolution,
): string {
  const operands = [x, b.parameter(`${name}.weight`, [outputs, inputs, ...kernel])];
  if (bias) operands.push(b.parameter(`${name}.bias`, [outputs]));
  const half = kernel.map((size) => (pad ? (size - 1) / 2 : 0));
  return b.node(name, 'Conv', operands, {
    kernel_shape: kernel,
    pads: [...half, ...half],
    strides: kernel.map(() => stride),
  });
}

/** A batch normalisation with stored mean 0 and variance 1, so that it starts as the identity. */
export function batchNorm(b: Builder, name: string, x: string, channels: number): string {
  return b.node(
    name,
    'BatchNormalization',
    [
      x,
      b.parameter(`${name}.weight`, [channels], 1),
      b.parameter(`${name}.bias`, [channels]),
      b.parameter(`${name}.running_mean`, [channels]),
      b.parameter(`${name}.running_var`, [channels], 1),
    ],
    { epsilon: 1e-5 },
  );
}

/** A batch normalisation with the statistics of the batch itself, as in training; scale 1, shift 0. */
export function batchNormInTraining(b: Builder, name: string, x: string, channels: number): string {
  return b.node(
    name,
    'BatchNormalization',
    [
      x,
      b.parameter(`${name}.weight`, [channels], 1),
      b.parameter(`${name}.bias`, [channels]),
      b.parameter(`${name}.running_mean`, [channels]),
      b.parameter(`${name}.running_var`, [channels], 1),
    ],
    { epsilon: 1e-5, training_mode: 1 },
    3,
  );
}

/** `x - mean of x over the batch`. */
export function centredOverBatch(b: Builder, name: string, x: string): string {
  const axes = integers(b, `${name}.axes`, [0]);
  const mean = b.node(`${name}.mean`, 'ReduceMean', [x, axes], { keepdims: 1 });
  return b.node(name, 'Sub', [x, mean]);
}

/** A layer normalisation over the last axis with scale 1 and shift 0. */
export function layerNorm(b: Builder, name: string, x: string, width: number): string {
  const scale = b.parameter(`${name}.weight`, [width], 1);
  const shift = b.parameter(`${name}.bias`, [width]);
  return b.node(name, 'LayerNormalization', [x, scale, shift], { axis: -1, epsilon: 1e-5 });
}

/** Averages over all spatial axes and drops them: [batch, channels, …] to [batch, channels]. */
export function globalAverage(b: Builder, name: string, x: string): string {
  const pooled = b.node(name, 'GlobalAveragePool', [x]);
  return b.node(`${name}.flatten`, 'Flatten', [pooled], { axis: 1 });
}
