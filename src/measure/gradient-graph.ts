import { gradientName, vjp } from '../autodiff/index.ts';
import type { Graph, ValueInfo } from '../graph/index.ts';
import { fillNormal, fold, key, type Key } from '../random/index.ts';
import { castTo, isFloat, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Shapes } from './examples.ts';
import type { Feeds } from './inputs.ts';
import { sumOfSquares } from './moments.ts';

/** A graph that gives values and gradients, and under which names. */
export interface Measurable {
  readonly graph: Graph;
  /** Outputs by the values that they are. */
  readonly values: ReadonlyMap<string, string>;
  /** Outputs by the values and stored tensors that they are gradients of. */
  readonly gradients: ReadonlyMap<string, string>;
  /** The inputs for cotangents, with the values that they are of. */
  readonly cotangents: readonly { readonly of: string; readonly input: ValueInfo }[];
}

/** The graph with these values as its outputs. */
export function forwardOnly(graph: Graph, values: readonly string[]): Measurable {
  const outputs = values.map(
    (name) => graph.values.get(name) ?? { name, dtype: null, shape: null },
  );
  return {
    graph: { ...graph, outputs },
    values: new Map(values.map((name) => [name, name])),
    gradients: new Map(),
    cotangents: [],
  };
}

/**
 * The graph that gives values and the gradients with respect to those of `withRespectTo` that `of` depends on.
 * Errors as `vjp`.
 */
export function withGradients(
  graph: Graph,
  of: readonly string[],
  values: readonly string[],
  withRespectTo: readonly string[],
): Measurable {
  const product = vjp(graph, { of, keep: values, withRespectTo, whereDependent: true });
  const made = new Set(product.outputs.slice(values.length).map(({ name }) => name));
  return {
    graph: product,
    values: new Map(values.map((name, index) => [name, product.outputs[index].name])),
    gradients: new Map(
      withRespectTo
        .map((name) => [name, gradientName(name)] as const)
        .filter(([, gradient]) => made.has(gradient)),
    ),
    // A graph that is a derivative itself may have such names, so they are told by their place.
    cotangents: product.inputs
      .slice(graph.inputs.length)
      .map((input, index) => ({ of: [...new Set(of)][index], input })),
  };
}

/** The stream of the cotangents of a draw and batch. */
export function cotangentKey(seed: number, draw: number, batch: number): Key {
  return fold(key(seed), `cotangent/${draw}/${batch}`);
}

/**
 * Cotangents by the names of the inputs that they are for: N(0, 1), scaled to a second moment of exactly 1 over
 * each value, so that gradients are relative to them and their chance is that of a direction alone.
 */
export function cotangentsOf(
  { cotangents }: Measurable,
  shapes: Shapes,
  from: Key,
  usual: FloatDType,
): Feeds {
  const feeds: Record<string, Tensor> = {};
  for (const { of, input } of cotangents) {
    const shape = shapes.get(of) ?? [];
    const values = new Float64Array(sizeOf(shape));
    fillNormal(fold(from, of), values, 0, 1);
    const scale = Math.sqrt(values.length / sumOfSquares(values));
    for (let i = 0; i < values.length; i++) values[i] *= scale;
    const own = input.dtype !== null && isFloat(input.dtype) ? input.dtype : usual;
    feeds[input.name] = { dtype: own, shape, data: castTo(own, values) };
  }
  return feeds;
}
