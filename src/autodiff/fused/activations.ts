import { numberAttribute } from '../../graph/index.ts';
import { emit, type Attributes } from '../emit.ts';
import { add, mul, times } from '../ops.ts';
import type { Scope } from '../scope.ts';
import type { Expansion } from './expansion.ts';

function gelu(attributes: Attributes): Expansion {
  return (s, { inputs: [x, bias = ''] }) => [
    emit(s, 'Gelu', [bias === '' ? x : add(s, x, bias)], attributes),
  ];
}

/** `x · sigmoid(α x)`. */
function quick(s: Scope, x: string, alpha: number): string {
  return mul(s, x, emit(s, 'Sigmoid', [times(s, alpha, x)]));
}

/** Activations with a bias or of another form than the standard ones. */
export const activations: Readonly<Record<string, Expansion>> = {
  Gelu: gelu({}),
  BiasGelu: gelu({}),
  FastGelu: gelu({ approximate: 'tanh' }),
  QuickGelu: (s, node) => [quick(s, node.inputs[0], numberAttribute(node, 'alpha', 1.702))],
};
