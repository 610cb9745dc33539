import type { LearningSet } from '../data/index.ts';
import { encodeModel, modelOf, type Values } from '../graph/index.ts';
import { openSession, type Session } from '../runtime/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { rolesOf, stackName, stateName, stepGraph, stepsGraph } from '../train/index.ts';
import { openEvaluator } from './evaluate.ts';
import { objectiveOf } from './objective.ts';
import { inTraining } from './running.ts';
import { stackBatches } from './stack.ts';
import { trainedParameters } from './trained.ts';
import type { StepMetrics, StepPick, Subject, Trainer, TrainerOptions } from './training.ts';

type Tensors = Readonly<Record<string, Tensor>>;

const zeros = (shape: readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(sizeOf(shape)),
});

const scalar = (value: number): Tensor => ({
  dtype: 'float64',
  shape: [],
  data: Float64Array.of(value),
});

/** The graph with other values of its stored tensors. */
function withWeights(graph: Subject['graph'], weights: Values): Subject['graph'] {
  const constants = [...graph.constants].map(([name, constant]) => {
    const value = weights.get(name);
    if (value === undefined) return [name, constant] as const;
    const read = (): Tensor => ('data' in value ? value : value.read());
    return [name, { ...constant, read }] as const;
  });
  return { ...graph, constants: new Map(constants) };
}

/**
 * Compiles the training of a network: loss, gradient and optimizer as one graph, which onnxruntime runs many times in
 * one go. Close it to give its memory back. `RangeError` for networks that cannot be trained: no float32
 * parameters, operators without a derivative, an output that the loss does not fit.
 */
export async function openTrainer(subject: Subject, options: TrainerOptions): Promise<Trainer> {
  const graph = withWeights(subject.graph, subject.weights);
  const parameters = trainedParameters(subject.name, graph, subject.network);
  const objective = objectiveOf({ ...subject, graph });
  const training = inTraining(objective.graph);
  const { optimizer, clip, threads } = options;
  const step = stepGraph(training.graph, parameters, {
    output: objective.output,
    classes: objective.classes,
    loss: objective.loss,
    optimizer,
    running: training.running,
    ...(clip === undefined ? {} : { clip }),
  });
  const { carried } = rolesOf(step);
  const session = await openSession(encodeModel(modelOf(stepsGraph(step))), {
    name: subject.name,
    keepsMemory: true,
    ...(threads === undefined ? {} : { threads }),
  });
  const evaluator = await openEvaluator(subject.name, objective, threads);
  const networkNames = [...parameters, ...training.running].map(({ name }) => name);
  const stored = (name: string): Tensor => {
    const constant = graph.constants.get(name);
    if (constant === undefined) throw new RangeError(`${name}: must be stored, got none`);
    return constant.read();
  };
  const start = (): Tensors => ({
    ...Object.fromEntries(networkNames.map((name) => [name, stored(name)])),
    ...Object.fromEntries(
      parameters.flatMap(({ name, shape }) =>
        optimizer.state.map((slot) => [stateName(slot, name), zeros(shape)] as const),
      ),
    ),
  });
  let now = start();
  const weights = (): Values => new Map(networkNames.map((name) => [name, now[name]]));

  return {
    cost: () => ({
      parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      rolledLayers: 0,
      bytes: 0,
    }),
    steps: async (set, picks, first) => {
      const made = await manySteps(session, now, set, picks, first);
      now = Object.fromEntries(carried.map((name) => [name, made[`next(${name})`]]));
      return metricsOf(made, picks, first);
    },
    evaluate: (set, most) => evaluator.run(weights(), set, most),
    weights,
    state: () => now,
    restore: (state) => {
      now = state;
    },
    close: async () => {
      await session.close();
      await evaluator.close();
    },
  };
}

function manySteps(
  session: Session,
  state: Tensors,
  set: LearningSet,
  picks: readonly StepPick[],
  first: number,
): Promise<Tensors> {
  const batches = picks.map(({ indices, key }) => set.batch(indices, key ?? null));
  return session.run({
    ...state,
    ...stackBatches(batches),
    [stackName('learning_rate')]: {
      dtype: 'float32',
      shape: [picks.length],
      data: Float32Array.from(picks, ({ learningRate }) => learningRate),
    },
    steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(picks.length)) },
    first_step: scalar(first),
  });
}

function metricsOf(made: Tensors, picks: readonly StepPick[], first: number): StepMetrics[] {
  return picks.map(({ learningRate }, index) => ({
    step: first + index,
    loss: Number(made['loss'].data[index]),
    accuracy: 'accuracy' in made ? Number(made['accuracy'].data[index]) : null,
    gradientNorm: Number(made['gradient_norm'].data[index]),
    learningRate,
  }));
}
