import type { Network } from '../../network/index.ts';
import type { FloatDType, Tensor } from '../../tensor/index.ts';
import type { Options } from '../initializer.ts';

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
   * name; parameters that are not in the map stay as they are.
   */
  readonly build: (network: Network, seed: number) => ReadonlyMap<string, Tensor<FloatDType>>;
}
