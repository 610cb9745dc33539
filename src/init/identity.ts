import type { Kernels } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { define, notFinite } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear, tapAt } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

/** The share of elements that are not zero. */
function density(spec: Spec): number {
  const { outputs, inputs, taps } = mapSize(spec);
  return 1 / (Math.max(outputs, inputs) * taps);
}

function meanOf(spec: Spec, { gain }: { readonly gain: number }): number {
  return gain * density(spec);
}

function stdOf(spec: Spec, { gain }: { readonly gain: number }): number {
  const share = density(spec);
  return Math.abs(gain) * Math.sqrt(share * (1 - share));
}

function boundFor(spec: Spec, { gain }: { readonly gain: number }): number {
  const share = density(spec);
  return share === 1 ? 0 : Math.abs(gain) * Math.max(share, 1 - share);
}

/** Output i of every map gets input i at the tap `k // 2`, as far as there are both. */
function drawIdentity(
  spec: Spec,
  { gain }: { readonly gain: number },
  kernels: Kernels,
): Tensor<FloatDType> {
  return tensorOfZeros(spec, kernels, (values) => {
    const { bases, outputs, inputs, taps, kernel } = linearMaps(spec);
    const centre = taps[tapAt(kernel, (extent) => extent >> 1)];
    const count = Math.min(outputs.length, inputs.length);
    for (const base of bases) {
      for (let i = 0; i < count; i++) values[base + outputs[i] + inputs[i] + centre] = gain;
    }
  });
}

/** `W = gain I`, also where W is not square. */
export const identity: Scheme = define({
  name: 'identity',
  formula: 'W_ij = gain δ_ij',
  use: 'recurrent weights of ReLU networks, and layers that are to begin by passing the signal on',
  reference: 'Le et al. 2015, arXiv:1504.00941',
  options: { gain: 1 },
  problem: notFinite,
  undefinedFor: (spec) =>
    spec.shape.length === 2
      ? notLinear(spec)
      : `shape must have 2 dimensions (a convolution takes dirac), got [${spec.shape.join(', ')}]`,
  mean: meanOf,
  std: stdOf,
  bound: boundFor,
  draw: (_, spec, options, kernels) => drawIdentity(spec, options, kernels),
});

/** `K[k // 2] = gain I` per group, all other taps 0: the convolution that passes its input on. */
export const dirac: Scheme = define({
  name: 'dirac',
  formula: 'K[k // 2]_ij = gain δ_ij per group, other taps 0',
  use: 'convolutions that are to begin by passing the signal on',
  reference: 'Zagoruyko and Komodakis 2017, arXiv:1706.00388',
  options: { gain: 1 },
  problem: notFinite,
  undefinedFor: (spec) =>
    notLinear(spec) ??
    (spec.layout.includes('kernel')
      ? null
      : `shape must have kernel axes (a dense weight takes identity), got [${spec.shape.join(', ')}]`),
  mean: meanOf,
  std: stdOf,
  bound: boundFor,
  draw: (_, spec, options, kernels) => drawIdentity(spec, options, kernels),
});
