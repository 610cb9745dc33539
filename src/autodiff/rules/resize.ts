import { numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { interpolation, proportional, type Region } from '../interpolation.ts';
import { extents, indicator, slice, transpose, unsqueeze } from '../ops.ts';
import { floats, ints, typeOf, type Scope } from '../scope.ts';
import { fixedShape, fromStart } from '../type.ts';
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

/** The part of an axis that is cropped, from the list of all starts and then all ends. */
function regionOf(s: Scope, node: Node, index: number, axes: number): Region | undefined {
  const transform = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  if (transform !== 'tf_crop_and_resize') return undefined;
  const [, roi = ''] = node.inputs;
  const known = roi === '' ? null : typeOf(s, roi).value;
  if (known !== null) return { start: known[index], end: known[index + axes] };
  return fail(node, 'the region that it crops must be stored', 'one that is computed');
}

/**
 * The matrix `[to, from]` of an axis as the graph finds it when it runs: what the node makes of the columns
 * of a unit matrix, of which the axis is one.
 */
function seenMatrix(s: Scope, node: Node, axis: number, index: number): string {
  const [x, , scales = '', sizes = ''] = node.inputs;
  if (textAttribute(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize') {
    fail(node, 'the extents that it changes must be known', 'unknown ones');
  }
  const policy = textAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') fail(node, 'keep_aspect_ratio_policy must be stretch', policy);
  const extent = extents(s, x, axis, axis + 1);
  const count = emit(s, 'Squeeze', [extent, ints(s, [0])]);
  const places = emit(s, 'Range', [ints(s, [0], []), count, ints(s, [1], [])]);
  const isOwn = emit(s, 'Equal', [unsqueeze(s, places, [1]), unsqueeze(s, places, [0])]);
  const unit = unsqueeze(s, indicator(s, isOwn, x), [0, 1]);
  const { axes: _, ...attributes } = node.attributes;
  const own = (list: string): string => slice(s, list, 0, index, index + 1);
  const concat = (parts: readonly string[]): string => emit(s, 'Concat', parts, { axis: 0 });
  const one = floats(s, [1], [1], '');
  const inputs =
    scales !== '' && typeOf(s, scales).shape?.[0] !== 0
      ? [unit, '', concat([one, one, own(scales), one])]
      : [unit, '', '', concat([ints(s, [1, 1]), own(sizes), extent])];
  return emit(s, 'Squeeze', [emit(s, 'Resize', inputs, attributes), ints(s, [0, 1])]);
}

/** Interpolation is a product with a matrix along each axis; cotangents go through its transpose. */
const resize: Rule = rule((s, node, g) => {
  const [x, , scales = '', sizes = ''] = node.inputs;
  const from = typeOf(s, x).shape;
  const to = typeOf(s, node.outputs[0]).shape;
  if (from === null || to === null) fail(node, 'its ranks must be known', 'unknown ones');
  const axes = fromStart(
    numbersAttribute(node, 'axes') ?? from.map((_, axis) => axis),
    from.length,
  );
  const given = scales === '' ? null : typeOf(s, scales).value;
  const policy = textAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  const wanted = sizes === '' || policy === 'stretch' ? null : typeOf(s, sizes).value;
  const fixed = fixedShape(axes.map((axis) => from[axis]));
  const common =
    wanted === null || fixed === null ? null : proportional(policy, fixed, wanted).scale;
  const isCropped =
    textAttribute(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  return [
    () => {
      let sum = g;
      for (const [index, axis] of axes.entries()) {
        const [extent, made] = [from[axis], to[axis]];
        const isIdle = given === null ? made === extent && made !== null : given[index] === 1;
        if (isIdle && !isCropped) continue;
        let matrix = '';
        if (typeof extent === 'number' && typeof made === 'number') {
          const by = given !== null && given.length > 0 ? given[index] : (common ?? made / extent);
          const region = regionOf(s, node, index, axes.length);
          const numbers = interpolation(node, extent, made, by, region);
          matrix = floats(s, numbers, [made, extent], g);
        } else {
          matrix = seenMatrix(s, node, axis, index);
        }
        sum = alongAxis(s, sum, axis, from.length, matrix);
      }
      return sum;
    },
  ];
});

/** Resizing. */
export const resizing: Readonly<Record<string, Rule>> = { Resize: resize };
