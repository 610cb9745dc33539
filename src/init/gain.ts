import {
  activation as parseActivation,
  derivativeSecondMoment,
  secondMoment,
  type Nonlinearity,
} from '../activation/index.ts';

type Gains = Map<number, number>;

const FORWARD: WeakMap<Nonlinearity, Gains> = new WeakMap();
const BACKWARD: WeakMap<Nonlinearity, Gains> = new WeakMap();

/**
 * Gain that keeps the second moment `q` of pre-activations: with weights of variance `gain² / fan_in`
 * and no bias, `gain = √(q / E φ(√q z)²)`, `z ~ N(0, 1)`. √2 for ReLU, whatever `q` is.
 * `RangeError` unless `q` is positive and finite.
 */
export function forwardGain(activation: Nonlinearity | string, q: number = 1): number {
  return remembered(FORWARD, activation, q, (record) => Math.sqrt(q / secondMoment(record, q)));
}

/**
 * Gain that keeps the second moment of gradients where pre-activations have second moment `q`: with
 * weights of variance `gain² / fan_out`, `gain = 1 / √E φ'(√q z)²`, `z ~ N(0, 1)`.
 * `RangeError` unless `q` is positive and finite.
 */
export function backwardGain(activation: Nonlinearity | string, q: number = 1): number {
  return remembered(
    BACKWARD,
    activation,
    q,
    (record) => 1 / Math.sqrt(derivativeSecondMoment(record, q)),
  );
}

/** What PyTorch's `calculate_gain` has beside `leaky_relu`. */
const TORCH: Readonly<Record<string, number>> = {
  linear: 1,
  conv1d: 1,
  conv2d: 1,
  conv3d: 1,
  conv_transpose1d: 1,
  conv_transpose2d: 1,
  conv_transpose3d: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  selu: 3 / 4,
};

/**
 * The gain that PyTorch's `calculate_gain` gives: a convention, which is exact for linear, relu and
 * leaky_relu alone. `parameter` is the slope of leaky_relu, 0.01 if not given; as there, it does not
 * matter to the others. `RangeError` for a name that PyTorch rejects.
 */
export function torchGain(name: string, parameter: number = 0.01): number {
  if (name === 'leaky_relu') {
    if (!Number.isFinite(parameter)) {
      throw new RangeError(`torchGain: slope must be a finite number, got ${parameter}`);
    }
    return Math.sqrt(2 / (1 + parameter * parameter));
  }
  if (!Object.hasOwn(TORCH, name)) {
    const names = [...Object.keys(TORCH), 'leaky_relu'].join(', ');
    throw new RangeError(`torchGain: name must be one of ${names}, got ${name}`);
  }
  return TORCH[name];
}

function recordOf(activation: Nonlinearity | string): Nonlinearity {
  return typeof activation === 'string' ? parseActivation(activation) : activation;
}

function remembered(
  memory: WeakMap<Nonlinearity, Gains>,
  activation: Nonlinearity | string,
  q: number,
  compute: (record: Nonlinearity) => number,
): number {
  const record = recordOf(activation);
  const gains = memory.get(record) ?? new Map<number, number>();
  const gain = gains.get(q) ?? compute(record);
  memory.set(record, gains.set(q, gain));
  return gain;
}
