import { scheme, type Options } from '../init/index.ts';
import type { Network, ParameterInfo, Role } from '../network/index.ts';
import { fold, key } from '../random/index.ts';
import { isFloat, type Tensor } from '../tensor/index.ts';

/**
 * Weights by the rules of PyTorch's layers, for comparison: weights and biases U(±1/√fan_in), of
 * recurrent layers U(±1/√hidden), embeddings N(0, 1), ones and zeros elsewhere. Our streams, so the
 * law and not the bits. Reference: `reset_parameters` of `torch.nn`, 2.13.
 */
export function frameworkDefaults(network: Network, seed: number): Map<string, Tensor> {
  const root = fold(key(seed), 'framework defaults');
  const fans = fansByNode(network);
  const values = new Map<string, Tensor>();
  for (const parameter of network.parameters) {
    const { name, shape, dtype, role, fanIn } = parameter;
    if (role === 'constant' || role === 'unused' || role === 'unknown' || !isFloat(dtype)) continue;
    const [which, options] = lawOf(parameter, fans.get(parameter.node ?? '') ?? fanIn);
    const spec = { shape, dtype, layout: [], groups: 1, fanIn: 1, fanOut: 1 };
    values.set(name, scheme(which).draw(fold(root, name), spec, options));
  }
  return values;
}

/** The fan that sets the bound of a layer's weights and biases, by node. */
function fansByNode(network: Network): ReadonlyMap<string, number> {
  const fans = new Map<string, number>();
  for (const { node, role, fanIn, fanOut } of network.parameters) {
    if (node === null) continue;
    if (role === 'recurrent_hidden') fans.set(node, fanOut ?? 1);
    else if (fanIn !== null && role !== 'recurrent_input') fans.set(node, fanIn);
  }
  return fans;
}

const ONES = ['ones', {}] as const;
const ZEROS = ['zeros', {}] as const;

/** Laws of what is no linear map and no bias. */
const LAWS: Readonly<Partial<Record<Role, readonly [string, Options]>>> = {
  embedding: ['normal', { mean: 0, std: 1 }],
  norm_scale: ONES,
  norm_variance: ONES,
  layer_scale: ONES,
  activation_slope: ['constant', { value: 0.25 }],
  norm_shift: ZEROS,
  norm_mean: ZEROS,
  initial_state: ZEROS,
  token: ZEROS,
  positional_embedding: ZEROS,
};

function lawOf({ role }: ParameterInfo, fan: number | null): readonly [string, Options] {
  const bound = fan === null ? 0 : 1 / Math.sqrt(fan);
  return LAWS[role] ?? (fan === null ? ZEROS : ['uniform', { low: -bound, high: bound }]);
}
