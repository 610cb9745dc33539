import { scheme } from '../init/index.ts';
import type { Network } from '../network/index.ts';
import { fold, key } from '../random/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';

/**
 * Weights in the manner of PyTorch's layers, for comparison: U(±1/√fan_in) for linear maps, N(0, 1)
 * for embeddings, ones and zeros elsewhere (in our streams, not bit for bit).
 */
export function frameworkDefaults(network: Network, seed: number): Map<string, Tensor> {
  const root = fold(key(seed), 'framework defaults');
  const values = new Map<string, Tensor>();
  for (const { name, shape, dtype, role, fanIn } of network.parameters) {
    if (role === 'constant' || role === 'unused' || role === 'unknown' || !isFloat(dtype)) continue;
    const bound = 1 / Math.sqrt(fanIn ?? 1);
    const [which, options] =
      fanIn !== null
        ? (['uniform', { low: -bound, high: bound }] as const)
        : role === 'embedding'
          ? (['normal', { mean: 0, std: 1 }] as const)
          : role === 'norm_scale' || role === 'norm_variance' || role === 'layer_scale'
            ? (['ones', {}] as const)
            : (['zeros', {}] as const);
    if (sizeOf(shape) === 0) continue;
    const spec = { shape, dtype, layout: [], groups: 1, fanIn: fanIn ?? 1, fanOut: 1 };
    values.set(name, scheme(which).draw(fold(root, name), spec, options));
  }
  return values;
}
