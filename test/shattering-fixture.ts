import { modelOf, type Graph, type Values } from '../src/graph/index.ts';
import {
  measureShattering,
  type Ensemble,
  type ShatteringMeasurement,
  type ShatteringOptions,
} from '../src/measure/index.ts';
import { buildArchitecture } from '../src/network/index.ts';
import { fold, key, plainKernels, wasmKernels } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';

const kernels = wasmKernels() ?? plainKernels;

/** Weights N(0, 2 / inputs), those of the first layer N(0, 1 / inputs), and no biases. */
export function rectifiers(graph: Graph, seeds: number): Ensemble {
  const draw = (seed: number): Values => {
    const values = new Map<string, Tensor>();
    for (const { name, shape } of graph.constants.values()) {
      if (!name.endsWith('weight') || shape.length !== 2) continue;
      const data = new Float32Array(sizeOf(shape));
      const variance = (name === 'layers.0.weight' ? 1 : 2) / shape[1];
      kernels.normal(fold(key(seed), name), data, 0, Math.sqrt(variance));
      values.set(name, { dtype: 'float32', shape, data });
    }
    return values;
  };
  return { seeds: [...Array(seeds).keys()], draw };
}

/** The shattering of a named architecture with these weights, on one thread. */
export const measured = (
  spec: string,
  draws: number,
  options: ShatteringOptions = {},
): Promise<ShatteringMeasurement> => {
  const graph = buildArchitecture(spec);
  return measureShattering(modelOf(graph), rectifiers(graph, draws), { threads: 1, ...options });
};
