import type { Builder } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** Adds `min(max(x, low), high)` to a graph, with its limits as constants. */
export function buildClip(
  builder: Builder,
  name: string,
  x: string,
  low: number,
  high: number,
): string {
  const limits = [
    builder.constant(`${name}/min`, scalar(low)),
    builder.constant(`${name}/max`, scalar(high)),
  ];
  return builder.node(name, 'Clip', [x, ...limits]);
}

function scalar(value: number): Tensor {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
}
