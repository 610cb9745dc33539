import { builder, type Graph } from '../graph/index.ts';

/** Element types that products are made in. */
export type Precision = 'float32' | 'float64';

/** What a product does besides `A B`. */
export interface ProductOptions {
  /** `A Bᵀ` in place of `A B`. */
  readonly transposed?: boolean;
  /** `-A B`. */
  readonly minus?: boolean;
  /** A value C to be added. */
  readonly plus?: string;
}

/** A graph of matrices under construction: inputs and outputs of any size, products and cuts. */
export interface MatrixGraph {
  readonly input: (name: string) => string;
  /** Makes a value an output; its name there is that of the value. */
  readonly output: (value: string) => void;
  /** `A B + C` and its variants. */
  readonly product: (name: string, a: string, b: string, options?: ProductOptions) => string;
  /** Rows (axis 0) or columns (axis 1) `from … to - 1`, or as many of them as there are. */
  readonly cut: (name: string, value: string, axis: 0 | 1, from: number, to: number) => string;
  /** Matrices side by side. */
  readonly beside: (name: string, values: readonly string[]) => string;
  readonly build: () => Graph;
}

/** Starts an empty graph of matrices of one type. The value that a step `name` makes is `name_output`. */
export function matrixGraph(graphName: string, precision: Precision): MatrixGraph {
  const b = builder(graphName);
  const outputs: string[] = [];
  const indices = new Map<number, string>();
  const index = (value: number): string => {
    const known = indices.get(value);
    if (known !== undefined) return known;
    const data = BigInt64Array.of(BigInt(value));
    const name = b.constant(`index_${value}`, { dtype: 'int64', shape: [1], data });
    indices.set(value, name);
    return name;
  };
  return {
    input: (name) => b.input(name, precision, [null, null]),
    output: (value) => {
      outputs.push(value);
    },
    product: (name, left, right, { transposed = false, minus = false, plus } = {}) =>
      b.node(name, 'Gemm', plus === undefined ? [left, right] : [left, right, plus], {
        ...(transposed ? { transB: 1 } : {}),
        ...(minus ? { alpha: -1 } : {}),
      }),
    cut: (name, value, axis, from, to) =>
      b.node(name, 'Slice', [value, index(from), index(to), index(axis)]),
    beside: (name, values) => b.node(name, 'Concat', values, { axis: 1 }),
    build: () => ({
      ...b.build(),
      outputs: outputs.map((name) => ({ name, dtype: precision, shape: [null, null] })),
    }),
  };
}
