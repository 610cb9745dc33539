import { shown } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { branchesOf, closesBranch } from './parts.ts';

const CAIT = 'Touvron et al. 2021, section 2 (LayerScale), arXiv:2103.17239';

/** Every layer scale that closes a branch is a small `ε`. */
export const layerScale: NetworkScheme = defineNetworkScheme({
  name: 'layer_scale',
  formula: 'x + diag(λ) F(x), every λ = value',
  use: 'deep vision transformers and ConvNeXt; the paper takes 0.1 up to 18 blocks, 1e-5 up to 24, 1e-6 beyond',
  reference: CAIT,
  options: { value: 1e-5 },
  problem: ({ value }) => (Number.isFinite(value) ? null : `value must be finite, got ${value}`),
  plan: (network, { value }) => {
    const branches = branchesOf('layer_scale', network);
    const isScale = (parameter: (typeof network.parameters)[number]): boolean =>
      parameter.role === 'layer_scale' && closesBranch(parameter);
    if (!network.parameters.some(isScale)) {
      throw new RangeError(
        `layer_scale: a layer scale must close the residual branches, got ${branches} branches without`,
      );
    }
    return (parameter) =>
      isScale(parameter)
        ? {
            scheme: 'constant',
            options: { value },
            reason: `It closes residual branch ${(parameter.branchEnd?.index ?? 0) + 1} of ${branches} and starts at ${shown(value)}, so that every block starts near the identity.`,
            reference: CAIT,
          }
        : null;
  },
});
