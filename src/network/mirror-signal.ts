import type { Node } from '../graph/index.ts';
import type { Channels } from './channels.ts';
import type { ElementwiseMap } from './elementwise.ts';
import type { Layer } from './layer.ts';
import type { Pairs } from './pairs.ts';
import { isAffine } from './sites.ts';
import type { Wiring } from './wiring.ts';

/**
 * A value as a function of the network's inputs, once the weights are mirrored: linear in them, two
 * halves whose difference is linear, or neither, and why. `pairs` are the channels that are (of a linear
 * value, could be) each other's mirror image.
 */
export type Signal =
  | { readonly kind: 'linear'; readonly channels: Channels | null; readonly pairs: Pairs | null }
  | {
      readonly kind: 'halves';
      readonly channels: Channels;
      readonly pairs: Pairs;
      /** The difference of the halves over what went into the activation. */
      readonly slope: number;
    }
  | { readonly kind: 'lost'; readonly sentence: string };

/** A value that is not lost. */
export type Known = Exclude<Signal, { readonly kind: 'lost' }>;

/** A value whose halves are lost at a node, and why. */
export const lost = (node: Node, sentence: string): Signal => ({
  kind: 'lost',
  sentence: `what stands between layers must be linear or keep mirrored halves, got ${node.name} (${node.operator}), which ${sentence}`,
});

/** Everything found so far. */
export interface Walk {
  readonly wiring: Wiring;
  readonly maps: ReadonlyMap<string, ElementwiseMap>;
  readonly layerOf: ReadonlyMap<Node, Layer>;
  readonly signals: Map<string, Signal>;
}

/** What flows in, or what only rearranges it. */
export const INPUT: Signal = { kind: 'linear', channels: null, pairs: null };

/** What is known of a value. */
export function signalAt({ signals }: Walk, value: string): Signal {
  return signals.get(value) ?? INPUT;
}

/** A value whose halves are lost in a node that is not known to keep them. */
export const mixed = (node: Node, { kind }: Signal): Signal =>
  lost(
    node,
    kind === 'halves'
      ? 'does not keep the halves of its channels apart'
      : 'is not linear in its input',
  );

/**
 * The difference of `φ(x)` and `φ(-x)` over x from samples of φ, to nine digits; `null` where it is not linear
 * in x.
 */
export function oddSlope(samples: Float64Array): number | null {
  const odd = samples.map((value, i) => value - samples[samples.length - 1 - i]);
  const slope = Number((odd[odd.length - 1] / 8).toPrecision(9));
  return isAffine(odd) && Math.abs(slope) > 1e-6 ? slope : null;
}
