import { gradient, gradientName, upgraded, withDirectOutputs } from '../autodiff/index.ts';
import { builder, type Graph, type ValueInfo } from '../graph/index.ts';
import { clipByGlobalNorm, globalNorm, type Optimizer } from '../optim/index.ts';
import type { Loss } from './loss.ts';

/** A parameter that is trained. */
export interface Trained {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A stored tensor that a step moves without a gradient, such as a running mean. */
export interface Carried extends Trained {
  /** The value of the graph that takes its place after the step. */
  readonly next: string;
}

/** How a step is written. */
export interface StepOptions {
  /** The output that the loss is of. */
  readonly output: string;
  /** Extent of its last axis. */
  readonly classes: number;
  readonly loss: Omit<Loss, 'each'>;
  readonly optimizer: Optimizer;
  /** Most that the global norm of the gradients may be; no limit if not given. */
  readonly clip?: number;
  /** What a step moves besides the parameters. */
  readonly running?: readonly Carried[];
}

/** The operator set from which on the operators that losses are made of have today's form. */
const LOSS_OPSET = 13;

/** A graph in an operator set that a loss can be written in, with all that it gives and the values `keep`. */
export function readyForLoss(graph: Graph, keep: readonly ValueInfo[] = []): Graph {
  if ((graph.opsets[''] ?? 0) >= LOSS_OPSET) return graph;
  return upgraded({ ...graph, outputs: [...graph.outputs, ...keep] });
}

/** A graph with the loss of one of its outputs. */
function withLoss(graph: Graph, { output, classes, loss }: StepOptions): Graph {
  const b = builder(graph.name, { ...graph, outputs: [] });
  const shape = graph.outputs.find(({ name }) => name === output)?.shape ?? null;
  const extents = shape ?? ['batch', classes];
  const target =
    loss.target === 'class'
      ? b.input('target', 'int64', extents.slice(0, -1))
      : b.input('target', 'float32', extents);
  b.output('loss', loss.build(b, output, target, classes), 'float32', []);
  if (loss.target === 'class') {
    const found = b.node('right/found', 'ArgMax', [output], { axis: -1, keepdims: 0 });
    const right = b.node('right/equal', 'Equal', [found, target]);
    const ones = b.node('right/cast', 'Cast', [right], { to: 1 });
    b.output(
      'accuracy',
      b.node('right/mean', 'ReduceMean', [ones], { keepdims: 0 }),
      'float32',
      [],
    );
  }
  return b.build();
}

/** What a state of an optimizer is called. */
export function stateName(slot: string, parameter: string): string {
  return `${slot}(${parameter})`;
}

/** What the value of a tensor after the step is called. */
export function nextName(name: string): string {
  return `next(${name})`;
}

/**
 * One step of training as a graph. In: the inputs of the network, `target`, the trained parameters, what runs along
 * (`running`), the state of the optimizer, `learning_rate` and `step`; out: `loss`, `accuracy` (for classes),
 * `gradient_norm`, and the carried tensors after the step. Parameters that the loss does not depend on stay as stored.
 */
export function stepGraph(
  graph: Graph,
  parameters: readonly Trained[],
  options: StepOptions,
): Graph {
  const { optimizer, clip, running = [] } = options;
  const moving = running.map(
    ({ next, shape }) => ({ name: next, dtype: 'float32', shape }) as const,
  );
  const losing = withLoss(readyForLoss(graph, moving), options);
  const metrics = losing.outputs.map(({ name }) => name);
  const keep = [...metrics, ...running.map(({ next }) => next)];
  const slopes = gradient(losing, {
    of: ['loss'],
    withRespectTo: parameters.map(({ name }) => name),
    keep,
    loss: 'sum',
    whereDependent: true,
  });
  const made = new Set(slopes.outputs.map(({ name }) => name));
  const trained = parameters.filter(({ name }) => made.has(gradientName(name)));
  if (trained.length === 0) {
    throw new RangeError(
      `${graph.name}: the loss of ${options.output} must depend on a parameter, got none of ${parameters.length}`,
    );
  }
  const names = trained.map(({ name }) => name);
  const carried = [...trained, ...running];
  const moved = new Set(carried.map(({ name }) => name));
  const constants = new Map([...slopes.constants].filter(([name]) => !moved.has(name)));
  const outputs = slopes.outputs.filter(({ name }) => metrics.includes(name));
  const inputs = [
    ...slopes.inputs,
    ...carried.map(({ name, shape }) => ({ name, dtype: 'float32' as const, shape })),
  ];
  const b = builder(graph.name, { ...slopes, inputs, outputs, constants });
  const learningRate = b.input('learning_rate', 'float32', []);
  const step = b.input('step', 'float64', []);
  const raw = names.map((name) => gradientName(name));
  const clipped =
    clip === undefined
      ? { gradients: raw, norm: globalNorm(b, raw) }
      : clipByGlobalNorm(b, raw, clip);
  b.output('gradient_norm', clipped.norm, 'float32', []);
  const update = optimizer.update(b, { learningRate, step });
  trained.forEach(({ name, shape }, index) => {
    const kept = optimizer.state.map((slot) => b.input(stateName(slot, name), 'float32', shape));
    const updated = update({
      name,
      parameter: name,
      gradient: clipped.gradients[index],
      state: kept,
    });
    b.output(nextName(name), updated.parameter, 'float32', shape);
    updated.state.forEach((value, at) => b.output(nextName(kept[at]), value, 'float32', shape));
  });
  for (const { name, shape, next } of running) b.output(nextName(name), next, 'float32', shape);
  return withDirectOutputs(b.build());
}
