import { activation, type Activation } from '../../activation/index.ts';
import type { Builder } from '../../graph/index.ts';
import type { ArchitectureText, Words } from './text.ts';

/** What stands behind a layer: an activation, or the concatenated rectifier. */
export interface Phi {
  /** Channels that it makes of one: 2 for the concatenated rectifier, else 1. */
  readonly widening: 1 | 2;
  /** Applies it to `x` [batch, channels, …]. */
  readonly build: (b: Builder, name: string, x: string) => string;
}

/** The word for the concatenated rectifier. */
export const CRELU = 'crelu';

/**
 * The activation that the words name, or `[x₊; (-x)₊]` along the channels where they say `crelu`; `fallback` where they
 * name none. `RangeError` where they name both.
 *
 * Reference: Shang et al. 2016, arXiv:1603.05201
 */
export function phiOf(
  { name, text }: ArchitectureText,
  { flags, activation: named }: Words<string>,
  fallback: string,
): Phi {
  if (flags.has(CRELU) && named !== null) {
    throw new RangeError(`${name}: the activation must be given once, got ${text}`);
  }
  if (flags.has(CRELU)) return concatenatedRectifier;
  return plain(named ?? activation(fallback));
}

function plain({ build }: Activation): Phi {
  return { widening: 1, build };
}

const concatenatedRectifier: Phi = {
  widening: 2,
  build: (b, name, x) => {
    const positive = b.node(name, 'Relu', [x]);
    const negative = b.node(`${name}_negative`, 'Relu', [b.node(`${name}_minus`, 'Neg', [x])]);
    return b.node(`${name}_both`, 'Concat', [positive, negative], { axis: 1 });
  },
};
