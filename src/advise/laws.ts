import type { Law, Laws } from '../meanfield/index.ts';
import type { Network } from '../network/index.ts';
import { KEEP, type Choice, type Plan } from './plan.ts';
import { isDrawn, meanOf, specOfParameter, stdOf } from './spec.ts';

/** What of a scheme mean and variance of an element do not say. */
const CAVEATS: Readonly<Record<string, string>> = {
  bilinear: 'weights of interpolation are no independent numbers',
  conv_orthogonal: 'the taps of an orthogonal convolution are not independent',
  hadamard: 'Hadamard weights are no independent numbers',
  hippo: 'the weights of a state matrix are no independent numbers',
  icnr: 'weights are the same for neighbouring pixels',
  identity: 'a weight that is the identity is not drawn',
  looks_linear: 'mirrored halves are not independent',
  mimetic: 'products of mimetic weights are not independent',
  sparse: 'most weights are zero',
  sparse_martens: 'most weights are zero',
  stft: 'weights of a Fourier transform are no independent numbers',
  zero: 'weights of zeros and Hadamard blocks are no independent numbers',
};

const DIRAC = 'a kernel that hands its input on is not drawn';

/** Schemes of matrices that keep inner products. */
const ORTHOGONAL = new Set([
  'delta_orthogonal',
  'orthogonal',
  'scaled_orthogonal',
  'special_orthogonal',
]);

/** Schemes whose kernels are zero but for the centre. */
const CENTRED = new Set(['delta_orthogonal', 'dirac']);

/**
 * The laws of what a plan draws: mean and standard deviation of each scheme, block by block, with a caveat
 * where its elements are not independent. `null` for what stays as it is stored.
 */
export function lawsOfPlan(plan: Plan, network: Network): Laws {
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  const laws = new Map<string, Law>();
  for (const entry of plan.parameters) {
    const info = infos.get(entry.name);
    if (info === undefined || entry.scheme === KEEP) continue;
    for (const block of entry.blocks) {
      const spec = specOfParameter(info, block);
      laws.set(keyOf(entry.name, block.name), lawOf(block, spec, `${entry.name} (${block.name})`));
    }
    if (entry.blocks.length === 0 && isDrawn(entry)) {
      laws.set(keyOf(entry.name), lawOf(entry, specOfParameter(info), entry.name));
    }
  }
  return (parameter, block) =>
    laws.get(keyOf(parameter, block)) ?? laws.get(keyOf(parameter)) ?? null;
}

const keyOf = (parameter: string, block: string = ''): string => `${parameter}\n${block}`;

function lawOf(choice: Choice, spec: Parameters<typeof stdOf>[1], where: string): Law {
  const { scheme } = choice;
  const [mean, std] = [meanOf(choice, spec, where), stdOf(choice, spec, where)];
  const caveat = scheme === 'dirac' ? DIRAC : (CAVEATS[scheme] ?? null);
  // The mean of a structured weight is that of few large elements, and shifts nothing.
  const isShift = caveat === null;
  return {
    mean: isShift ? mean : 0,
    variance: isShift ? std ** 2 : std ** 2 + mean ** 2,
    caveat,
    ...(CENTRED.has(scheme) ? { centre: true } : {}),
    ...(ORTHOGONAL.has(scheme) ? { isOrthogonal: true } : {}),
  };
}
