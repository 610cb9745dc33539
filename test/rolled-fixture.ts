import { gradient, gradientName } from '../src/autodiff/index.ts';
import { encodeModel, modelOf, type Graph, type Values } from '../src/graph/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { isFloat, sizeOf, type Tensor } from '../src/tensor/index.ts';
import { unstackValues, type Rolled } from '../src/train/index.ts';

/** Numbers between -1 and 1 without a rule. */
export function numbers(shape: readonly number[], salt = 0): Tensor<'float32'> {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    return 2 * (((i + 1 + 7 * salt) * Math.SQRT2) % 1) - 1;
  });
  return { dtype: 'float32', shape, data };
}

/** The graph with weights of order 1/√fan in place of the zeros that an architecture has. */
export function filled(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  let salt = 0;
  for (const [name, constant] of graph.constants) {
    const { dtype, shape } = constant;
    if (dtype !== 'float32' || shape.length < 2) continue;
    const scale = Math.sqrt((3 * shape[0]) / sizeOf(shape));
    const { data } = numbers(shape, salt++);
    const tensor: Tensor = { dtype, shape, data: data.map((value) => value * scale) };
    constants.set(name, { ...constant, read: () => tensor });
  }
  return { ...graph, constants };
}

/** Something for every input; extents that are not fixed are 2. */
export function feedsOf(graph: Graph): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const { name, dtype, shape } of graph.inputs) {
    const extents = (shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 2));
    const length = sizeOf(extents);
    const data = BigInt64Array.from({ length }, (_, index) => BigInt(index % 7));
    feeds[name] =
      dtype === 'int64' ? { dtype, shape: extents, data } : numbers(extents, name.length);
  }
  return feeds;
}

/** What onnxruntime makes of a graph. */
export async function outputsOf(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>> = feedsOf(graph),
): Promise<Readonly<Record<string, Tensor>>> {
  const session = await openSession(encodeModel(modelOf(graph)));
  const outputs = await session.run(feeds);
  await session.close();
  return outputs;
}

/** The gradients of half the sum of squares of the outputs, by the names of the network. */
export async function gradientsOf(rolled: Rolled): Promise<Values> {
  const { constants } = rolled.graph;
  const names = [...constants.values()].flatMap(({ name, dtype }) =>
    isFloat(dtype) ? [name] : [],
  );
  const graph = gradient(rolled.graph, { withRespectTo: names, whereDependent: true });
  const outputs = await outputsOf(graph);
  return unstackValues(rolled, new Map(Object.entries(outputs)), gradientName);
}

/** A network as it is. */
export const unrolled = (graph: Graph): Rolled => ({ graph, stacks: new Map(), layers: 0 });
