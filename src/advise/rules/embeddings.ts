import type { Network, ParameterInfo } from '../../network/index.ts';
import { shown, type Advice } from './rule.ts';

/** Tables that are looked up by tokens. */
export function embeddingRule(parameter: ParameterInfo, network: Network): Advice {
  const width = parameter.shape.at(-1) ?? 1;
  const std = 1 / Math.sqrt(width);
  const attends = network.parameters.some(({ role }) => role.startsWith('attention_'));
  if (attends && (network.normalised || parameter.uses > 1)) {
    return {
      scheme: 'normal',
      options: { std },
      reason: `Rows of length 1 (std 1/√${width} = ${shown(std)}) start the residual stream small beside what the branches add, and give logits of unit variance where the table is tied to the head; N(0, 1) would drown the branches.`,
      reference: 'Vaswani et al. 2017, §3.4, arXiv:1706.03762',
    };
  }
  return {
    scheme: 'normal',
    options: { std: 1 },
    reason: `A lookup adds nothing up: its fan_in is 1, so unit variance gives the next layer inputs of unit second moment${attends ? ', and no normalisation would make up for smaller ones' : ''}.`,
    reference: 'LeCun et al. 1998, Efficient BackProp, §4.3',
  };
}

/** Learned positions: small beside the tokens they are added to. */
export function positionRule(): Advice {
  return {
    scheme: 'truncated_normal',
    options: { std: 0.02 },
    reason:
      'Positions start small (std 0.02) beside what they are added to, so that content comes first and no position is special.',
    reference: 'Devlin et al. 2019, arXiv:1810.04805; Dosovitskiy et al. 2021, arXiv:2010.11929',
  };
}

/** Learned tokens such as a class token start at zero. */
export function tokenRule(): Advice {
  return {
    scheme: 'zeros',
    options: {},
    reason:
      'A learned token starts at 0: attention fills it from the other tokens, and there is no symmetry to break in a single row.',
    reference: 'Dosovitskiy et al. 2021, arXiv:2010.11929',
  };
}
