import { numberAttribute, type Node } from '../../graph/index.ts';
import type { DType } from '../../tensor/index.ts';
import { broadcast, typed, type Type } from '../type.ts';
import type { Infer } from './infer.ts';

const first: Infer = (node, [x]) => node.outputs.map(() => typed(x.dtype, x.shape));

const spread: Infer = (_, inputs) => [
  typed(inputs[0].dtype, broadcast(inputs.map(({ shape }) => shape))),
];

const truth: Infer = (_, inputs) => [typed('bool', broadcast(inputs.map(({ shape }) => shape)))];

const where: Infer = (_, inputs) => [
  typed(inputs[1].dtype ?? inputs[2].dtype, broadcast(inputs.map(({ shape }) => shape))),
];

const dtypeNumbers: Readonly<Record<number, DType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** The dtype that a `Cast` makes, `null` for one that a `Tensor` cannot have. */
export function castTarget(node: Node): DType | null {
  return dtypeNumbers[numberAttribute(node, 'to', 0)] ?? null;
}

const cast: Infer = (node, [x]) => [typed(castTarget(node), x.shape)];

const castLike: Infer = (_, [x, like]) => [typed(like.dtype, x.shape)];

const dropout: Infer = (node, [x]) =>
  node.outputs.map((_, index) => typed(index === 0 ? x.dtype : 'bool', x.shape));

function all(names: string, infer: Infer): Record<string, Infer> {
  return Object.fromEntries(names.split(' ').map((name) => [name, infer]));
}

const isFound: Infer = (_, [x]: readonly Type[]) => [typed('bool', x.shape)];

/** Operators that work element by element, and those that keep the shape of their first input. */
export const elementwise: Readonly<Record<string, Infer>> = {
  ...all(
    'Identity Neg Abs Sign Reciprocal Sqrt Exp Log Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Erf Floor Ceil Round',
    first,
  ),
  ...all(
    'Relu LeakyRelu ThresholdedRelu Elu Celu Selu Sigmoid Softplus Softsign HardSigmoid HardSwish Gelu Mish Swish Shrink Clip PRelu',
    first,
  ),
  ...all('Softmax LogSoftmax Hardmax LRN LpNormalization MeanVarianceNormalization', first),
  ...all('CumSum Trilu ScatterElements ScatterND Scatter InstanceNormalization', first),
  ...all('GroupNormalization RMSNormalization Not BitwiseNot ReverseSequence', first),
  ...all('Bernoulli EyeLike RandomNormalLike RandomUniformLike', first),
  ...all('Add Sub Mul Div Pow Mod Min Max Sum Mean BitwiseAnd BitwiseOr BitwiseXor', spread),
  ...all('Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor', truth),
  ...all('IsNaN IsInf', isFound),
  Where: where,
  Cast: cast,
  CastLike: castLike,
  Dropout: dropout,
};
