import { activation, type Activation } from '../../activation/index.ts';
import { forwardGain } from '../../init/index.ts';
import { chi1, criticalGain, fixedPoint, varianceSlope } from '../../meanfield/index.ts';
import type { Network } from '../../network/index.ts';
import { brent } from '../../numeric/index.ts';

/** The size of signals at which a network works, and the weights that hold it there. */
export interface OperatingPoint {
  /** Second moment `q*` of pre-activations. */
  readonly q: number;
  /** `√fan_in` times the standard deviation of a weight that keeps `q*`: `√(q* / E φ(√q* z)²)`. */
  readonly gain: number;
  /** Factor of the second moment of gradients per layer, `χ₁`. */
  readonly chi1: number;
  /** Factor per layer of a small relative error of the second moment, `χ_q`: stable below 1. */
  readonly chiQ: number;
}

/**
 * Whether one second moment travels through all layers: no normalisation and no residual sum resets it,
 * and the same activation feeds every hidden weight, so that no gate and no linear layer stands between.
 */
export function isPlain(network: Network): boolean {
  const hidden = network.parameters.filter(({ position }) => position === 'hidden');
  const isUniform = new Set(hidden.map(({ precededBy }) => precededBy)).size <= 1;
  return !network.normalised && network.branches === 0 && isUniform;
}

/** Steps from the first to the last hidden layer of a chain of `depth` layers with a head. */
export function hiddenSteps(depth: number): number {
  return Math.max(0, depth - 2);
}

const POINTS: WeakMap<Network, Map<string, OperatingPoint>> = new WeakMap();

/**
 * Where an activation works in a network. Normalised values have q* = 1. Odd saturating functions work
 * at small signals (see `criticalGain`). For GELU, SiLU, Mish and hard-swish q = 1 is an unstable fixed
 * point of the variance map: an error grows by `χ_q > 1` per layer, 1.14 for GELU and 1.17 for SiLU, to
 * a thousandfold and more in fifty layers. χ_q falls to 1 as signals grow, where these functions look
 * like ReLU. So a plain network in which errors would grow more than tenfold works at the least `q ≥ 1` at
 * which they grow by at most 1.2 from the first hidden layer to the last; there the gain is again
 * exact. ELU, CELU, SELU, softplus and relu6 are stable at 1. Sigmoids work where they settle.
 * Reference: Roberts, Yaida & Hanin 2022, §5.3, arXiv:2106.10165, for the instability
 */
export function operatingPoint(name: string, network: Network): OperatingPoint {
  const points = POINTS.get(network) ?? new Map<string, OperatingPoint>();
  POINTS.set(network, points);
  const known = points.get(name);
  if (known !== undefined) return known;
  const point = find(activation(name), network);
  points.set(name, point);
  return point;
}

function find(record: Activation, network: Network): OperatingPoint {
  const { family, odd, homogeneous } = record;
  if (homogeneous) return pointAt(record, 1);
  const isSigmoid = family === 'sigmoidal' && !odd;
  if (isSigmoid) return settled(record, 1 / record.df(0));
  if (network.normalised) return pointAt(record, 1);
  // What jumps, as sign does, has no slope to be critical with and one output at every size.
  if (odd && record.df(0) !== 0) return pointAt(record, criticalGain(record, network.depth).q);
  return pointAt(record, isPlain(network) ? stableSize(record, network.depth) : 1);
}

/** An activation at pre-activations of second moment `q`, held there by its exact gain. */
export function pointAt(record: Activation, q: number): OperatingPoint {
  const gain = forwardGain(record, q);
  return { q, gain, chi1: chi1(record, q), chiQ: varianceSlope(record, gain ** 2, q) };
}

/** Growth of an error of the second moment from the first hidden layer to the last that is harmless. */
const HARMLESS = 10;

/** Growth that counts as none; what every layer's own luck adds grows with it. */
const NONE = 1.2;

/** 1 where errors grow little there, else the least `q ≥ 1`, to three digits, where they hardly grow. */
function stableSize(record: Activation, depth: number): number {
  const growth = (logQ: number): number =>
    hiddenSteps(depth) * Math.log(pointAt(record, Math.exp(logQ)).chiQ);
  if (growth(0) <= Math.log(HARMLESS)) return 1;
  const excess = (logQ: number): number => growth(logQ) - Math.log(NONE);
  let high = 1;
  while (excess(high) > 0) high += 1;
  return Number(Math.exp(brent(excess, high - 1, high, 1e-6)).toPrecision(3));
}

/** The fixed point of `q ↦ gain² E φ(√q z)²` of a sigmoid, which has one alone. */
function settled(record: Activation, gain: number): OperatingPoint {
  const q = fixedPoint(record, { sigmaW2: gain ** 2, sigmaB2: 0 });
  return { ...pointAt(record, q), gain };
}
