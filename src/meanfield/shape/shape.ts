import type { Nonlinearity } from '../../activation/index.ts';
import { brent } from '../../numeric/index.ts';
import { jumpsOf } from './kinks.ts';
import {
  centredLeaky,
  LARGEST_LEAKY_SLOPE,
  leakyCorrelation,
  leakySlopeForSlope,
  leakySlopeForValue,
} from './leaky.ts';
import { localMomentsOf } from './local-moments.ts';
import type { SubnetFunction } from './map-network.ts';
import { noSolution } from './no-solution.ts';
import { searchSmooth, STEEPEST } from './smooth.ts';
import { localCurvature, localExcess, maximalCurvature, maximalSlope } from './targets.ts';

/** Deep kernel shaping or tailored activation transformation. */
export type ShapeMethod = 'dks' | 'tat';

/** How to shape. */
export interface ShapeOptions {
  readonly method: ShapeMethod;
  /** `M(x, r)` of the network: `subnetFunction` makes it. */
  readonly network: SubnetFunction;
  /** Largest slope `C_f'(1)` over subnetworks, of DKS; 1.5 if not given. */
  readonly zeta?: number;
  /** Largest curvature `C_f''(1)` over subnetworks, of TAT with smooth activations; 0.3 if not given. */
  readonly tau?: number;
  /** Largest `C_f(0)` over subnetworks, of TAT with leaky ReLU; 0.9 if not given. */
  readonly eta?: number;
}

/** The local maps at q = 1 of a shaped activation. */
export interface LocalMaps {
  /** `Q(1)`. */
  readonly q: number;
  /** `Q'(1)`. */
  readonly qSlope: number;
  /** `C(0)`. */
  readonly c0: number;
  /** `C'(1)`. */
  readonly cSlope: number;
  /** `C''(1)`; `null` where the slope of the activation jumps, so that it is infinite. */
  readonly cCurvature: number | null;
}

