import type { LearningSet } from '../src/data/index.ts';
import type { Dimension, Graph } from '../src/graph/index.ts';
import { fillNormal, key } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';

/** Integers of an input that counts as classes or tokens are below this. */
const TOKENS = 5;

function withBatch(shape: readonly Dimension[] | null, batch: number): number[] {
  return (shape ?? ['batch']).map((extent, axis) =>
    axis === 0 || typeof extent !== 'number' ? batch : extent,
  );
}

function integers(shape: readonly number[], most: number): Tensor<'int64'> {
  const data = BigInt64Array.from({ length: sizeOf(shape) }, (_, i) => BigInt((3 * i + 1) % most));
  return { dtype: 'int64', shape, data };
}

function normal(seed: number, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(key(seed), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

/** Noise for every input of a graph, and classes or numbers to answer with for its output of a shape. */
export function randomSet(
  graph: Graph,
  output: readonly Dimension[],
  target: LearningSet['target'],
): LearningSet {
  return {
    name: 'noise',
    split: 'train',
    count: 100,
    target,
    classes: [],
    batch: ({ length }) => {
      const inputs = graph.inputs.map(({ name, dtype, shape }, index) => {
        const extents = withBatch(shape, length);
        const tensor: Tensor =
          dtype === 'int64' || dtype === 'int32'
            ? integers(extents, TOKENS)
            : normal(index, extents);
        return [name, tensor] as const;
      });
      const whole = withBatch(output, length);
      const isPooled = whole.length > 3 && whole.slice(2).every((extent) => extent === 1);
      const extents = isPooled && target === 'class' ? whole.slice(0, 2) : whole;
      const classes = extents[extents.length - 1];
      return {
        inputs: Object.fromEntries(inputs),
        target:
          target === 'class'
            ? integers(extents.slice(0, -1), Math.min(classes, TOKENS))
            : normal(99, extents),
      };
    },
  };
}
