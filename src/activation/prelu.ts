import type { Activation } from './activation.ts';
import { sloped } from './leaky-relu.ts';
import { finite } from './parameter.ts';

/**
 * `φ(x) = x` for `x > 0` and `slope · x` below, where the slope is learned: in a graph it is the
 * parameter `<name>.slope` of shape [1], and `slope` here is what it starts from.
 * Reference: He et al. 2015, eq. 1, arXiv:1502.01852
 */
export function prelu(slope: number = 0.25): Activation {
  finite('prelu', 'slope', slope);
  return {
    ...sloped(slope),
    name: 'prelu',
    parameter: { name: 'slope', value: slope, default: 0.25, with: prelu },
    build: (builder, name, x) =>
      builder.node(name, 'PRelu', [x, builder.parameter(`${name}.slope`, [1], slope)]),
  };
}
