import { emit } from '../emit.ts';
import { reshape, reshapeLike } from '../ops.ts';
import { ints, scalar, type Scope } from '../scope.ts';

/** Zeros in the shape of `like`, with each element of `g` added at its place in row-major order of `like`. */
export function scatterSum(s: Scope, g: string, places: string, like: string): string {
  const size = emit(s, 'Reshape', [emit(s, 'Size', [like]), ints(s, [1])]);
  const zeros = emit(s, 'Expand', [scalar(s, 0, g), size]);
  const sum = emit(s, 'ScatterElements', [zeros, reshape(s, places, [-1]), reshape(s, g, [-1])], {
    axis: 0,
    reduction: 'add',
  });
  return reshapeLike(s, sum, like);
}
