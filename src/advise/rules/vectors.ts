import { sizeOf } from '../../tensor/index.ts';
import type { ParameterInfo } from '../../network/index.ts';
import { KEEP } from '../plan.ts';
import { shown, type Advice } from './rule.ts';

const GOYAL = 'Goyal et al. 2017, §5.1, arXiv:1706.02677';
const CAIT = 'Touvron et al. 2021, arXiv:2103.17239';
const REZERO = 'Bachlechner et al. 2020, arXiv:2003.04887';
const HE_PRELU = 'He et al. 2015, §2.1, arXiv:1502.01852';

const zeros = (reason: string, reference: string | null = null): Advice => ({
  scheme: 'zeros',
  options: {},
  reason,
  reference,
});

const ones = (reason: string, reference: string | null = null): Advice => ({
  scheme: 'ones',
  options: {},
  reason,
  reference,
});

const keep = (reason: string): Advice => ({ scheme: KEEP, options: {}, reason, reference: null });

/** Biases start at zero. */
export function biasRule(): Advice {
  return zeros(
    'Biases start at 0: random weights already break the symmetry, and the variances above count no bias.',
  );
}

/** Scales of normalisation: 1, but 0 where a batch normalisation closes a residual branch. */
export function normScaleRule(parameter: ParameterInfo): Advice {
  const end = parameter.branchEnd;
  if (end !== null && parameter.uses === 1) {
    return zeros(
      `The last normalisation of residual branch ${end.index + 1} of ${end.count} starts at 0: every block is its skip alone at step zero, so depth costs nothing, and the branch grows from its first update.`,
      GOYAL,
    );
  }
  const shared =
    end !== null
      ? ` The tensor is shared by ${parameter.uses} places, so it cannot be 0 for the branches alone.`
      : '';
  return ones(`Normalised values keep their variance of 1.${shared}`);
}

/** Shifts of normalisation start at zero. */
export function normShiftRule(): Advice {
  return zeros('Normalised values keep their mean of 0.');
}

/** Running statistics of batch normalisation before any batch: mean 0, variance 1. */
export function normStatisticRule(parameter: ParameterInfo): Advice {
  return parameter.role === 'norm_mean'
    ? zeros('A running mean starts at 0 until batches are seen.')
    : ones('A running variance starts at 1 until batches are seen.');
}

/** Layer scales: 0 for a scalar that closes a branch, small for a vector by the number of branches. */
export function layerScaleRule(parameter: ParameterInfo): Advice {
  const end = parameter.branchEnd;
  if (end === null)
    return ones('A scale that closes no residual branch starts at 1 and changes nothing.');
  if (sizeOf(parameter.shape) === 1) {
    return zeros(
      `The scalar that closes residual branch ${end.index + 1} of ${end.count} starts at 0: every block is its skip alone at step zero.`,
      REZERO,
    );
  }
  // The paper counts blocks of two branches, attention and MLP.
  const value = end.count <= 36 ? 0.1 : end.count <= 48 ? 1e-5 : 1e-6;
  return {
    scheme: 'constant',
    options: { value },
    reason: `Layer scale of a residual branch starts small, at ${shown(value)} for ${end.count} branches, so that every block starts near the identity.`,
    reference: CAIT,
  };
}

/** The learned slope of PReLU starts at 0.25. */
export function slopeRule(): Advice {
  return {
    scheme: 'constant',
    options: { value: 0.25 },
    reason: 'The learned slope of PReLU starts at 0.25; the gains around it count on that.',
    reference: HE_PRELU,
  };
}

/** Learned initial states start at zero. */
export function stateRule(): Advice {
  return zeros('The recurrence starts from an empty state, 0.');
}

/** What is no parameter stays as it is. */
export function constantRule(parameter: ParameterInfo): Advice {
  if (parameter.role === 'unused') return keep('No node uses this tensor, so its values stay.');
  if (parameter.role === 'unknown') return keep(`${parameter.problem ?? 'Its role is not known'}.`);
  return keep('A fixed number of the computation, no parameter, so its values stay.');
}
