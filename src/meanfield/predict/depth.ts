import { numberAttribute } from '../../graph/index.ts';
import { reopened } from './moves.ts';
import type { Axis } from './state.ts';
import type { Rule } from './walk.ts';

/** `DepthToSpace` and `SpaceToDepth`: units side by side as positions, whose pairs are then fewer, and back. */
export const depthRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind !== 'signal' || state.axes?.length !== 4) return [state];
  const block = numberAttribute(node, 'blocksize', 1);
  const [batch, unit, ...places] = state.axes;
  const isSpread = node.operator === 'DepthToSpace';
  const [up, down] = isSpread ? [block, 1] : [1, block];
  const resized = ({ kind, size }: Axis, factor: number): Axis => ({
    kind,
    size: size === null ? null : size * factor,
  });
  const axes = [
    resized(unit, (down / up) ** 2),
    ...places.map((place) => resized(place, up / down)),
  ];
  const own = state.moments();
  const square = own.mean ** 2;
  // Of two positions one in block² stems from the same unit, the others are of different ones.
  const mixed = (pair: number): number => square + (pair - square) / up ** 2;
  const moments = { ...own, p: mixed(own.p), r: mixed(own.r) };
  return [reopened(node, node.outputs[0], state, moments, [batch, ...axes], 1)];
};
