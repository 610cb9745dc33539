import type { Kernels, Key } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { badGain, define } from './define.ts';
import { badFan } from './fan.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

interface IcnrOptions {
  readonly factor: number;
  readonly gain: number;
  readonly order: string;
}

/** Outputs that become the pixels of one cell of the larger image: `factor^axes`. */
function cellOf({ layout }: Spec, factor: number): number {
  return factor ** layout.filter((role) => role === 'kernel').length;
}

function std({ fanIn }: Spec, { gain }: { readonly gain: number }): number {
  return gain * Math.sqrt(2 / fanIn);
}

function draw(key: Key, spec: Spec, options: IcnrOptions, kernels: Kernels): Tensor<FloatDType> {
  const { factor, order } = options;
  return tensorOfZeros(spec, kernels, (values) => {
    const { bases, outputs, inputs, taps } = linearMaps(spec);
    const cell = cellOf(spec, factor);
    const count = outputs.length / cell;
    const size = inputs.length * taps.length;
    const drawn = new Float64Array(bases.length * count * size);
    kernels.normal(key, drawn, 0, std(spec, options));
    let next = 0;
    for (const base of bases) {
      for (let c = 0; c < count; c++) {
        for (const input of inputs) {
          for (const tap of taps) {
            const value = drawn[next++];
            for (let pixel = 0; pixel < cell; pixel++) {
              const output = order === 'crd' ? c * cell + pixel : pixel * count + c;
              values[base + outputs[output] + input + tap] = value;
            }
          }
        }
      }
    }
  });
}

/**
 * Kernels for a convolution whose `factor^d` outputs per channel a pixel shuffle puts side by side: all of a
 * cell are the same draw from `N(0, 2 gain² / fan_in)`, so the enlarged image begins without a checkerboard.
 * `order=crd` has the outputs of a cell in a row (PyTorch's PixelShuffle), `dcr` one channel count apart
 * (TensorFlow's depth_to_space, the default of ONNX's DepthToSpace).
 */
export const icnr: Scheme = define({
  name: 'icnr',
  formula: 'K[c · r^d + p] = V[c], p < r^d, r = factor, V ~ N(0, 2 gain² / fan_in)',
  use: 'convolutions before a pixel shuffle (sub-pixel upscaling), which then begin without a checkerboard',
  reference: 'Aitken et al. 2017, arXiv:1707.02937',
  options: { factor: 2, gain: 1, order: 'crd' },
  choices: { order: ['crd', 'dcr'] },
  problem: ({ factor, gain }) =>
    Number.isSafeInteger(factor) && factor >= 1
      ? badGain({ gain })
      : `factor must be an integer >= 1, got ${factor}`,
  undefinedFor: (spec, { factor }) => {
    const problem = notLinear(spec) ?? badFan(spec, 'fan_in');
    if (problem !== null) return problem;
    if (!spec.layout.includes('kernel')) {
      return `shape must have kernel axes, got [${spec.shape.join(', ')}]`;
    }
    const { outputs } = mapSize(spec);
    const cell = cellOf(spec, factor);
    return outputs % cell === 0
      ? null
      : `outputs must be a multiple of the ${cell} pixels of a cell, got ${outputs}`;
  },
  std,
  bound: () => null,
  draw,
});
