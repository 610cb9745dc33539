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
}

const read = (value: LazyTensor | Tensor): Tensor => ('data' in value ? value : value.read());

/**
 * Loads a graph, such as a derivative, for runs with different weights: its stored float tensors become
 * inputs, so that nothing is encoded or compiled twice. Close it to give its memory back.
 */
export async function openProbe(graph: Graph, options: ProbeOptions = {}): Promise<Probe> {
  const model = modelOf(graph);
  const lifted = new Map(
    [...liftable(model)].filter(
      ([, { dtype, source }]) => isFloat(dtype) && source !== 'constantOfShape',
    ),
  );
  const outputs = graph.outputs.map(({ name }) => name);
  const bytes = encodeModel(instrument(model, { outputs, lifted }));
  const session = await openSession(bytes, { optimisation: 'basic', ...options });
  const stored = new Map<string, Tensor>();
  const storedTensor = (name: string, value: LazyTensor): Tensor => {
    const tensor = stored.get(name) ?? read(value);
    stored.set(name, tensor);
    return tensor;
  };
  return {
    run: (weights, feeds, fetches) => {
      const values = [...lifted].map(([name, constant]) => {
        const given = weights.get(name);
        return [name, given === undefined ? storedTensor(name, constant) : read(given)];
      });
      return session.run({ ...Object.fromEntries(values), ...feeds }, fetches);
    },
    close: session.close,
  };
}
