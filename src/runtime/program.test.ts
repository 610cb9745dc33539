import { expect, test } from 'vitest';
import type { FloatArray } from '../random/index.ts';
import { matrixGraph, type Precision } from './matrix-graph.ts';
import { matrixAt, openProgram } from './program.ts';

const precisions: readonly Precision[] = ['float32', 'float64'];

function numbers(precision: Precision, ...values: number[]): FloatArray {
  return precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

test.each(precisions)(
  'products, cuts and rows of matrices in %s go where they should',
  async (p) => {
    const g = matrixGraph('all', p);
    const a = g.input('a');
    const b = g.input('b');
    const c = g.input('c');
    g.output(g.product('plain', a, b));
    g.output(g.product('turned', a, b, { transposed: true, minus: true, plus: c }));
    g.output(g.cut('rows', a, 0, 1, 9));
    g.output(g.beside('both', [a, g.cut('columns', b, 1, 1, 2)]));
    const program = await openProgram(g.build(), 1);
    // The matrices lie within larger memory, which keeps what is around them.
    const memory = numbers(p, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0);
    const out = numbers(p, ...Array.from({ length: 18 }, () => -9));
    await program.run(
      {
        a: matrixAt(memory, 1, 2, 2),
        b: matrixAt(memory, 5, 2, 2),
        c: matrixAt(numbers(p, 100, 200, 300, 400), 0, 2, 2),
      },
      {
        plain: matrixAt(out, 1, 2, 2),
        turned: matrixAt(out, 5, 2, 2),
        rows: matrixAt(out, 9, 1, 2),
        both: matrixAt(out, 11, 2, 3),
      },
    );
    // [1 2; 3 4] [5 6; 7 8], 100… - [1 2; 3 4] [5 7; 6 8], [3 4], [1 2 6; 3 4 8]
    expect([...out]).toEqual([-9, 19, 22, 43, 50, 83, 177, 261, 347, 3, 4, 1, 2, 6, 3, 4, 8, -9]);
  },
);

test('matrices that do not fit are refused in one sentence', async () => {
  const g = matrixGraph('misfit', 'float32');
  g.output(g.product('product', g.input('a'), g.input('b')));
  const program = await openProgram(g.build(), 1);
  const six = matrixAt(new Float32Array(6), 0, 2, 3);
  await expect(
    program.run({ a: six, b: six }, { product: matrixAt(new Float32Array(4), 0, 2, 2) }),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: misfit: onnxruntime must be able to run the products, got: Gemm node. Name:'product' GEMM: Dimension mismatch, W: {2,3} K: 3 N:3]`,
  );
});
