import type { Advice } from '../rules/index.ts';
import { shown } from '../rules/index.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { endsBranch, isWeight } from './parts.ts';
import { transformerDepths } from './transformer.ts';

/** `N(0, 0.02²)`, over `√N` at the ends of the N residual branches (two per block). */
export const gpt2: NetworkScheme = defineNetworkScheme({
  name: 'gpt2',
  formula:
    'w ~ N(0, std²), the last layer of each of N branches N(0, std²/N), positions N(0, position_std²)',
  use: 'transformers of a few hundred units and more that normalise before each branch, to be trained as GPT-2 was',
  reference: 'Radford et al. 2019 (GPT-2), §2.3',
  options: { std: 0.02, position_std: 0.01 },
  problem: ({ std, position_std }) =>
    std >= 0 && position_std >= 0 && std < Infinity && position_std < Infinity
      ? null
      : `std and position_std must be finite and >= 0, got ${std} and ${position_std}`,
  plan: (network, { std, position_std }) => {
    const { branches } = transformerDepths('gpt2', network);
    const normal = (deviation: number, reason: string): Advice => ({
      scheme: 'normal',
      options: { std: deviation },
      reason,
      reference: 'Radford et al. 2019 (GPT-2), §2.3, and its published code',
    });
    return (parameter) => {
      if (endsBranch(parameter)) {
        const deviation = std / Math.sqrt(branches);
        return normal(
          deviation,
          `It writes into the residual stream, one of ${branches} layers that do: ${shown(std)}/√${branches} = ${shown(deviation)}, so that what all of them add does not grow with depth.`,
        );
      }
      if (parameter.role === 'positional_embedding') {
        return normal(
          position_std,
          `Positions start at std ${shown(position_std)}; the published code of GPT-2 has 0.01, later copies 0.02 (position_std).`,
        );
      }
      if (!isWeight(parameter) && parameter.role !== 'embedding') return null;
      const fan = parameter.fanIn;
      const beside = fan === null ? '' : `, where 1/√fan_in would be ${shown(1 / Math.sqrt(fan))}`;
      return normal(
        std,
        `Weights and embeddings start at std ${shown(std)}, whatever their fans${beside}.`,
      );
    };
  },
});
