import type { Network, ParameterInfo } from '../../network/index.ts';

/** Whether a parameter is a linear map: a weight of a dense, convolutional, recurrent or attention layer. */
export function isWeight({ layout }: ParameterInfo): boolean {
  return layout.length > 0;
}

/** Whether a parameter is a weight whose outputs a residual branch adds to the stream. */
export function endsBranch(parameter: ParameterInfo): boolean {
  return isWeight(parameter) && parameter.branchEnd !== null;
}

/** The number of residual branches; `RangeError` if there are none. */
export function branchesOf(scheme: string, network: Network): number {
  if (network.branches > 0) return network.branches;
  throw new RangeError(`${scheme}: the network must have residual branches, got none`);
}

/** The number of residual branches of a transformer; `RangeError` where there is no attention in any. */
export function transformerBranchesOf(scheme: string, network: Network): number {
  const attends = network.parameters.some(({ role }) => role.startsWith('attention_'));
  if (attends && network.branches > 0) return network.branches;
  const got = attends ? 'attention alone' : network.branches > 0 ? 'no attention' : 'neither';
  throw new RangeError(
    `${scheme}: the network must be a transformer, with attention and residual branches, got ${got}`,
  );
}
