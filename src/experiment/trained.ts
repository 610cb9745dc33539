import type { Graph } from '../graph/index.ts';
import type { Network, Role } from '../network/index.ts';
import type { Trained } from '../train/index.ts';

/** Roles of stored tensors that training leaves alone. */
const KEPT: ReadonlySet<Role> = new Set<Role>([
  'constant',
  'initial_state',
  'norm_mean',
  'norm_variance',
  'unused',
]);

/**
 * The stored tensors that training changes: weights and biases, scales and shifts, embeddings, slopes; no running
 * statistics, initial states and constants. `RangeError` for a network in another precision than float32, and for one that has none.
 */
export function trainedParameters(
  name: string,
  graph: Graph,
  network: Network,
): readonly Trained[] {
  const found = network.parameters.filter(
    ({ role, name: parameter }) => !KEPT.has(role) && graph.constants.has(parameter),
  );
  const other = found.find(({ dtype }) => dtype !== 'float32');
  if (other !== undefined) {
    throw new RangeError(
      `${name}: parameters must be float32 to be trained, got ${other.name}, which is ${other.dtype}`,
    );
  }
  if (found.length === 0) {
    throw new RangeError(`${name}: a network must have parameters to be trained, got none`);
  }
  return found.map(({ name: parameter, shape }) => ({ name: parameter, shape }));
}
