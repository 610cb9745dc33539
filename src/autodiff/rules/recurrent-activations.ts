import { numbersAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { plus, times } from '../ops.ts';
import type { Scope } from '../scope.ts';
import { nodeText } from '../wording.ts';

/** An activation function of a recurrent layer, and the numbers it takes; `null` has no default. */
interface Kernel {
  readonly alpha?: number | null;
  readonly beta?: number | null;
  readonly write: (s: Scope, x: string, alpha: number, beta: number) => string;
}

const plain = (operator: string): Kernel => ({ write: (s, x) => emit(s, operator, [x]) });

const kernels: Readonly<Record<string, Kernel>> = {
  Relu: plain('Relu'),
  Tanh: plain('Tanh'),
  Sigmoid: plain('Sigmoid'),
  Softsign: plain('Softsign'),
  Softplus: plain('Softplus'),
  Elu: { alpha: 1, write: (s, x, alpha) => emit(s, 'Elu', [x], { alpha }) },
  LeakyRelu: { alpha: 0.01, write: (s, x, alpha) => emit(s, 'LeakyRelu', [x], { alpha }) },
  ThresholdedRelu: {
    alpha: 1,
    write: (s, x, alpha) => emit(s, 'ThresholdedRelu', [x], { alpha }),
  },
  HardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    write: (s, x, alpha, beta) => emit(s, 'HardSigmoid', [x], { alpha, beta }),
  },
  Affine: {
    alpha: null,
    beta: null,
    write: (s, x, alpha, beta) => plus(s, times(s, alpha, x), beta),
  },
  ScaledTanh: {
    alpha: null,
    beta: null,
    write: (s, x, alpha, beta) => times(s, alpha, emit(s, 'Tanh', [times(s, beta, x)])),
  },
};

/** The activation functions of all directions; they take their numbers from the lists in turn. */
export function activationsOf(
  node: Node,
  defaults: readonly string[],
  directions: number,
): ((s: Scope, x: string) => string)[] {
  const list = node.attributes.activations;
  const given = Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
  const numbers = { alpha: [...numbersIn(node, 'alpha')], beta: [...numbersIn(node, 'beta')] };
  return Array.from({ length: directions * defaults.length }, (_, index) => {
    const name = given[index] ?? defaults[index % defaults.length];
    const own = Object.entries(kernels).find(([key]) => key.toLowerCase() === name.toLowerCase());
    if (own === undefined) {
      throw new RangeError(
        `${nodeText(node)}: its activations must be of ${Object.keys(kernels).join(', ')} to be differentiated, got ${name}`,
      );
    }
    const [key, kernel] = own;
    const next = (which: 'alpha' | 'beta'): number => {
      const fallback = kernel[which];
      if (fallback === undefined) return 0;
      const value = numbers[which].shift() ?? fallback;
      if (value !== null) return value;
      throw new RangeError(
        `${nodeText(node)}: the activation ${key} must have its ${which} to be differentiated, got none`,
      );
    };
    const [alpha, beta] = [next('alpha'), next('beta')];
    return (s: Scope, x: string): string => kernel.write(s, x, alpha, beta);
  });
}

function numbersIn(node: Node, name: string): readonly number[] {
  return numbersAttribute(node, `activation_${name}`) ?? [];
}
