import type { Network } from '../network/index.ts';
import type { Kernels } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { advise, type AdviseOptions } from './advise.ts';
import { applyPlan } from './apply.ts';

/**
 * Weights as a function of the seed: what `advise` with these options and that seed draws, not calibrated,
 * so that many seeds are an ensemble of which the laws of the plan hold. Errors as `advise`.
 */
export function drawsOfPlan(
  network: Network,
  options: AdviseOptions,
  kernels?: Kernels,
): (seed: number) => ReadonlyMap<string, Tensor<FloatDType>> {
  return (seed) => {
    const draws = applyPlan(advise(network, { ...options, seed }), network, kernels);
    return new Map([...draws].map(([name, draw]) => [name, draw()]));
  };
}
