import { withProducts } from '../autodiff/index.ts';
import type { Graph, Values } from '../graph/index.ts';
import { channelBlock } from '../runtime/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { inBlocks, rolesOf, stepGraph, stepMemory, unstackValues } from '../train/index.ts';
import { openEvaluator } from './evaluate.ts';
import { manySteps } from './many-steps.ts';
import { prepared } from './prepare.ts';
import { grouping } from './stack.ts';
import type { StepMetrics, Subject, Trainer, TrainerOptions } from './training.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Most bytes of examples that one run of the engine is fed. */
const MOST_BYTES = 2 ** 27;

/** What a step changes, at step zero: the weights, and zeros for the optimizer. */
function startOf(step: Graph, graph: Graph): Tensors {
  const { carried } = rolesOf(step);
  const shapes = new Map(step.inputs.map(({ name, shape }) => [name, shape ?? []]));
  return Object.fromEntries(
    carried.map((name) => {
      const stored = graph.constants.get(name);
      if (stored !== undefined) return [name, stored.read()] as const;
      const shape = (shapes.get(name) ?? []).map(Number);
      const zeros: Tensor = { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) };
      return [name, zeros] as const;
    }),
  );
}

/** `RangeError` unless a state has the tensors of another one, in their shapes. */
function checkState(where: string, state: Tensors, now: Tensors): void {
  const wrong = (what: string): RangeError =>
    new RangeError(`${where}: the state must be of this network and optimizer, got ${what}`);
  for (const name of Object.keys(state)) {
    if (!Object.hasOwn(now, name)) throw wrong(`${name}, which neither has`);
  }
  for (const [name, { dtype, shape }] of Object.entries(now)) {
    if (!Object.hasOwn(state, name)) throw wrong(`none of ${name}`);
    const found = `${state[name].dtype} [${state[name].shape.join(',')}]`;
    const expected = `${dtype} [${shape.join(',')}]`;
    if (found !== expected) throw wrong(`${name} as ${found} in place of ${expected}`);
  }
}

/**
 * Compiles the training of a network: loss, gradient and optimizer as one graph, of which onnxruntime takes many steps in
 * one run. Close it to give its memory back. `RangeError` for networks that cannot be trained: no float32
 * parameters, operators without a derivative, an output that the loss does not fit; and for a device that is not there.
 */
export async function openTrainer(subject: Subject, options: TrainerOptions): Promise<Trainer> {
  const { name: where } = subject;
  const { optimizer, clip, threads, device, checkpointEvery, profile } = options;
  const { objective, training, rolled, parameters, count, notes } = prepared(
    subject,
    checkpointEvery ?? null,
  );
  const block = device === undefined || device === 'cpu' ? await channelBlock() : 1;
  const written = stepGraph(training.graph, parameters, {
    output: objective.output,
    classes: objective.classes,
    loss: objective.loss,
    optimizer,
    running: training.running,
    ...(clip === undefined ? {} : { clip }),
  });
  // What is in no whole blocks of channels is faster as products, where images are small.
  const step = withProducts(inBlocks(written, block));
  const { carried } = rolesOf(step);
  let now = startOf(step, objective.graph);
  const isCarried = new Set(carried);
  const names = [...parameters, ...training.running]
    .map(({ name }) => name)
    .filter((name) => isCarried.has(name));
  const engine = {
    name: where,
    ...(threads === undefined ? {} : { threads }),
    ...(device === undefined ? {} : { device }),
  };
  // Said of the step as it was written: what lies in blocks has types that are not known.
  const bytesOf = (batch: number): number => stepMemory(written, batch).bytes;
  const timed = profile === undefined ? engine : { ...engine, profile };
  const many = manySteps(step, timed, bytesOf);
  const evaluator = await openEvaluator(where, objective, names, engine);
  const groups = grouping({ where, objective, mostBytes: MOST_BYTES });
  const weights = (): Values =>
    unstackValues(rolled, new Map(names.map((name) => [name, now[name]])));

  return {
    notes,
    cost: (batch) => ({
      parameters: count,
      rolledLayers: rolled.layers,
      bytes: bytesOf(batch),
    }),
    steps: async (set, picks, first) => {
      const metrics: StepMetrics[] = [];
      for (const group of groups(set, picks)) {
        const made = await many.run(now, group, first + metrics.length);
        metrics.push(...made.metrics);
        now = made.state;
        if (!made.isFinite) break;
      }
      return metrics;
    },
    evaluate: (set, most) => {
      const values = Object.fromEntries(names.map((name) => [name, now[name]] as const));
      return evaluator.run(values, set, most);
    },
    weights,
    state: () => now,
    restore: (state) => {
      checkState(where, state, now);
      now = state;
    },
    close: async () => {
      await many.close();
      await evaluator.close();
    },
  };
}