/** `φ̂(x) = outputScale · (φ(inputScale · x + inputShift) + outputShift)`, and what it was made for. */
export interface Shaping {
  readonly version: 1;
  /** Name of `φ`; that of a leaky ReLU stands with `negativeSlope` in place of its own slope. */
  readonly activation: string;
  readonly method: ShapeMethod;
  readonly inputScale: number;
  readonly inputShift: number;
  readonly outputShift: number;
  readonly outputScale: number;
  /** The slope below 0 that a leaky ReLU gets; `null` for any other activation. */
  readonly negativeSlope: number | null;
  /** What was asked of the network: its largest slope, curvature or value over subnetworks. */
  readonly target: { readonly name: 'zeta' | 'tau' | 'eta'; readonly value: number };
  /** What the network has: `C_f'(1)`, `C_f''(1)` or `C_f(0)`, the largest over subnetworks. */
  readonly reached: number;
  readonly local: LocalMaps;
  /** `sup |φ̂'|`. */
  readonly steepest: number;
  /** What to know about it, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Shapes an activation for a network, so that every local map keeps `Q(1) = 1` and `Q'(1) = 1` and, with
 * DKS, `C(0) = 0` and the largest slope over subnetworks is `zeta`; with TAT, `C'(1) = 1` and the largest
 * curvature is `tau`, or, for a leaky ReLU, the largest `C_f(0)` is `eta`. Weights are then to have
 * `σw² = 1`, biases 0. Conditions are met to 1e-9.
 *
 * `RangeError` where a target cannot be had, with the nearest that can.
 * Reference: Martens et al. 2021, arXiv:2110.01765; Zhang et al. 2022, arXiv:2203.08120
 */
export function shapeActivation(phi: Nonlinearity, options: ShapeOptions): Shaping {
  const { method } = options;
  const jumps = jumpsOf(phi);
  if (jumps.value !== null) {
    throw new RangeError(
      `shape: activation must be continuous, got ${phi.name}, which jumps at ${jumps.value}, so that ` +
        `its local C'(1) is infinite; use a continuous one`,
    );
  }
  if (isLeaky(phi)) return method === 'dks' ? leakyByDks(phi, options) : leakyByTat(phi, options);
  if (method === 'tat' && jumps.slope !== null) {
    throw new RangeError(
      `shape: activation must have a continuous slope for TAT, got ${phi.name}, whose slope jumps at ` +
        `${jumps.slope}, so that its local C''(1) is infinite; use leaky_relu, for which TAT sets C(0), or DKS`,
    );
  }
  if (phi.homogeneous) return homogeneousByDks(phi, options);
  return method === 'dks' ? smoothByDks(phi, options, jumps.slope) : smoothByTat(phi, options);
}

const isLeaky = ({ name }: Nonlinearity): boolean => name === 'leaky_relu' || name === 'prelu';

function leakyByDks(phi: Nonlinearity, { network, zeta = 1.5 }: ShapeOptions): Shaping {
  const excess = localExcess(network, zeta);
  const slope = leakySlopeForSlope(excess);
  if (slope === null) {
    const reachable = maximalSlope(network, LARGEST_LEAKY_SLOPE);
    throw new RangeError(
      `shape: zeta must be at most ${short(reachable)}, which ReLU (slope 0, local slope ` +
        `${short(LARGEST_LEAKY_SLOPE)}) reaches in this network, got ${zeta}; a network of so few ` +
        `activations needs more bend than a leaky ReLU has: lower zeta or use a smooth activation`,
    );
  }
  const { shift, scale } = centredLeaky(slope);
  const cSlope = (scale * scale * (1 + slope * slope)) / 2;
  return {
    ...leaky(phi, 'dks', slope, shift, scale),
    target: { name: 'zeta', value: zeta },
    reached: maximalSlope(network, cSlope),
    local: { q: 1, qSlope: 1, c0: 0, cSlope, cCurvature: null },
    notes: [],
  };
}

function leakyByTat(phi: Nonlinearity, { network, eta = 0.9 }: ShapeOptions): Shaping {
  const slope = leakySlopeForValue(network, eta);
  return {
    ...leaky(phi, 'tat', slope, 0, Math.sqrt(2 / (1 + slope * slope))),
    target: { name: 'eta', value: eta },
    reached: network(0, (c) => leakyCorrelation(c, slope)),
    local: { q: 1, qSlope: 1, c0: leakyCorrelation(0, slope), cSlope: 1, cCurvature: null },
    notes: [],
  };
}

function leaky(
  { name }: Nonlinearity,
  method: ShapeMethod,
  negativeSlope: number,
  outputShift: number,
  outputScale: number,
): Omit<Shaping, 'target' | 'reached' | 'local' | 'notes'> {
  return {
    version: 1,
    activation: name,
    method,
    inputScale: 1,
    inputShift: 0,
    outputShift,
    outputScale,
    negativeSlope,
    steepest: outputScale,
  };
}

/**
 * A homogeneous activation has one number less: only `β / α` counts, so `Q'(1) = 1` cannot be had.
 * `β` is 1, or -1 where a slope beyond that without a shift is asked for.
 */
function homogeneousByDks(phi: Nonlinearity, { network, zeta = 1.5 }: ShapeOptions): Shaping {
  const excess = localExcess(network, zeta);
  const moments = localMomentsOf(phi, { reach: 9, width: 1, span: Infinity, curved: false });
  const rest = (logScale: number, shift: number): number => {
    const { slope, variance } = moments(Math.exp(logScale), shift);
    return Math.log((slope - variance) / variance / excess);
  };
  // From a kink 8 deviations away to one at the mean, at which the sign of the shift makes no difference.
  const [far, near] = [Math.log(1 / 8), Math.log(1e8)];
  const shift = rest(near, 1) >= 0 ? 1 : -1;
  if (!(rest(far, shift) * rest(near, shift) <= 0)) {
    throw new RangeError(
      `shape: activation must bend enough for a local C'(1) of ${short(1 + excess)}, got ${phi.name}; ` +
        `use a smooth activation such as tanh or softplus`,
    );
  }
  const inputScale = Math.exp(brent((x) => rest(x, shift), far, near));
  const { mean, variance, slope, radial } = moments(inputScale, shift);
  const outputScale = 1 / Math.sqrt(variance);
  const qSlope = radial / variance;
  return {
    version: 1,
    activation: phi.name,
    method: 'dks',
    inputScale,
    inputShift: shift,
    outputShift: -mean,
    outputScale,
    negativeSlope: null,
    target: { name: 'zeta', value: zeta },
    reached: maximalSlope(network, slope / variance),
    local: { q: 1, qSlope, c0: 0, cSlope: slope / variance, cCurvature: null },
    steepest: inputScale * outputScale * Math.max(Math.abs(phi.df(1)), Math.abs(phi.df(-1))),
    notes: [
      `${phi.name} is homogeneous: its input scale and shift are one number, so Q'(1) is ` +
        `${short(qSlope)} and not 1; prefer leaky_relu, which meets every condition.`,
    ],
  };
}

function smoothByDks(
  phi: Nonlinearity,
  { network, zeta = 1.5 }: ShapeOptions,
  kink: number | null,
): Shaping {
  const excess = localExcess(network, zeta);
  const { best, spurious } = searchSmooth(phi, { method: 'dks', excess });
  if (best === null) throw noSolution(phi, network, { method: 'dks', excess }, spurious);
  const local = localMaps(phi, best, kink === null);
  return {
    version: 1,
    activation: phi.name,
    method: 'dks',
    ...best,
    negativeSlope: null,
    target: { name: 'zeta', value: zeta },
    reached: maximalSlope(network, local.cSlope),
    local,
    notes: notesOn(best),
  };
}

function smoothByTat(phi: Nonlinearity, { network, tau = 0.3 }: ShapeOptions): Shaping {
  const kappa = localCurvature(network, tau);
  const { best, spurious } = searchSmooth(phi, { method: 'tat', kappa });
  if (best === null) throw noSolution(phi, network, { method: 'tat', kappa }, spurious);
  const local = localMaps(phi, best, true);
  return {
    version: 1,
    activation: phi.name,
    method: 'tat',
    ...best,
    negativeSlope: null,
    target: { name: 'tau', value: tau },
    reached: maximalCurvature(network, local.cCurvature ?? Number.NaN),
    local,
    notes: [],
  };
}

/** The local maps of `φ̂(x) = γ(φ(αx + β) + δ)` at q = 1. `C''(1)` only where φ' is continuous. */
export function localMaps(
  phi: Nonlinearity,
  transform: {
    readonly inputScale: number;
    readonly inputShift: number;
    readonly outputShift: number;
    readonly outputScale: number;
  },
  curved: boolean,
): LocalMaps {
  const { inputScale, inputShift, outputShift, outputScale } = transform;
  const rule = { reach: 9, width: 0.5, span: 0.125, curved };
  const { mean, variance, slope, radial, bend, curvature } = localMomentsOf(phi, rule)(
    inputScale,
    inputShift,
  );
  const scale2 = outputScale * outputScale;
  const offset = mean + outputShift;
  return {
    q: scale2 * (variance + offset * offset),
    qSlope: scale2 * (radial + offset * bend),
    c0: scale2 * offset * offset,
    cSlope: scale2 * slope,
    cCurvature: curved ? scale2 * curvature : null,
  };
}

function notesOn({ steepest }: { readonly steepest: number }): string[] {
  if (steepest < STEEPEST.tat) return [];
  return [
    `The slope of the shaped activation is up to ${short(steepest)} away from the mean of its input: ` +
      `the network is shallow for this zeta, and a lower one gives a tamer function.`,
  ];
}

const short = (x: number): string => String(Number(x.toPrecision(6)));
