import {
  activation as parseActivation,
  activationText,
  derivativeSecondMoment,
  secondMoment,
  type Activation,
} from '../activation/index.ts';
import { brent } from '../numeric/index.ts';

type Gains = Map<number, number>;

const FORWARD: WeakMap<Activation, Gains> = new WeakMap();
const BACKWARD: WeakMap<Activation, Gains> = new WeakMap();

/**
 * Gain that keeps the second moment `q` of pre-activations: with weights of variance `gain² / fan_in`
 * and no bias, `gain = √(q / E φ(√q z)²)`, `z ~ N(0, 1)`. √2 for ReLU, whatever `q` is.
 * `RangeError` unless `q` is positive and finite.
 */
export function forwardGain(activation: Activation | string, q: number = 1): number {
  return remembered(FORWARD, activation, q, (record) => Math.sqrt(q / secondMoment(record, q)));
}

/**
 * Gain that keeps the second moment of gradients where pre-activations have second moment `q`: with
 * weights of variance `gain² / fan_out`, `gain = 1 / √E φ'(√q z)²`, `z ~ N(0, 1)`.
 * `RangeError` unless `q` is positive and finite.
 */
export function backwardGain(activation: Activation | string, q: number = 1): number {
  return remembered(
    BACKWARD,
    activation,
    q,
    (record) => 1 / Math.sqrt(derivativeSecondMoment(record, q)),
  );
}

/**
 * Factor per layer of the second moment of gradients where the weights keep signals of second moment
 * `q` as they are: `χ₁ = q E φ'(√q z)² / E φ(√q z)²`. 1 for homogeneous activations; at least 1 where
 * the mean of the output is zero.
 */
export function chi1(activation: Activation | string, q: number): number {
  const record = recordOf(activation);
  return (q * derivativeSecondMoment(record, q)) / secondMoment(record, q);
}

/** Weights at which signals keep their size over a whole network and gradients almost do. */
export interface CriticalGain {
  /** Standard deviation of a weight times √fan_in, `√(q / E φ(√q z)²)`. */
  readonly gain: number;
  /** Second moment of pre-activations that these weights keep; the first layer has to produce it. */
  readonly q: number;
  /** Factor of the second moment of gradients per layer at `q`. */
  readonly chi1: number;
}

/** Change of the second moment of gradients over the whole depth that counts as none. */
const GRADIENT_CHANGE = 1.2;

/**
 * The critical gain of an odd activation for a network of `depth` layers without biases. Gradients
 * grow by `χ₁(q) ≥ 1` per layer, and χ₁ → 1 only for `q → 0`, so a deep network has to work at small
 * signals: `q` is the largest value up to 1 with `depth · ln χ₁(q) ≤ ln 1.2`, and the gain makes it the
 * stable fixed point of the variance map `q ↦ gain² E φ(√q z)²`. The gain tends to `1 / φ'(0)` with
 * depth; `q` falls like depth^-½ for tanh, erf, arctan and sin, like 1/depth for softsign, which bends
 * at 0, and like 1/ln(depth) for hard_tanh. There almost no unit is clipped, so the map is nearly the
 * identity up to `q`: it pulls larger signals down and leaves smaller ones as they are.
 *
 * `RangeError` for an activation that is not odd or has `φ'(0) = 0`, and for a depth that is no whole
 * number from 1 to 1e9.
 * Reference: Poole et al. 2016, eq. 3 and 10, arXiv:1606.05340
 */
export function criticalGain(activation: Activation | string, depth: number): CriticalGain {
  const record = recordOf(activation);
  if (!record.odd || record.df(0) === 0) {
    throw new RangeError(
      `criticalGain: activation must be odd with a slope at 0, such as tanh, got ` +
        activationText(record),
    );
  }
  if (!Number.isInteger(depth) || depth < 1 || depth > 1e9) {
    throw new RangeError(`criticalGain: depth must be a whole number from 1 to 1e9, got ${depth}`);
  }
  const excess = (logQ: number): number =>
    depth * Math.log(chi1(record, Math.exp(logQ))) - Math.log(GRADIENT_CHANGE);
  let q = 1;
  if (excess(0) > 0) {
    let low = -1;
    while (excess(low) > 0) low *= 2;
    q = Math.exp(brent(excess, low, 0, 1e-10));
  }
  return { gain: forwardGain(record, q), q, chi1: chi1(record, q) };
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

function recordOf(activation: Activation | string): Activation {
  return typeof activation === 'string' ? parseActivation(activation) : activation;
}

function remembered(
  memory: WeakMap<Activation, Gains>,
  activation: Activation | string,
  q: number,
  compute: (record: Activation) => number,
): number {
  const record = recordOf(activation);
  const gains = memory.get(record) ?? new Map<number, number>();
  const gain = gains.get(q) ?? compute(record);
  memory.set(record, gains.set(q, gain));
  return gain;
}
