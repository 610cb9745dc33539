import type { Options } from '../../init/index.ts';
import type { Network, ParameterInfo } from '../../network/index.ts';
import type { Advice } from '../rules/index.ts';

/** A scheme that is planned over a whole network; what each tensor gets is a scheme of `init/`. */
export interface NetworkScheme {
  /** The name in `--scheme`, e.g. `fixup`. */
  readonly name: string;
  readonly formula: string;
  /** When to use it, in one sentence. */
  readonly use: string;
  /** Paper and equation, with arXiv number where there is one. */
  readonly reference: string;
  /** Every option with its default. An option that is not here is an error. */
  readonly options: Options;
  /** The words that an option may have, for options that are words. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  /**
   * What every parameter gets, with the reason; `null` leaves a parameter to the rules of `advise`.
   * `options` is complete. Throws `RangeError` with one sentence where the scheme does not apply to
   * this network, as `fixup: the network must have residual branches, got none`.
   */
  readonly plan: (
    network: Network,
    options: Options,
  ) => (parameter: ParameterInfo) => Advice | null;
}
