import { numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { interpolation } from '../interpolation.ts';
import { transpose } from '../ops.ts';
import { floats, typeOf, type Scope } from '../scope.ts';
import { fromStart } from '../type.ts';
import { nodeText } from '../wording.ts';
import { rule, type Rule } from './rule.ts';

function alongAxis(s: Scope, g: string, axis: number, rank: number, matrix: string): string {
  const perm = Array.from({ length: rank }, (_, at) => at);
  [perm[axis], perm[rank - 1]] = [perm[rank - 1], perm[axis]];
  return transpose(s, emit(s, 'MatMul', [transpose(s, g, perm), matrix]), perm);
}

function fail(node: Node, must: string, got: string): never {
  throw new RangeError(`${nodeText(node)}: ${must} to be differentiated, got ${got}`);
}

/** Interpolation is a product with a matrix along each axis; cotangents go through its transpose. */
const resize: Rule = rule((s, node, g) => {
  const [x, , scales = ''] = node.inputs;
  const from = typeOf(s, x).shape;
  const to = typeOf(s, node.outputs[0]).shape;
  if (from === null || to === null) fail(node, 'its shapes must be known', 'unknown ones');
  const transform = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  if (transform === 'tf_crop_and_resize') {
    fail(node, 'the whole input must be resized', transform);
  }
  if (node.attributes.antialias === 1) fail(node, 'it must not smooth', 'antialias 1');
  const policy = textAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') fail(node, 'keep_aspect_ratio_policy must be stretch', policy);
  const axes = fromStart(
    numbersAttribute(node, 'axes') ?? from.map((_, axis) => axis),
    from.length,
  );
  const given = scales === '' ? null : typeOf(s, scales).value;
  return [
    () => {
      let sum = g;
      for (const [axis, extent] of from.entries()) {
        const made = to[axis];
        if (made === extent && made !== null) continue;
        if (typeof extent !== 'number' || typeof made !== 'number') {
          fail(node, 'the extents that it changes must be known', 'unknown ones');
        }
        const index = axes.indexOf(axis);
        const by = given !== null && given.length > 0 ? given[index] : made / extent;
        const matrix = floats(s, interpolation(node, extent, made, by), [made, extent], g);
        sum = alongAxis(s, sum, axis, from.length, matrix);
      }
      return sum;
    },
  ];
});

/** Resizing. */
export const resizing: Readonly<Record<string, Rule>> = { Resize: resize };
