import type { Node } from '../graph/index.ts';

/** Operators that take every element by itself, wherever it lies. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'And',
  'Cast',
  'CastLike',
  'Celu',
  'Clip',
  'Div',
  'Elu',
  'Erf',
  'Exp',
  'Gelu',
  'Greater',
  'GreaterOrEqual',
  'HardSigmoid',
  'HardSwish',
  'LeakyRelu',
  'Less',
  'LessOrEqual',
  'Log',
  'Max',
  'Min',
  'Mish',
  'Mul',
  'Neg',
  'Not',
  'Or',
  'Pow',
  'Reciprocal',
  'Relu',
  'Selu',
  'Sigmoid',
  'Sign',
  'Softplus',
  'Softsign',
  'Sqrt',
  'Sub',
  'Tanh',
  'ThresholdedRelu',
  'Where',
]);

/** Whether a node of one output takes every element by itself. */
export function isElementwise({ operator, domain, outputs }: Node): boolean {
  return domain === '' && outputs.length === 1 && ELEMENTWISE.has(operator);
}

/** Whether a node depends on the numbers in one of its inputs; otherwise on its type alone, which is the same in blocks. */
export function readsNumbers({ operator, domain }: Node, input: number): boolean {
  if (domain !== '') return true;
  return !(operator === 'Shape' || operator === 'Size' || (operator === 'CastLike' && input === 1));
}
