import { acceptOptions, type Accepted, type Optioned, type Options } from '../../init/index.ts';
import type { Network, ParameterInfo } from '../../network/index.ts';
import type { Advice } from '../rules/index.ts';

/** What every parameter gets, with the reason; `null` leaves a parameter to the rules of `advise`. */
export type NetworkPlan = (parameter: ParameterInfo) => Advice | null;

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
  /** Whether it compares the widths of the network with those of another one, `--base`. */
  readonly comparesWidths: boolean;
  /** All options, those that are left out with their default; throws as `Scheme.accept` does. */
  readonly accept: (options: Options) => Options;
  /**
   * What every parameter gets. Throws what `accept` throws, and `RangeError` with one sentence where
   * the scheme does not apply to this network, as
   * `fixup: the network must have residual branches, got none`. `base` is for a scheme that compares
   * widths, which cannot do without.
   */
  readonly plan: (network: Network, options: Options, base?: Network) => NetworkPlan;
}

/** A network scheme as its file writes it; `defineNetworkScheme` makes a `NetworkScheme` of it. */
export interface NetworkDefinition<O extends Options>
  extends Optioned<O>, Pick<NetworkScheme, 'formula' | 'use' | 'reference'> {
  readonly comparesWidths?: boolean;
  readonly plan: (network: Network, options: Accepted<O>, base?: Network) => NetworkPlan;
}

/** Makes the record of a network scheme: options are completed and checked before they are used. */
export function defineNetworkScheme<const O extends Options>(
  definition: NetworkDefinition<O>,
): NetworkScheme {
  const { name, formula, use, reference, options, choices = {} } = definition;
  return {
    name,
    formula,
    use,
    reference,
    options,
    choices,
    comparesWidths: definition.comparesWidths ?? false,
    accept: (given) => ({ ...acceptOptions(definition, given) }),
    plan: (network, given, base) =>
      definition.plan(network, acceptOptions(definition, given), base),
  };
}
