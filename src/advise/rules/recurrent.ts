import type { ParameterInfo } from '../../network/index.ts';
import { FORGET_BIAS } from '../plan.ts';
import { GLOROT, SAXE, shown, type Advice } from './rule.ts';

const GERS = 'Gers et al. 2000; Jozefowicz et al. 2015';
const LE = 'Le et al. 2015, arXiv:1504.00941';

/** Input weights of a recurrent layer: Glorot for each gate by itself. */
export function recurrentInputRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  const fanOut = parameter.fanOut ?? 1;
  const std = Math.sqrt(2 / (fanIn + fanOut));
  return {
    scheme: 'glorot_uniform',
    options: {},
    reason: `Each of ${parameter.blocks.length} gates is a map of its own with ${shown(fanIn)} inputs and ${shown(fanOut)} outputs (std ${shown(std)}), drawn by itself; the packed shape would count the gates as outputs.`,
    reference: GLOROT,
  };
}

/** Recurrent weights: orthogonal for each gate; the identity for a ReLU recurrence. */
export function recurrentHiddenRule(parameter: ParameterInfo): Advice {
  const hidden = shown(parameter.fanIn ?? 1);
  if (parameter.operator === 'RNN' && parameter.followedBy === 'relu') {
    return {
      scheme: 'identity',
      options: {},
      reason: `A ReLU recurrence of ${hidden} units starts as the identity: what it holds it keeps, with gradients of factor 1 per step.`,
      reference: LE,
    };
  }
  return {
    scheme: 'orthogonal',
    options: {},
    reason: `Each gate's ${hidden} × ${hidden} matrix is orthogonal by itself: applied at every step, its singular values of exactly 1 neither blow up nor shrink the state, while a packed orthogonal matrix would leave no gate orthogonal.`,
    reference: `${SAXE}; Henaff et al. 2016, arXiv:1602.06662`,
  };
}

/** Recurrent biases: zero, but 1 on the LSTM's forget gates, once although there are two biases. */
export function recurrentBiasRule(parameter: ParameterInfo): Advice {
  if (parameter.operator !== 'LSTM' || !parameter.blocks.some(isForget)) {
    return {
      scheme: 'zeros',
      options: {},
      reason: 'Biases start at zero: the weights alone set the state.',
      reference: null,
    };
  }
  const forget = { scheme: 'constant', options: { value: 1 } };
  const blockChoices = Object.fromEntries(
    parameter.blocks.filter(isForget).map((block) => [block.name, forget]),
  );
  return {
    scheme: FORGET_BIAS,
    options: {},
    blockChoices,
    reason:
      'The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4; 1 is set in the input bias alone, since both biases are added. All other biases are 0.',
    reference: GERS,
  };
}

function isForget(block: { readonly name: string }): boolean {
  return block.name.endsWith('/forget/input');
}
