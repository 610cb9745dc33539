/** What the products of matrices of a deep convolutional network alone would take onnxruntime. */
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { openSession } from '../src/runtime/index.ts';
import type { Tensor } from '../src/tensor/index.ts';

/** A layer of 3 × 3 convolutions of as many channels in as out. */
export interface Layer {
  readonly channels: number;
  readonly places: number;
  readonly batch: number;
}

const TRIES = 300;

/**
 * Operations per second of the plain product `[c, 9 c] · [9 c, places · batch]`, to which such a convolution comes
 * where its input is there nine times; the best of many.
 */
export async function productRate(
  { channels, places, batch }: Layer,
  threads: number,
): Promise<number> {
  const [rows, inner, columns] = [channels, 9 * channels, places * batch];
  const b = builder('product');
  const product = b.node('product', 'MatMul', [
    b.input('w', 'float32', [rows, inner]),
    b.input('x', 'float32', [inner, columns]),
  ]);
  b.output('y', product, 'float32', [rows, columns]);
  const session = await openSession(encodeModel(modelOf(b.build())), {
    threads,
    keepsMemory: true,
    optimisation: 'basic',
  });
  const normal = (name: string, shape: readonly number[]): Tensor => {
    const data = new Float32Array(shape[0] * shape[1]);
    fillNormal(fold(key(1), name), data, 0, 1);
    return { dtype: 'float32', shape, data };
  };
  const feeds = { w: normal('w', [rows, inner]), x: normal('x', [inner, columns]) };
  let best = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const begun = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - begun);
  }
  await session.close();
  return (2 * rows * inner * columns) / (best / 1000);
}

/** Operations of one step: forward, and back to input and weight. */
export function operationsOf({ channels, places, batch }: Layer, layers: number): number {
  return 3 * layers * 2 * 9 * channels ** 2 * places * batch;
}
