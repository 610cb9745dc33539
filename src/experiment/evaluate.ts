import type { LearningSet } from '../data/index.ts';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { exampleCount } from '../measure/index.ts';
import { openSession, type SessionOptions } from '../runtime/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { readyForLoss } from '../train/index.ts';
import type { Objective } from './objective.ts';
import { tensorsOf } from './stack.ts';
import type { Evaluation } from './training.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Numbers of input that a batch of an evaluation has at most, unless one example has more. */
const MOST_NUMBERS = 2 ** 20;
/** Examples that a batch of an evaluation has at most. */
const MOST_EXAMPLES = 250;

/** The network in inference with the loss of every target, and for classes which are right; `names` become inputs. */
function evaluationGraph(
  { graph, output, classes, loss }: Objective,
  names: readonly string[],
): Graph {
  const constants = new Map(graph.constants);
  const inputs = names.map((name) => {
    const { dtype, shape } = constants.get(name) ?? { dtype: null, shape: null };
    constants.delete(name);
    return { name, dtype, shape };
  });
  const open = readyForLoss({ ...graph, inputs: [...graph.inputs, ...inputs], constants });
  const b = builder(graph.name, { ...open, outputs: [] });
  const shape = graph.outputs[0].shape ?? ['batch', classes];
  if (loss.target === 'values') {
    const target = b.input('target', 'float32', shape);
    b.output('losses', loss.each(b, output, target, classes), 'float32', shape);
    return b.build();
  }
  const places = shape.slice(0, -1);
  const target = b.input('target', 'int64', places);
  b.output('losses', loss.each(b, output, target, classes), 'float32', places);
  const found = b.node('right/found', 'ArgMax', [output], { axis: -1, keepdims: 0 });
  const right = b.node('right/equal', 'Equal', [found, target]);
  b.output('right', right, 'bool', places);
  return b.build();
}

/** Loss and accuracy of a network in inference. It holds memory until it is closed. */
export interface Evaluator {
  /** `values`: the tensors that are inputs. The examples are those from the first on, `most` at most. */
  readonly run: (values: Tensors, set: LearningSet, most?: number) => Promise<Evaluation>;
  readonly close: () => Promise<void>;
}

/** The extent that a network fixes for its batches, `null` where it leaves it open. */
export function fixedBatch(graph: Graph): number | null {
  const shapes = graph.inputs.map(({ name, dtype, shape }): readonly [string, Tensor] => {
    const extents = (shape ?? [null]).map((extent) => (typeof extent === 'number' ? extent : -1));
    return [name, { dtype: dtype ?? 'float32', shape: extents, data: new Float32Array(0) }];
  });
  const count = exampleCount(graph, Object.fromEntries(shapes));
  return count > 0 ? count : null;
}

function sum(values: ArrayLike<number | bigint>, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += Number(values[i]);
  return total;
}

/** Indices from `start` on, the first of them again behind the last if there must be more. */
function indicesFrom(start: number, count: number, size: number): Uint32Array {
  return Uint32Array.from({ length: size }, (_, index) => start + (index < count ? index : 0));
}

/**
 * Loads a network for evaluations, with the tensors of these names as inputs. The batches of an evaluation have a size of
 * their own, which depends on the set alone.
 */
export async function openEvaluator(
  where: string,
  objective: Objective,
  names: readonly string[],
  engine: SessionOptions,
): Promise<Evaluator> {
  const graph = evaluationGraph(objective, names);
  const session = await openSession(encodeModel(modelOf(graph)), {
    optimisation: 'basic',
    keepsMemory: true,
    ...engine,
  });
  const fixed = fixedBatch(objective.graph);
  const isClass = objective.loss.target === 'class';

  const sizeFor = (set: LearningSet): number => {
    if (fixed !== null) return fixed;
    const one = tensorsOf(set.batch(Uint32Array.of(0), null), where, objective);
    const numbers = Object.values(one).reduce((total, { shape }) => total + sizeOf(shape), 0);
    return Math.max(1, Math.min(MOST_EXAMPLES, Math.floor(MOST_NUMBERS / numbers)));
  };

  return {
    run: async (values, set, most = set.count) => {
      const count = Math.min(most, set.count);
      const size = sizeFor(set);
      let [loss, right, targets] = [0, 0, 0];
      for (let start = 0; start < count; start += size) {
        const own = Math.min(size, count - start);
        const indices = indicesFrom(start, own, fixed ?? own);
        const feeds = tensorsOf(set.batch(indices, null), where, objective);
        const found = await session.run({ ...values, ...feeds });
        const { data } = found['losses'];
        const each = (data.length / indices.length) * own;
        loss += sum(data, each);
        targets += each;
        if (isClass) right += sum(found['right'].data, each);
      }
      return { examples: count, loss: loss / targets, accuracy: isClass ? right / targets : null };
    },
    close: session.close,
  };
}
