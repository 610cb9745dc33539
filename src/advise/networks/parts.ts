import type { Branch, Network, ParameterInfo } from '../../network/index.ts';
import type { Advice } from '../rules/index.ts';

/** Whether a parameter is a linear map: a weight of a dense, convolutional, recurrent or attention layer. */
export function isWeight({ layout }: ParameterInfo): boolean {
  return layout.length > 0;
}

/** Whether a parameter is a weight whose outputs a residual branch adds to the stream. */
export function endsBranch(parameter: ParameterInfo): boolean {
  return isWeight(parameter) && parameter.branchEnd !== null;
}

/** Whether a parameter is a scale through which all of a residual branch goes. */
export function closesBranch({ role, branchEnd }: ParameterInfo): boolean {
  return branchEnd !== null && (role === 'norm_scale' || role === 'layer_scale');
}

/** The advice of `zeros` with a reason. */
export function zerosFor(reason: string, reference: string): Advice {
  return { scheme: 'zeros', options: {}, reason, reference };
}

/** The advice of `ones` with a reason. */
export function onesFor(reason: string, reference: string): Advice {
  return { scheme: 'ones', options: {}, reason, reference };
}

/** Where a weight stands in the innermost residual branch that it is in. */
export interface Place {
  readonly branch: Branch;
  /** Of the branch among the `count` of the network, from 0. */
  readonly index: number;
  readonly count: number;
  /** Layers of the branch up to this one and in all. */
  readonly step: number;
  readonly steps: number;
  /** Whether the branch is attention. */
  readonly attends: boolean;
}

/** The place of every weight that is in a residual branch, by name. */
export function placesIn(network: Network): ReadonlyMap<string, Place> {
  const outputs = new Set(
    network.parameters.filter(({ role }) => role === 'attention_output').map(({ name }) => name),
  );
  const places = new Map<string, Place>();
  for (const [index, branch] of network.residuals.entries()) {
    const { layers } = branch;
    const attends = layers.at(-1)?.some((name) => outputs.has(name)) ?? false;
    for (const [i, names] of layers.entries()) {
      for (const name of names) {
        const known = places.get(name);
        if (known !== undefined && known.steps <= layers.length) continue;
        const count = network.residuals.length;
        places.set(name, { branch, index, count, step: i + 1, steps: layers.length, attends });
      }
    }
  }
  return places;
}

/** The number of residual branches; `RangeError` if there are none. */
export function branchesOf(scheme: string, network: Network): number {
  if (network.branches > 0) return network.branches;
  throw new RangeError(`${scheme}: the network must have residual branches, got none`);
}
