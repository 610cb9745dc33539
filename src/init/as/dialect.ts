import type { Network } from '../../network/index.ts';
import type { FloatDType, Tensor } from '../../tensor/index.ts';
import type { Options } from '../initializer.ts';

/** How large the values of a function are; numbers that do not exist are `null`. */
export interface DialectSpread {
  /** Standard deviation of one element. */
  readonly std: number | null;
  /** Largest possible magnitude `|w - mean|` of one element. */
  readonly bound: number | null;
}

/** One function of a framework that makes one tensor, under StepZero's name for it. */
export interface DialectFunction {
  /** What it is called there, `torch.nn.init.kaiming_normal_`. */
  readonly call: string;
  /** Every option with its default, spelled as in the framework (`-` of the command line is `_` here). */
  readonly options: Options;
  /** The words that an option may have, for options that are words. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  /** How far from the framework's own values: 0 is equal to the last bit. */
  readonly tolerance: number;
  /**
   * The float32 values that the framework draws from this seed, of a shape in the framework's layout.
   * `options` is complete and of the types of the defaults. `RangeError` where the framework raises.
   */
  readonly draw: (seed: number, shape: readonly number[], options: Options) => Tensor<'float32'>;
  /** How large the values are, for options and a shape that `draw` takes; left out where it is not known. */
  readonly spread?: (shape: readonly number[], options: Options) => DialectSpread;
}

/** One function of a dialect, by StepZero's name, with all its options. */
export interface DialectChoice {
  readonly scheme: string;
  readonly options: Options;
}

/** What a framework gives one parameter of a network. */
export interface Built extends DialectSpread {
  /** What was called, with what it was given: `kaiming_uniform_(a=√5)`. */
  readonly call: string;
  /** Why, in one sentence. */
  readonly reason: string;
  readonly tensor: Tensor<FloatDType>;
}

/** How one framework, in one version, draws its weights. */
export interface Dialect {
  /** `torch@2.13`, `jax`, `keras-torch`. */
  readonly name: string;
  /** What is promised and what is not, in one sentence for `--help`. */
  readonly promise: string;
  /** By StepZero's scheme names. */
  readonly functions: Readonly<Record<string, DialectFunction>>;
  /**
   * The weights that the framework would give a whole network built under this seed, by parameter
   * name; parameters that are not in the map stay as they are. `RangeError` where the framework has no
   * such thing as building a network under a seed.
   */
  readonly build: (network: Network, seed: number) => ReadonlyMap<string, Built>;
  /**
   * The weights that the framework would give the parameters named in `choices`, one after another in
   * the order of construction and from one seed: of a network that was built first, or of its own.
   * Left out where the framework's functions share no generator.
   */
  readonly assign?: (
    network: Network,
    seed: number,
    choices: ReadonlyMap<string, DialectChoice>,
    buildsFirst: boolean,
  ) => ReadonlyMap<string, Built>;
}
