import { dataTypeOf, type Builder } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';

/** Elementwise operators on values of a graph, named in the order in which they are used. */
export interface Arithmetic {
  readonly add: (a: string, b: string) => string;
  readonly sub: (a: string, b: string) => string;
  readonly mul: (a: string, b: string) => string;
  readonly div: (a: string, b: string) => string;
  readonly pow: (a: string, b: string) => string;
  readonly min: (a: string, b: string) => string;
  readonly sqrt: (a: string) => string;
  readonly cast: (a: string, to: DType) => string;
  /** A stored scalar. */
  readonly scalar: (value: number, dtype?: 'float32' | 'float64') => string;
}

/** Arithmetic whose nodes are named after `prefix`. */
export function arithmetic(b: Builder, prefix: string): Arithmetic {
  let count = 0;
  const next = (): string => `${prefix}/${count++}`;
  const node =
    (operator: string) =>
    (...inputs: readonly string[]): string =>
      b.node(next(), operator, inputs);
  return {
    add: node('Add'),
    sub: node('Sub'),
    mul: node('Mul'),
    div: node('Div'),
    pow: node('Pow'),
    min: node('Min'),
    sqrt: node('Sqrt'),
    cast: (a, to) => b.node(next(), 'Cast', [a], { to: dataTypeOf(to) }),
    scalar: (value, dtype = 'float32') =>
      b.constant(
        next(),
        dtype === 'float32'
          ? { dtype, shape: [], data: Float32Array.of(value) }
          : { dtype, shape: [], data: Float64Array.of(value) },
      ),
  };
}
