import { scheme, type Spec } from '../init/index.ts';
import type { ParameterInfo } from '../network/index.ts';
import { isFloat } from '../tensor/index.ts';
import { FORGET_BIAS, KEEP, type Choice, type PlannedBlock } from './plan.ts';

/** Whether a choice is drawn by a scheme of its own rather than kept or put together from blocks. */
export function isDrawn(choice: Choice): boolean {
  return choice.scheme !== KEEP && choice.scheme !== FORGET_BIAS;
}

/**
 * What an initializer needs to know of a parameter, or of one block of it. `TypeError` if the
 * parameter is no float tensor.
 */
export function specOfParameter(parameter: ParameterInfo, block?: PlannedBlock): Spec {
  const { name, dtype, layout, groups } = parameter;
  if (!isFloat(dtype)) throw new TypeError(`${name}: dtype must be a float type, got ${dtype}`);
  const { fanIn, fanOut } = block ?? parameter;
  const shape = block?.shape ?? parameter.shape;
  // A batch axis of extent 1 (one direction of a recurrent layer) says nothing about the map.
  const axes = layout.flatMap((role, axis) =>
    role === 'batch' && shape[axis] === 1 ? [] : [axis],
  );
  return {
    shape: layout.length === 0 ? shape : axes.map((axis) => shape[axis]),
    dtype,
    layout: axes.map((axis) => layout[axis]),
    groups,
    fanIn: fanIn ?? 1,
    fanOut: fanOut ?? 1,
  };
}

/** The named scheme's values for a spec: checked options, standard deviation. Throws where it is undefined. */
export function stdOf(choice: Choice, spec: Spec, where: string): number {
  const record = scheme(choice.scheme);
  return naming(where, () => record.std(spec, choice.options));
}

/** The mean of one element under the named scheme. Throws where the scheme is undefined. */
export function meanOf(choice: Choice, spec: Spec, where: string): number {
  const record = scheme(choice.scheme);
  return naming(where, () => record.mean(spec, choice.options));
}

/** A weight, or a block of it, for which a scheme is undefined, and what the scheme says of it. */
export interface Unfit {
  readonly where: string;
  readonly sentence: string;
}

/** Why a choice does not fit a weight or one of its blocks, `null` if it fits. */
export function unfitFor(choice: Choice, parameter: ParameterInfo): Unfit | null {
  const record = scheme(choice.scheme);
  const blocks = parameter.blocks.length === 0 ? [undefined] : parameter.blocks;
  for (const block of blocks) {
    const spec = specOfParameter(parameter, block && { ...block, ...choice });
    try {
      record.check(spec, choice.options);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const where = block === undefined ? parameter.name : `${parameter.name} (${block.name})`;
      return { where, sentence: error.message };
    }
  }
  return null;
}

/** What `work` gives; its errors name the parameter. */
export function naming<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new RangeError(`${where}: ${error.message}`, { cause: error });
  }
}

/** Whether a scheme is for linear maps alone: its size depends on fans, or it has to know the axes. */
export function needsMap({ scheme: name, options }: Choice): boolean {
  const record = scheme(name);
  const spec: Spec = {
    shape: [2, 2],
    dtype: 'float32',
    layout: ['out', 'in'],
    groups: 1,
    fanIn: 2,
    fanOut: 2,
  };
  const all = { ...record.options, ...options };
  try {
    record.check({ ...spec, layout: [] }, all);
  } catch {
    return true;
  }
  return record.std(spec, all) !== record.std({ ...spec, fanIn: 5, fanOut: 7 }, all);
}
