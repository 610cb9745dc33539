import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

/** `1 - |t - c| / f`, `f = ⌈k/2⌉`: the interpolation that upsamples by f, from the tent between two points. */
function tent(extent: number): number[] {
  const factor = Math.ceil(extent / 2);
  return Array.from(
    { length: extent },
    (_, t) => 1 - Math.abs(2 * t - (extent - 1)) / (2 * factor),
  );
}

/** The product of one tent per kernel axis, taps in row-major order. */
function tentsOf(spec: Spec): number[] {
  return spec.shape
    .filter((_, axis) => spec.layout[axis] === 'kernel')
    .reduce<number[]>(
      (taps, extent) => taps.flatMap((tap) => tent(extent).map((weight) => tap * weight)),
      [1],
    );
}

interface Moments {
  readonly mean: number;
  readonly std: number;
  readonly bound: number;
}

function momentsOf(spec: Spec, gain: number): Moments {
  const { outputs, inputs, taps } = mapSize(spec);
  const share = 1 / Math.max(outputs, inputs);
  const tents = tentsOf(spec);
  const mean = (share * tents.reduce((sum, tap) => sum + tap, 0)) / taps;
  const square = (share * tents.reduce((sum, tap) => sum + tap * tap, 0)) / taps;
  const smallest = share === 1 ? Math.min(...tents) : 0;
  return {
    mean: gain * mean,
    std: gain * Math.sqrt(Math.max(0, square - mean * mean)),
    bound: gain * Math.max(Math.max(...tents) - mean, mean - smallest),
  };
}

/**
 * `K_ij[t] = gain δ_ij ∏ (1 - |t - (k-1)/2| / ⌈k/2⌉)` per group: as a transposed convolution of stride
 * `⌈k/2⌉` it interpolates linearly along every axis.
 */
export const bilinear: Scheme = define({
  name: 'bilinear',
  formula: 'K_ij[t] = gain δ_ij ∏ (1 - |t - (k - 1)/2| / ⌈k/2⌉) per group',
  use: 'transposed convolutions that enlarge an image by the stride ⌈k/2⌉ and are to begin as interpolation',
  reference: 'Long et al. 2015, section 3.3, arXiv:1411.4038',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: (spec) =>
    notLinear(spec) ??
    (spec.layout.includes('kernel')
      ? null
      : `shape must have kernel axes, got [${spec.shape.join(', ')}]`),
  mean: (spec, { gain }) => momentsOf(spec, gain).mean,
  std: (spec, { gain }) => momentsOf(spec, gain).std,
  bound: (spec, { gain }) => momentsOf(spec, gain).bound,
  draw: (_, spec, { gain }, kernels) =>
    tensorOfZeros(spec, kernels, (values) => {
      const { bases, outputs, inputs, taps } = linearMaps(spec);
      const tents = tentsOf(spec);
      const count = Math.min(outputs.length, inputs.length);
      for (const base of bases) {
        for (let i = 0; i < count; i++) {
          const at = base + outputs[i] + inputs[i];
          for (const [t, tap] of taps.entries()) values[at + tap] = gain * tents[t];
        }
      }
    }),
});
