import type { Role } from '../../../network/index.ts';
import type { Options } from '../../initializer.ts';
import type { DialectSpread } from '../dialect.ts';

/** What a layer does with one of its tensors by default, one of the dialect's functions. */
export interface LayerDefault {
  readonly scheme: string;
  readonly options: Options;
  /** Why, in one sentence. */
  readonly reason: string;
  /** How large the values are, where the function of that name does not say it. */
  readonly spread?: (shape: readonly number[]) => DialectSpread;
}

/** The default of every role of which a framework's layers have tensors. */
export type Defaults = Readonly<Partial<Record<Role, LayerDefault>>>;

/** `functions[scheme]` with its own options. */
export function plainly(scheme: string, reason: string): LayerDefault {
  return { scheme, options: {}, reason };
}

/** The kernels of dense and convolutional layers, the projections of attention among them. */
export function kernels(own: LayerDefault): Defaults {
  return {
    dense: own,
    conv: own,
    grouped_conv: own,
    depthwise_conv: own,
    transposed_conv: own,
    attention_query: own,
    attention_key: own,
    attention_value: own,
    attention_packed: own,
    attention_output: own,
  };
}

/** What all frameworks do alike: biases are 0 and norms the identity. */
export const plainDefaults: Defaults = {
  bias: plainly('zeros', 'Biases of its layers start at 0.'),
  norm_scale: plainly('ones', 'Norms start by scaling with 1.'),
  norm_shift: plainly('zeros', 'Norms start without a shift.'),
  norm_mean: plainly('zeros', 'Moving means start at 0.'),
  norm_variance: plainly('ones', 'Moving variances start at 1.'),
};
