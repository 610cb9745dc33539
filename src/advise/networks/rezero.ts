import type { ParameterInfo } from '../../network/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { branchesOf, closesBranch, endsBranch, onesFor, zerosFor } from './parts.ts';

const REZERO =
  'Bachlechner et al. 2020, eq. 1, arXiv:2003.04887; De & Smith 2020, arXiv:2002.10444';
const GOYAL = 'Goyal et al. 2017, section 5.1, arXiv:1706.02677';

/** `x + α F(x)` with `α = 0`. */
export const rezero: NetworkScheme = defineNetworkScheme({
  name: 'rezero',
  formula:
    'x + α F(x), α = 0: the multiplier at the end of every branch, or what stands there, is 0',
  use: 'residual networks that are to begin as the identity; skipinit is another name for it',
  reference: REZERO,
  options: {},
  plan: (network) => {
    const branches = branchesOf('rezero', network);
    const closed = new Set(
      network.parameters
        .filter((parameter) => closesBranch(parameter) && mayBeZero(parameter))
        .map(({ branchEnd }) => branchEnd?.index),
    );
    return (parameter) => {
      const { branchEnd: end, role, shape } = parameter;
      if (end === null) return null;
      const place = `residual branch ${end.index + 1} of ${branches}`;
      if (role === 'layer_scale') {
        const what = sizeOf(shape) === 1 ? 'The multiplier' : 'The scale of each channel';
        return zerosFor(
          `${what} that closes ${place} starts at 0: every block is its skip alone at step zero, and the multiplier grows first.`,
          REZERO,
        );
      }
      if (closesBranch(parameter)) {
        if (!mayBeZero(parameter)) return onesFor(shared(parameter.uses), REZERO);
        return zerosFor(
          `The scale of the normalisation that closes ${place} starts at 0, as the multiplier would that is not there.`,
          `${REZERO}; ${GOYAL}`,
        );
      }
      const isClosed = end.closedBy === 'layer_scale' || closed.has(end.index);
      if (!endsBranch(parameter) || isClosed) return null;
      return zerosFor(
        `No multiplier of its own closes ${place}, so the last layer itself starts at 0: the same function at step zero, with the first update in the layer.`,
        REZERO,
      );
    };
  },
});

/** Whether a scale can be 0 for its branch alone: exporters store equal normalisations once. */
function mayBeZero({ role, uses }: ParameterInfo): boolean {
  return role === 'layer_scale' || uses === 1;
}

const shared = (uses: number): string =>
  `The tensor is shared by ${uses} places, so it cannot be 0 for the branches alone.`;

/** The scale of the last normalisation of every branch is 0. */
export const zeroGamma: NetworkScheme = defineNetworkScheme({
  name: 'zero_gamma',
  formula: 'γ = 0 in the normalisation that closes a branch, γ = 1 in all others',
  use: 'residual networks with a normalisation at the end of each branch, such as ResNet',
  reference: GOYAL,
  options: {},
  plan: (network) => {
    const branches = branchesOf('zero_gamma', network);
    const isClosing = network.parameters.some(
      (parameter) =>
        parameter.role === 'norm_scale' && closesBranch(parameter) && mayBeZero(parameter),
    );
    if (!isClosing) {
      throw new RangeError(
        `zero_gamma: a normalisation with a scale of its own must close residual branches, got ${branches} branches without (rezero takes what stands there)`,
      );
    }
    return (parameter) => {
      if (parameter.role !== 'norm_scale') return null;
      const end = parameter.branchEnd;
      if (end === null) {
        return onesFor('This normalisation closes no residual branch: its scale is 1.', GOYAL);
      }
      if (!mayBeZero(parameter)) return onesFor(shared(parameter.uses), GOYAL);
      return zerosFor(
        `It closes residual branch ${end.index + 1} of ${branches} and starts at 0: every block is its skip alone at step zero.`,
        GOYAL,
      );
    };
  },
});
