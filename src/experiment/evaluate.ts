import { builder, type Graph, type Values } from '../graph/index.ts';
import type { LearningSet } from '../data/index.ts';
import { openProbe } from '../measure/index.ts';
import { readyForLoss } from '../train/index.ts';
import type { Objective } from './objective.ts';
import { tensorsOf } from './stack.ts';
import type { Evaluation } from './training.ts';

/** Numbers of input that a batch of an evaluation has at most, unless one example has more. */
const MOST_NUMBERS = 2 ** 22;
/** Examples that a batch of an evaluation has at most. */
const MOST_EXAMPLES = 500;

/** The network with the loss of every target, and for classes which are right. */
function evaluationGraph({ graph, output, classes, loss }: Objective): Graph {
  const b = builder(graph.name, { ...readyForLoss(graph), outputs: [] });
  const shape = graph.outputs[0].shape ?? ['batch', classes];
  const isClass = loss.target === 'class';
  const target = isClass
    ? b.input('target', 'int64', shape.slice(0, -1))
    : b.input('target', 'float32', shape);
  const each = loss.each(b, output, target, classes);
  b.output('losses', each, 'float32', isClass ? shape.slice(0, -1) : shape);
  if (isClass) {
    const found = b.node('right/found', 'ArgMax', [output], { axis: -1, keepdims: 0 });
    const right = b.node('right/equal', 'Equal', [found, target]);
    b.output(
      'right',
      b.node('right/cast', 'Cast', [right], { to: 1 }),
      'float32',
      shape.slice(0, -1),
    );
  }
  return b.build();
}

/** Loss and accuracy of a network in inference. It holds memory until it is closed. */
export interface Evaluator {
  readonly run: (weights: Values, set: LearningSet, most?: number) => Promise<Evaluation>;
  readonly close: () => Promise<void>;
}

/** The extent that the network fixes for its batches, `null` where it leaves it open. */
export function fixedBatch(graph: Graph): number | null {
  const extents = graph.inputs.map(({ shape }) => shape?.[0]);
  return extents.find((extent) => typeof extent === 'number') ?? null;
}

function sum(values: ArrayLike<number | bigint>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Number(values[i]);
  return total;
}

/** Loads a network for evaluations, with the weights as inputs. */
export async function openEvaluator(
  name: string,
  objective: Objective,
  threads?: number,
): Promise<Evaluator> {
  const probe = await openProbe(evaluationGraph(objective), {
    name,
    ...(threads === undefined ? {} : { threads }),
  });
  const isClass = objective.loss.target === 'class';
  return {
    run: async (weights, set, most = set.count) => {
      const count = Math.min(most, set.count);
      const first = tensorsOf(set.batch(Uint32Array.of(0), null));
      const numbers = Object.values(first).reduce((size, { data }) => size + data.length, 0);
      const size = Math.max(1, Math.min(MOST_EXAMPLES, Math.floor(MOST_NUMBERS / numbers)));
      let [loss, right, targets] = [0, 0, 0];
      for (let start = 0; start < count; start += size) {
        const indices = Uint32Array.from(
          { length: Math.min(size, count - start) },
          (_, index) => start + index,
        );
        const found = await probe.run(weights, tensorsOf(set.batch(indices, null)));
        loss += sum(found['losses'].data);
        targets += found['losses'].data.length;
        if (isClass) right += sum(found['right'].data);
      }
      return {
        examples: count,
        loss: loss / targets,
        accuracy: isClass ? right / targets : null,
      };
    },
    close: probe.close,
  };
}
