import { closest } from 'fastest-levenshtein';
import type { Graph } from '../../graph/index.ts';
import { isFloat, sizeOf } from '../../tensor/index.ts';
import type { Architecture } from './architecture.ts';
import { cnn } from './cnn.ts';
import { linear } from './linear.ts';
import { mlp } from './mlp.ts';
import { gru, lstm, rnn } from './recurrent-network.ts';
import { resnet } from './resnet.ts';
import { parseText } from './text.ts';
import { transformer } from './transformer.ts';
import { vanilla } from './vanilla.ts';

/** Every named architecture. */
export const architectures: readonly Architecture[] = [
  mlp,
  linear,
  cnn,
  vanilla,
  resnet,
  rnn,
  gru,
  lstm,
  transformer,
];

/** Most numbers that the stored tensors of one network may have. */
const MOST_PARAMETERS = 2 ** 31;

/** Whether a text names an architecture: a known name, alone or with a colon behind it. */
export function isArchitecture(text: string): boolean {
  const [name] = text.split(':', 1);
  return architectures.some((architecture) => architecture.name === name);
}

/**
 * Builds the network that a text such as `mlp:784-512x10-10:relu` describes, with parameters 0 and
 * normalisation scales and variances 1. The input is named `input`, the output `output`, and the
 * extent of their first axis is `batch`. `RangeError` for an unknown name or a bad text.
 */
export function buildArchitecture(text: string): Graph {
  const spec = parseText(text);
  const architecture = architectures.find(({ name }) => name === spec.name);
  if (architecture === undefined) {
    const names = architectures.map(({ name }) => name);
    throw new RangeError(
      `architecture: name must be one of ${names.join(', ')} (nearest: ${closest(spec.name, names)}), got ${spec.name}`,
    );
  }
  const graph = architecture.build(spec);
  let parameters = 0;
  for (const { dtype, shape } of graph.constants.values()) {
    if (isFloat(dtype)) parameters += sizeOf(shape);
  }
  if (parameters > MOST_PARAMETERS) {
    throw new RangeError(
      `${spec.name}: parameters must number at most ${MOST_PARAMETERS}, got ${parameters}`,
    );
  }
  return graph;
}
