import type { Activation } from './activation.ts';
import { finite } from './parameter.ts';
import { rectifierMoments } from './rectifier.ts';

/** `φ(x) = x` for `x > 0` and `slope · x` below. */
export function leakyRelu(slope: number = 0.01): Activation {
  finite('leaky_relu', 'slope', slope);
  return {
    ...sloped(slope),
    name: 'leaky_relu',
    parameter: { name: 'slope', value: slope, default: 0.01, with: leakyRelu },
    build: (builder, name, x) => builder.node(name, 'LeakyRelu', [x], { alpha: slope }),
  };
}

/** What `leaky_relu` and `prelu` of one slope share. */
export function sloped(slope: number): Omit<Activation, 'name' | 'parameter' | 'build'> {
  return {
    f: (x) => (x > 0 ? x : slope * x),
    df: (x) => (x > 0 ? 1 : slope),
    breakpoints: [0],
    family: 'rectifier',
    homogeneous: true,
    odd: slope === 1,
    saturates: { low: slope === 0 ? 0 : null, high: null },
    ...rectifierMoments(slope, 1),
  };
}
