import type { Options } from '../init/index.ts';
import type { Role } from '../network/index.ts';

/** What one parameter gets and why. Numbers that do not exist (a bound of a normal) are `null`. */
export interface PlanEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  readonly fanIn: number | null;
  readonly fanOut: number | null;
  /** The activation that follows the layer, e.g. `relu` or `leaky_relu:0.2`; `null` for none. */
  readonly activation: string | null;
  /** The name of the scheme, or `keep` where the stored values stay. */
  readonly scheme: string;
  readonly options: Options;
  /** Standard deviation of one element. */
  readonly std: number | null;
  /** Bound of the uniform distribution with the same standard deviation, `√3 std`. */
  readonly bound: number | null;
  /** One or two sentences with the number behind them. */
  readonly reason: string;
  readonly reference: string | null;
}

/** Initial weights for a whole network, as data. */
export interface Plan {
  readonly version: 1;
  readonly model: string;
  readonly seed: number;
  readonly parameters: readonly PlanEntry[];
  /** Answer to "why not N(0, 0.01²) or 1/√n?" with this network's numbers. */
  readonly whyNot: string;
}
