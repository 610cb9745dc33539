import type { ParameterInfo } from '../../network/index.ts';
import { FORGET_BIAS } from '../plan.ts';
import { GLOROT, SAXE, shown, type Advice } from './rule.ts';

const GERS = 'Gers et al. 2000; Jozefowicz et al. 2015';
const LE = 'Le et al. 2015, arXiv:1504.00941';

/** Input weights of an identity recurrence are this much smaller (the paper, of one layer, takes std 0.001). */
const IDENTITY_INPUT = 0.1;

/** Whether the recurrence starts as the identity: a plain one with ReLU. */
function isIdentity({ operator, followedBy }: ParameterInfo): boolean {
  return operator === 'RNN' && followedBy === 'relu';
}

/** Input weights of a recurrent layer: Glorot for each gate by itself. */
export function recurrentInputRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  const fanOut = parameter.fanOut ?? 1;
  const std = Math.sqrt(2 / (fanIn + fanOut));
  if (isIdentity(parameter)) {
    return {
      scheme: 'glorot_uniform',
      options: { gain: IDENTITY_INPUT },
      reason: `The identity recurrence behind it adds up what comes in over T steps, to T²/3 of its second moment where inputs are of one sign: Glorot times ${IDENTITY_INPUT} (${shown(fanIn)} in, ${shown(fanOut)} out, std ${shown(std * IDENTITY_INPUT)}) keeps sequences of ${shown(Math.round(Math.sqrt(3) / IDENTITY_INPUT))} steps at their size, and longer ones ask for less.`,
      reference: LE,
    };
  }
  return {
    scheme: 'glorot_uniform',
    options: {},
    reason:
      parameter.operator === 'RNN'
        ? `The input's map has ${shown(fanIn)} inputs and ${shown(fanOut)} outputs (std ${shown(std)}): Glorot's variance 2/(fan_in + fan_out) is between what the forward and the backward pass ask for.`
        : `Each of ${parameter.blocks.length} gates is a map of its own with ${shown(fanIn)} inputs and ${shown(fanOut)} outputs (std ${shown(std)}), drawn by itself; the packed shape would count the gates as outputs.`,
    reference: GLOROT,
  };
}

/** Recurrent weights: orthogonal for each gate; the identity for a ReLU recurrence. */
export function recurrentHiddenRule(parameter: ParameterInfo): Advice {
  const hidden = shown(parameter.fanIn ?? 1);
  if (isIdentity(parameter)) {
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
    reason: `${parameter.operator === 'RNN' ? `The ${hidden} × ${hidden} matrix is orthogonal` : `Each gate's ${hidden} × ${hidden} matrix is orthogonal by itself`}: applied at every step, its singular values of exactly 1 neither blow up nor shrink the state${parameter.operator === 'RNN' ? '' : ', while a packed orthogonal matrix would leave no gate orthogonal'}.`,
    reference: `${SAXE}; Henaff et al. 2016, arXiv:1602.06662`,
  };
}

/** Recurrent biases: zero, but 1 on the LSTM's forget gates, once although there are two biases. */
export function recurrentBiasRule(parameter: ParameterInfo): Advice {
  if (parameter.operator !== 'LSTM' || !parameter.blocks.some(isForget)) {
    return {
      scheme: 'zeros',
      options: {},
      reason: 'Biases start at 0: the weights alone set the state.',
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
      'The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4. The 1 is set in the input bias alone, since both biases are added, and all other biases are 0.',
    reference: GERS,
  };
}

function isForget(block: { readonly name: string }): boolean {
  return block.name.endsWith('/forget/input');
}
