import { encodeModel, modelOf, type Graph } from '../src/graph/index.ts';
import { sgd } from '../src/optim/index.ts';
import { openSession } from '../src/runtime/index.ts';
import type { Tensor } from '../src/tensor/index.ts';
import {
  nextName,
  rolesOf,
  stackName,
  stepGraph,
  stepsGraph,
  type StepOptions,
  type Trained,
} from '../src/train/index.ts';

/** Trained tensors by name. */
export type Weights = Readonly<Record<string, Tensor>>;

/** Steps of plain gradient descent, compiled once for any weights and learning rates. */
export interface Steps {
  /** Takes `count` steps from these weights; `fresh` has the inputs and targets of all, stacked. */
  readonly take: (
    weights: Weights,
    fresh: Readonly<Record<string, Tensor>>,
    count: number,
    learningRate: number,
  ) => Promise<{
    readonly weights: Weights;
    readonly metrics: Readonly<Record<string, ArrayLike<number>>>;
  }>;
  readonly close: () => Promise<void>;
}

/** What is trained, and the loss of its first output. */
export interface Task {
  readonly graph: Graph;
  readonly parameters: readonly Trained[];
  readonly classes: number;
  readonly loss: StepOptions['loss'];
}

/** Compiles steps of gradient descent, on one thread. */
export async function openSteps({ graph, parameters, classes, loss }: Task): Promise<Steps> {
  const output = graph.outputs[0].name;
  const step = stepGraph(graph, parameters, { output, classes, loss, optimizer: sgd() });
  const { metrics: metricNames } = rolesOf(step);
  const session = await openSession(encodeModel(modelOf(stepsGraph(step))), {
    name: graph.name,
    optimisation: 'basic',
    keepsMemory: true,
    threads: 1,
  });
  return {
    take: async (weights, fresh, count, learningRate) => {
      const stacked = Object.entries(fresh).map(([name, tensor]) => [stackName(name), tensor]);
      const rates = new Float32Array(count).fill(learningRate);
      const feeds: Record<string, Tensor> = {
        steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) },
        first_step: { dtype: 'float64', shape: [], data: Float64Array.of(1) },
        [stackName('learning_rate')]: { dtype: 'float32', shape: [count], data: rates },
        ...Object.fromEntries(stacked),
        ...weights,
      };
      const out = await session.run(feeds);
      return {
        weights: Object.fromEntries(parameters.map(({ name }) => [name, out[nextName(name)]])),
        metrics: Object.fromEntries(
          metricNames.map((name) => [name, out[name].data as Float32Array]),
        ),
      };
    },
    close: session.close,
  };
}
