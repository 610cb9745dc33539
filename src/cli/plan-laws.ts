import { lawsOfPlan, type Plan } from '../advise/index.ts';
import { lawOfTensor, type Laws } from '../meanfield/index.ts';
import type { Network } from '../network/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** The laws of a plan; of tensors that a framework drew, those of their values. */
export function lawsOfDraws(
  plan: Plan,
  network: Network,
  values: ReadonlyMap<string, Tensor> = new Map(),
): Laws {
  const others = plan.parameters.filter(({ name }) => !values.has(name));
  const planned = lawsOfPlan({ ...plan, parameters: others }, network);
  const drawn = new Map([...values].map(([name, tensor]) => [name, lawOfTensor(tensor)]));
  return (parameter, block) => drawn.get(parameter) ?? planned(parameter, block);
}
