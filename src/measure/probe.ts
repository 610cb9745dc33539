import { encodeModel, modelOf, type Graph, type Values } from '../graph/index.ts';
import { instrument, liftable, openSession } from '../runtime/index.ts';
import { isFloat, type LazyTensor, type Tensor } from '../tensor/index.ts';
import type { Feeds } from './inputs.ts';

/** A graph that is loaded once and run with one draw of the weights after another. */
export interface Probe {
  /** Runs on weights (those not named stay as stored) and inputs; gives the outputs, or those in `fetches`, by name. */
  readonly run: (
    weights: Values,
    feeds: Feeds,
    fetches?: readonly string[],
  ) => Promise<Readonly<Record<string, Tensor>>>;
  readonly close: () => Promise<void>;
}

/** How a probe is opened. */
export interface ProbeOptions {
  /** What errors call the network. */
  readonly name?: string;
  readonly threads?: number;
  /** Values whose shapes are outputs too, named as `shapeOutput` says. */
  readonly shapes?: readonly string[];
}

const read = (value: LazyTensor | Tensor): Tensor => ('data' in value ? value : value.read());

/**
 * Loads a graph, such as a derivative, for runs with different weights: its stored float tensors become
 * inputs, so that nothing is encoded or compiled twice and the memory of the weights is that of the caller.
 * A lazy value is read at every run; what is stored is read when a run does not name it, and kept. Close it to
 * give its memory back.
 */
export async function openProbe(graph: Graph, options: ProbeOptions = {}): Promise<Probe> {
  const { shapes = [], name, threads } = options;
  const model = modelOf(graph);
  const lifted = new Map([...liftable(model)].filter(([, { dtype }]) => isFloat(dtype)));
  const outputs = graph.outputs.map((output) => output.name);
  const bytes = encodeModel(instrument(model, { outputs, shapes, lifted }));
  const session = await openSession(bytes, {
    optimisation: 'basic',
    keepsMemory: true,
    ...(name === undefined ? {} : { name }),
    ...(threads === undefined ? {} : { threads }),
  });
  const stored = new Map<string, Tensor>();
  const storedTensor = (key: string, value: LazyTensor): Tensor => {
    const tensor = stored.get(key) ?? read(value);
    stored.set(key, tensor);
    return tensor;
  };
  return {
    run: (weights, feeds, fetches) => {
      const values = [...lifted].map(([key, constant]) => {
        const given = weights.get(key);
        return [key, given === undefined ? storedTensor(key, constant) : read(given)];
      });
      return session.run({ ...Object.fromEntries(values), ...feeds }, fetches);
    },
    close: session.close,
  };
}
