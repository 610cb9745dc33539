import { badGain, define } from './define.ts';
import { hadamardEntry } from './hadamard.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear, tapAt } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

interface ZeroOptions {
  readonly gain: number;
  readonly rule: string;
}

/** Magnitude of the entries that are not 0: `gain`, or of a Hadamard matrix `c gain`. */
function magnitude(spec: Spec, { gain, rule }: ZeroOptions): number {
  const { outputs, inputs } = mapSize(spec);
  if (outputs <= inputs) return gain;
  const order = 2 ** Math.ceil(Math.log2(outputs));
  return gain / Math.sqrt(rule === 'paper' ? order / 2 : order);
}

/** Sum and number of the entries of one map that are not 0, the sum in units of their magnitude. */
function entries(spec: Spec): { readonly sum: number; readonly count: number } {
  const { outputs, inputs } = mapSize(spec);
  if (outputs <= inputs) return { sum: outputs, count: outputs };
  let sum = 0;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) sum += hadamardEntry(o, i);
  }
  return { sum, count: outputs * inputs };
}

function momentsOf(
  spec: Spec,
  options: ZeroOptions,
): { readonly mean: number; readonly std: number; readonly bound: number } {
  const { outputs, inputs, taps } = mapSize(spec);
  const size = outputs * inputs * taps;
  const { sum, count } = entries(spec);
  const value = magnitude(spec, options);
  const [share, mean] = [count / size, sum / size];
  const least = outputs > inputs && inputs > 1 ? -1 : share === 1 ? 1 : 0;
  return {
    mean: value * mean,
    std: value * Math.sqrt(Math.max(0, share - mean * mean)),
    bound: value * Math.max(1 - mean, mean - least),
  };
}

/**
 * At the tap `k // 2`, all other taps 0: `gain I` for as many outputs as inputs, its first rows for fewer, and
 * for more `c gain` times the first rows and columns of the Hadamard matrix of order `2^m`, `m = ⌈log₂ out⌉`.
 * `c = 2^(-(m-1)/2)` as the paper has it (`rule=paper`), which doubles the squared norm as ReLU halves it,
 * or `2^(-m/2)` as the paper's own program has it (`rule=orthonormal`), which keeps the norm.
 */
export const zero: Scheme = define({
  name: 'zero',
  formula:
    'W = I (in ≥ out: its first rows), for in < out W = c H, H Hadamard of order 2^m, m = ⌈log₂ out⌉, c = 2^(-(m-1)/2); at tap k // 2',
  use: 'residual networks that are to begin without chance: only zeros and ones, up to a factor',
  reference: 'Zhao et al. 2021, algorithms 1 and 2, arXiv:2110.12661',
  options: { gain: 1, rule: 'paper' },
  choices: { rule: ['paper', 'orthonormal'] },
  problem: badGain,
  undefinedFor: (spec) =>
    notLinear(spec) ??
    (mapSize(spec).outputs <= 2 ** 30
      ? null
      : `outputs must be at most 2^30, got ${mapSize(spec).outputs}`),
  mean: (spec, options) => momentsOf(spec, options).mean,
  std: (spec, options) => momentsOf(spec, options).std,
  bound: (spec, options) => momentsOf(spec, options).bound,
  draw: (_, spec, options, kernels) =>
    tensorOfZeros(spec, kernels, (values) => {
      const { bases, outputs, inputs, taps, kernel } = linearMaps(spec);
      const centre = taps[tapAt(kernel, (extent) => extent >> 1)];
      const value = magnitude(spec, options);
      const isWide = outputs.length <= inputs.length;
      for (const base of bases) {
        for (const [o, output] of outputs.entries()) {
          const at = base + output + centre;
          if (isWide) values[at + inputs[o]] = value;
          else {
            for (const [i, input] of inputs.entries()) {
              values[at + input] = value * hadamardEntry(o, i);
            }
          }
        }
      }
    }),
});
