import type { Node } from '../graph/index.ts';

/** Operators whose result does not change, or jumps, when their inputs change a little. */
const flat: ReadonlySet<string> = new Set(
  `Shape Size Sign Floor Ceil Round ArgMax ArgMin NonZero Equal Greater GreaterOrEqual Less LessOrEqual
  And Or Xor Not IsNaN IsInf ConstantOfShape EyeLike Range OneHot Hardmax RandomNormalLike RandomUniformLike
  RandomNormal RandomUniform Unique NonMaxSuppression BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot`.split(
    /\s+/,
  ),
);

/** Whether the derivative of a node is 0 wherever there is one, so that nothing is passed back. */
export function isStop({ operator, domain }: Node): boolean {
  return domain === '' && flat.has(operator);
}
