import type { Options } from '../init/index.ts';
import type { Role } from '../network/index.ts';

/** A scheme with the values of its options. */
export interface Choice {
  readonly scheme: string;
  readonly options: Options;
}

/** What a box of a parameter gets: one gate of a recurrent layer, one projection of attention. */
export interface PlannedBlock extends Choice {
  readonly name: string;
  readonly start: readonly number[];
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/** What one parameter gets and why. Numbers that do not exist are `null`. */
export interface PlanEntry extends Choice {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  readonly fanIn: number | null;
  readonly fanOut: number | null;
  /** The activation that follows the layer, e.g. `relu` or `leaky_relu:0.2`; `null` for none. */
  readonly activation: string | null;
  /** The activation that feeds the layer, which sets its gain. */
  readonly precededBy: string | null;
  /** Boxes that are drawn one by one, each from a stream of its own; empty if the tensor is one map. */
  readonly blocks: readonly PlannedBlock[];
  /** Standard deviation of one element; `null` where the stored values stay. */
  readonly std: number | null;
  /** Bound of the uniform distribution with the same standard deviation, `√3 std`. */
  readonly bound: number | null;
  /** One or two sentences with the number behind them. */
  readonly reason: string;
  readonly reference: string | null;
}

/** The scheme of an entry whose stored values stay as they are. */
export const KEEP = 'keep';

/** The scheme of a recurrent bias that is 1 on the forget gates and 0 elsewhere. */
export const FORGET_BIAS = 'forget_bias';

/** Initial weights for a whole network, as data. */
export interface Plan {
  readonly version: 1;
  readonly model: string;
  readonly seed: number;
  /** The framework whose draws these are, `torch@2.13`; left out where they are StepZero's own. */
  readonly as?: string;
  readonly parameters: readonly PlanEntry[];
  /** Answer to "why not N(0, 0.01²) or ±1/√n?" with this network's numbers. */
  readonly whyNot: string;
}
