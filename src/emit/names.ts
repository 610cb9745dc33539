import type { Role } from '../network/index.ts';
import type { Item } from './item.ts';

const MADE_UP =
  /^onnx::|^\/|^(val|_?v|_to_copy|expand|cat|view|constant|const_fold_opt_)_*\d*$|^_*\d+$/i;

/** Whether an exporter made up a name for a tensor, such as `onnx::MatMul_12` or `val_7`: no module has it. */
export function isMadeUp(name: string): boolean {
  return MADE_UP.test(name);
}

/** The modules that lead to a parameter, and its own name there: `['layers_0', 'fc']` and `weight`. */
export interface Path {
  readonly modules: readonly string[];
  readonly leaf: string;
}

/**
 * The path of a name with dots or slashes. Numbers of lists join the module before them, as linen and
 * Keras name lists; what TensorFlow's exporters add is left out.
 */
export function pathOf(name: string): Path {
  const plain = name
    .replace(/:\d+$/, '')
    .replace(/^StatefulPartitionedCall\//, '')
    .replace(
      /\/(?:MatMul|Tensordot|Conv\w*|depthwise|BiasAdd|Add)?\/?ReadVariableOp(?:_\d+)?$/,
      (end) => (/BiasAdd|\/Add/.test(end) ? '/bias' : '/kernel'),
    );
  const modules: string[] = [];
  for (const piece of plain.split(/[./]/).filter((part) => part !== '')) {
    const last = modules.at(-1);
    if (/^\d+$/.test(piece) && last !== undefined) modules[modules.length - 1] = `${last}_${piece}`;
    else modules.push(/^\d/.test(piece) ? `layers_${piece}` : piece);
  }
  return { modules: modules.slice(0, -1), leaf: modules.at(-1) ?? '' };
}

/** What a variable is called in a framework, by what it is to the network. */
export interface LeafNames {
  readonly kernel: string;
  readonly embedding: string;
  readonly scale: string;
  readonly shift: string;
  readonly mean: string;
  readonly variance: string;
}

const LEAF_OF: Partial<Readonly<Record<Role, keyof LeafNames>>> = {
  norm_scale: 'scale',
  norm_shift: 'shift',
  norm_mean: 'mean',
  norm_variance: 'variance',
  embedding: 'embedding',
  positional_embedding: 'embedding',
};

/** The leaf of a parameter that PyTorch calls `weight`, `bias` or `running_…`; other names stay. */
export function leafOf({ info }: Item, leaf: string, names: LeafNames): string {
  if (!/^(weight|bias|running_mean|running_var|kernel|scale)$/.test(leaf)) return leaf;
  const own = LEAF_OF[info.role] ?? (info.layout.length > 0 ? 'kernel' : null);
  return own === null ? leaf : names[own];
}
