import type { Mirror, Network, ParameterInfo } from '../../network/index.ts';
import { branchShare, shown, steady, type Advice } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';

const REFERENCE = 'Balduzzi et al. 2017, section 4, arXiv:1702.08591';

/** Mirrored weights `[Ω, -Ω]`, `[Ω; -Ω]` or both, by the place of each layer. */
export const looksLinear: NetworkScheme = defineNetworkScheme({
  name: 'looks_linear',
  formula: 'W = [Ω; -Ω] first, [[Ω, -Ω], [-Ω, Ω]] inside, [Ω, -Ω] last or behind [x₊; (-x)₊]',
  use: 'deep chains of ReLU (also leaky ReLU, GELU, SiLU, softplus) of even width, dense or convolutional, that are to begin as one linear map',
  reference: REFERENCE,
  options: { gain: 1, base: 'auto' },
  choices: {
    base: [
      'auto',
      'orthogonal',
      'scaled_orthogonal',
      'delta_orthogonal',
      'conv_orthogonal',
      'lecun_normal',
      'glorot_normal',
    ],
  },
  problem: ({ gain }) =>
    gain >= 0 && gain < Infinity ? null : `gain must be finite and >= 0, got ${gain}`,
  plan: (network, { gain, base }) => {
    const { problem, layers } = network.mirrors;
    if (problem !== null) throw new RangeError(`looks_linear: ${problem}`);
    if (layers.every(({ halfIn }) => halfIn === null)) {
      throw new RangeError(
        'looks_linear: the network must have an activation such as relu between two layers, got none',
      );
    }
    const mirrors = new Map(layers.map((layer) => [layer.parameter, layer]));
    return (parameter) => {
      const mirror = mirrors.get(parameter.name);
      return mirror === undefined ? null : adviceFor(network, parameter, mirror, gain, base);
    };
  },
});

function adviceFor(
  network: Network,
  parameter: ParameterInfo,
  mirror: Mirror,
  gain: number,
  base: string,
): Advice {
  const { halfIn, halfOut, slope } = mirror;
  const own = base === 'auto' ? omegaFor(parameter, mirror) : { base, stretch: 1 };
  const omega = own.base;
  const end = parameter.branchEnd;
  const portion = end === null || end.closedBy !== null ? null : branchShare(end);
  const share = portion?.factor ?? 1;
  const scale = steady((gain / slope) * own.stretch * share);
  const branch =
    portion === null || share === 1
      ? ''
      : ` It ends ${portion.place}: times ${portion.formula} = ${shown(share)}.`;
  const factor = scale === 1 ? {} : { gain: scale };
  const outcome = network.mirrors.isAdditive
    ? 'the network begins as a linear map'
    : 'the network begins odd, f(-x) = -f(x), and linear but for its maxima';
  if (halfIn === null && halfOut === null) {
    return {
      scheme: omega,
      options: factor,
      reason: `No activation stands before or behind this layer, so there is nothing to mirror.${branch}`,
      reference: REFERENCE,
    };
  }
  const extents = extentsOf(parameter);
  const halves = {
    ...(halfIn === null || 2 * halfIn === extents.inputs ? {} : { half_in: halfIn }),
    ...(halfOut === null || 2 * halfOut === extents.outputs ? {} : { half_out: halfOut }),
  };
  const way = halfIn === null ? 'out' : halfOut === null ? 'in' : 'both';
  return {
    scheme: 'looks_linear',
    options: {
      ...factor,
      ...(omega === 'orthogonal' ? {} : { base: omega }),
      ...(way === 'in' ? {} : { mirror: way }),
      ...halves,
    },
    reason: `${REASONS[way]} ${slopeReason(slope)}With Ω ${RANDOM.has(omega) ? 'Gaussian' : 'orthogonal'}, ${outcome}.${branch}`,
    reference: REFERENCE,
  };
}

const RANDOM = new Set(['lecun_normal', 'glorot_normal']);

const REASONS = {
  out: '[Ω; -Ω]: the activation behind this layer gets every value with both signs, so that none is lost.',
  both: '[[Ω, -Ω], [-Ω, Ω]]: the difference of the halves that come in is what went into the activation, and goes out with both signs again.',
  in: '[Ω, -Ω]: the difference of the halves that come in is what went into the activation.',
} as const;

function slopeReason(slope: number): string {
  return slope === 1
    ? ''
    : `The activation φ before it makes φ(x) - φ(-x) = ${shown(slope)} x, which the gain takes back. `;
}

/** Inputs and outputs of one group. */
function extentsOf({ shape, layout, groups }: ParameterInfo): {
  readonly inputs: number;
  readonly outputs: number;
} {
  const extent = (role: 'in' | 'out'): number => shape[layout.indexOf(role)];
  const isTransposed = layout[0] === 'in' && layout.includes('kernel');
  return {
    inputs: isTransposed ? extent('in') / groups : extent('in'),
    outputs: isTransposed ? extent('out') : extent('out') / groups,
  };
}

/**
 * An Ω that keeps the mean square of what comes in: orthogonal, scaled where there are more outputs than
 * inputs; behind the first layer, for a kernel that moves one pixel at a time, at its centre alone, if the
 * inputs are no more than the outputs.
 */
function omegaFor(
  parameter: ParameterInfo,
  { halfIn, halfOut }: Mirror,
): { readonly base: string; readonly stretch: number } {
  const { shape, layout, role, fanOut } = parameter;
  const extents = extentsOf(parameter);
  const inputs = extents.inputs / (halfIn === null ? 1 : 2);
  const outputs = extents.outputs / (halfOut === null ? 1 : 2);
  if (role === 'dense') {
    return { base: outputs <= inputs ? 'orthogonal' : 'scaled_orthogonal', stretch: 1 };
  }
  if (role === 'transposed_conv') return { base: 'lecun_normal', stretch: 1 };
  const kernel = shape.filter((_, axis) => layout[axis] === 'kernel');
  const taps = kernel.reduce((product, extent) => product * extent, 1);
  const isStrided = (fanOut ?? 0) < extents.outputs * taps;
  const isCentred = halfIn !== null && inputs <= outputs && !isStrided && kernel.length <= 3;
  return isCentred
    ? { base: 'delta_orthogonal', stretch: Math.sqrt(outputs / inputs) }
    : { base: 'scaled_orthogonal', stretch: 1 };
}
