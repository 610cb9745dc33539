import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession, type Session, type SessionOptions } from '../runtime/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { nextName, rolesOf, stackName, stepsGraph } from '../train/index.ts';
import type { Group } from './stack.ts';
import type { StepMetrics, StepPick } from './training.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** What came of a group of steps. */
export interface Made {
  /** Up to the first step that was not finite, that one included. */
  readonly metrics: readonly StepMetrics[];
  /** What the steps have changed, before the one that was not finite if there is one. */
  readonly state: Tensors;
  readonly isFinite: boolean;
}

/** Many steps in one run of the engine. It holds memory until it is closed. */
export interface ManySteps {
  readonly run: (state: Tensors, group: Group, first: number) => Promise<Made>;
  readonly close: () => Promise<void>;
}

/** Whether the loss and the gradient of a step are numbers. */
export function isFiniteStep({ loss, gradientNorm }: StepMetrics): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradientNorm);
}

function metricsOf(
  made: Tensors,
  picks: readonly StepPick[],
  first: number,
  targets: number,
): StepMetrics[] {
  return picks.map(({ learningRate }, index) => ({
    step: first + index,
    loss: Number(made['loss'].data[index]),
    // A share of so many targets, which float32 holds with an error of much less than one of them.
    accuracy:
      'accuracy' in made
        ? Math.round(Number(made['accuracy'].data[index]) * targets) / targets
        : null,
    gradientNorm: Number(made['gradient_norm'].data[index]),
    learningRate,
  }));
}

const int64 = (value: number): Tensor => ({
  dtype: 'int64',
  shape: [],
  data: BigInt64Array.of(BigInt(value)),
});

/**
 * Bytes of a step up to which onnxruntime keeps its memory from node to node. That saves some percent of the time, up to a fifth,
 * and takes up to twice the memory.
 */
const MOST_KEPT = 2 ** 30;

/**
 * A step for runs of many, which takes about `bytesOf` a batch of that size. Loaded when first needed: one graph where every step
 * has its own examples, another where all have the same.
 */
export function manySteps(
  step: Graph,
  options: SessionOptions,
  bytesOf: (batch: number) => number,
): ManySteps {
  const { carried, fresh } = rolesOf(step);
  const examples = fresh.filter((name) => name !== 'learning_rate');
  const sessions = new Map<boolean, Session>();
  const sessionFor = async ({ isHeld, picks }: Group): Promise<Session> => {
    const open = sessions.get(isHeld);
    if (open !== undefined) return open;
    const graph = stepsGraph(step, isHeld ? examples : []);
    const keepsMemory = bytesOf(picks[0].indices.length) < MOST_KEPT;
    const session = await openSession(encodeModel(modelOf(graph)), { keepsMemory, ...options });
    sessions.set(isHeld, session);
    return session;
  };

  const run: ManySteps['run'] = async (state, group, first) => {
    const { picks, feeds, isHeld } = group;
    const session = await sessionFor(group);
    const made = await session.run({
      ...state,
      ...feeds,
      [stackName('learning_rate')]: {
        dtype: 'float32',
        shape: [picks.length],
        data: Float32Array.from(picks, ({ learningRate }) => learningRate),
      },
      steps: int64(picks.length),
      first_step: { dtype: 'float64', shape: [], data: Float64Array.of(first) },
    });
    const target = isHeld ? feeds['target'].shape : feeds[stackName('target')].shape.slice(1);
    const metrics = metricsOf(made, picks, first, sizeOf(target));
    const bad = metrics.findIndex((step) => !isFiniteStep(step));
    if (bad === -1) {
      const next = carried.map((name) => [name, made[nextName(name)]] as const);
      return { metrics, state: Object.fromEntries(next), isFinite: true };
    }
    // Taken again up to there, since a run tells the state after its last step alone.
    const kept = bad === 0 ? state : (await run(state, headOf(group, bad), first)).state;
    return { metrics: metrics.slice(0, bad + 1), state: kept, isFinite: false };
  };
  return {
    run,
    close: async () => {
      for (const session of sessions.values()) await session.close();
    },
  };
}

/** The first steps of a group. */
function headOf({ picks, feeds, isHeld }: Group, count: number): Group {
  const head = ({ dtype, shape, data }: Tensor): Tensor => ({
    dtype,
    shape: [count, ...shape.slice(1)],
    data: data.subarray(0, count * sizeOf(shape.slice(1))),
  });
  return {
    picks: picks.slice(0, count),
    feeds: isHeld
      ? feeds
      : Object.fromEntries(Object.entries(feeds).map(([name, all]) => [name, head(all)] as const)),
    isHeld,
  };
}
