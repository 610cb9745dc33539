import type { ParameterInfo } from '../../network/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { unfitFor } from '../spec.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { endsBranch, isWeight, onesFor, zerosFor } from './parts.ts';

const ZHAO = 'Zhao et al. 2021, algorithms 1 and 2, arXiv:2110.12661';

/** ZerO: identities, Hadamard matrices and zeros, nothing by chance. */
export const zeroNetwork: NetworkScheme = defineNetworkScheme({
  name: 'zero',
  formula:
    'every weight a partial identity or, to more outputs, a Hadamard matrix; the last layer of a branch 0, the head 0',
  use: 'networks, residual ones above all, that are to begin without chance: the same weights for every seed',
  reference: ZHAO,
  options: { rule: 'paper' },
  choices: { rule: ['paper', 'orthonormal'] },
  plan: (network, { rule }) => {
    const choice = { scheme: 'zero', options: rule === 'paper' ? {} : { rule } };
    const weights = network.parameters.filter(isWeight);
    if (!weights.some((weight) => unfitFor(choice, weight) === null)) {
      throw new RangeError(
        'zero: the network must have weights of dense layers, convolutions or attention, got none',
      );
    }
    return (parameter) => {
      if (endsBranch(parameter)) {
        const place = (parameter.branchEnd?.index ?? 0) + 1;
        return zerosFor(
          `It ends residual branch ${place} of ${network.branches} and starts at 0: the block is its skip alone.`,
          ZHAO,
        );
      }
      if (parameter.role === 'norm_scale' || parameter.role === 'layer_scale') {
        return onesFor('Scales start at 1: it is the layers that start at 0.', ZHAO);
      }
      if (!isWeight(parameter)) return null;
      if (parameter.position === 'head') {
        return zerosFor('The last layer starts at 0, so that all outputs are equal.', ZHAO);
      }
      if (unfitFor(choice, parameter) !== null) return null;
      const what =
        channels(parameter, 'out') <= channels(parameter, 'in')
          ? 'passes its inputs on, as many as it has outputs'
          : 'spreads its inputs over more outputs by a Hadamard matrix, so that no two units are alike';
      return {
        ...choice,
        reason: `Nothing is left to chance: it ${what}, and training breaks the symmetry that random weights break elsewhere.`,
        reference: ZHAO,
      };
    };
  },
});

/** Outputs or inputs of one map: of one group, one gate, one projection. */
function channels({ shape, layout, groups, blocks }: ParameterInfo, role: 'in' | 'out'): number {
  const own = blocks[0]?.shape ?? shape;
  const all = sizeOf(own.filter((_, axis) => layout[axis] === role));
  return role === 'out' ? all / groups : all;
}
