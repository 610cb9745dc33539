import { isFloat, sizeOf } from '../../tensor/index.ts';
import { integersOf, knownIntegers } from './integers.ts';
import type { Axes, Axis } from './state.ts';
import type { Rule } from './walk.ts';

const listOf = (size: number | null): Axes => [{ kind: 'unit', size }];

/** `Shape` and `Size`: integers that only shapes are made of. */
export const shapeRule: Rule = (walk, node) => {
  const list = integersOf(walk, node.outputs[0]);
  return [{ kind: 'tokens', axes: listOf(list?.length ?? null) }];
};

/** Comparisons, logic and counting: integers of a shape that does not matter. */
export const integerRule: Rule = (_, node) =>
  node.outputs.map(() => ({ kind: 'tokens', axes: null }));

/** `Cast` and the like: one integer that is known is a number, as a width in a scale is. */
export const castRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind !== 'tokens') return [state];
  const list = knownIntegers(walk, node.inputs[0]);
  if (list?.length !== 1) return [state];
  return [{ kind: 'level', value: list[0], axes: state.axes }];
};

/** `ConstantOfShape`: the same number everywhere. */
export const filledRule: Rule = (walk, node) => {
  const filling = node.attributes['value'];
  const isTensor =
    typeof filling === 'object' && 'data' in filling && 'dtype' in filling && 'shape' in filling;
  const shape = integersOf(walk, node.inputs[0]);
  const axes: Axes = shape?.map((size): Axis => ({ kind: 'unit', size })) ?? null;
  if (!isTensor) return [{ kind: 'level', value: 0, axes }];
  const { dtype, data } = filling;
  if (sizeOf(filling.shape) !== 1 || dtype === 'float16' || dtype === 'bfloat16') {
    return [{ kind: 'tokens', axes }];
  }
  if (!isFloat(dtype) && dtype !== 'int64' && dtype !== 'int32') return [{ kind: 'tokens', axes }];
  return [{ kind: 'level', value: Number(data[0]), axes }];
};
