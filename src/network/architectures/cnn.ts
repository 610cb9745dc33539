import { builder, type Builder, type Graph } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { convolution, dense, globalAverage, integers } from './parts.ts';
import { CRELU, phiOf, type Phi } from './phi.ts';
import { badSizes, checkDepth, extentOf, runOf, type Run } from './sizes.ts';
import { readWords, type ArchitectureText, type NumberWord, type Words } from './text.ts';

const DEFAULTS = '1x28x28-32x10-10';
const SHAPE = {
  name: 'cnn',
  rule: `sizes must be an input of 1 to 3 spatial axes, channels and an output like ${DEFAULTS}`,
};

/** A plain convolutional network: `cnn:1x28x28-32x10-10:tanh` has ten layers of 32 channels. */
export const cnn: Architecture = {
  name: 'cnn',
  grammar:
    'cnn:CHANNELSxEXTENT[xEXTENT[xEXTENT]]-WIDTH[xCOUNT][sSTRIDE]-…-OUTPUT[:kKERNEL][:circular][:flatten][:ACTIVATION|:crelu]',
  description:
    'Convolutions of one kernel size (odd, k3 if not given) with an activation after each (relu if ' +
    'none is named), a global average and a dense head; with flatten the head reads every place ' +
    'in place of their average. The input has 1, 2 or 3 spatial axes. ' +
    'sSTRIDE belongs to the first layer of its run. Borders are padded with zeros, or wrap around ' +
    'with circular, for which the theory is exact. crelu is the concatenated rectifier [x₊; (-x)₊], ' +
    'behind which a layer has twice as many input channels. References: Xiao et al. 2018, ' +
    'arXiv:1806.05393; Shang et al. 2016, arXiv:1603.05201.',
  examples: [
    'cnn:1x28x28-32x10-10:tanh',
    'cnn:3x32x32-64s2-64s2-64x6-10:relu:k5',
    'cnn:4x64-32x4-10:tanh:circular',
    'cnn:1x8x8x8-8x3-10:tanh',
    'cnn:3x16x16-8x6-10:crelu',
  ],
  defaults: `cnn:${DEFAULTS}:relu`,
  build: (spec) => {
    const words = readWords(spec, {
      flags: CONVOLUTION_FLAGS,
      numbers: CONVOLUTION_NUMBERS,
      activations: true,
    });
    return convolutionStack(spec, sizesOf(spec.sizes ?? DEFAULTS), styleOf(spec, words, 'relu'));
  },
};

/** The words of networks of convolutions besides the activation. */
export const CONVOLUTION_FLAGS: readonly ('circular' | 'flatten' | typeof CRELU)[] = [
  'circular',
  'flatten',
  CRELU,
];
export const CONVOLUTION_NUMBERS: Readonly<Record<string, NumberWord>> = {
  k: { what: 'kernel size', largest: 1023 },
};

/** The sizes of a network of convolutions. */
export interface ConvolutionSizes {
  /** Channels and extents. */
  readonly input: readonly number[];
  /** `s` among the extras is the stride of the first layer of a run. */
  readonly runs: readonly Run[];
  readonly output: number;
}

/** What all its layers have in common. */
export interface ConvolutionStyle {
  readonly kernel: number;
  readonly isCircular: boolean;
  /** Whether the head reads every place in place of their average. */
  readonly isFlat: boolean;
  readonly phi: Phi;
}

/** Reads the style from the words; `RangeError` for an even kernel. */
export function styleOf(
  spec: ArchitectureText,
  words: Words<string>,
  fallback: string,
): ConvolutionStyle {
  const kernel = words.numbers.get('k') ?? 3;
  if (kernel % 2 === 0) {
    throw new RangeError(`${spec.name}: the kernel size must be odd, got ${kernel}`);
  }
  const isCircular = words.flags.has('circular') && kernel > 1;
  const isFlat = words.flags.has('flatten');
  return { kernel, isCircular, isFlat, phi: phiOf(spec, words, fallback) };
}

/** Convolutions `layers.0`, `layers.1`, … with an activation behind each, a global average, or all places in a row, and a dense head `fc`. */
export function convolutionStack(
  spec: ArchitectureText,
  { input, runs, output }: ConvolutionSizes,
  { kernel, isCircular, isFlat, phi }: ConvolutionStyle,
): Graph {
  let [channels, ...extents] = input;
  const b = builder(spec.text);
  let x = b.input('input', 'float32', ['batch', ...input]);
  const pads = isCircular ? circularPads(b, extents.length, (kernel - 1) / 2) : null;
  let layer = 0;
  for (const { width, count, extra } of runs) {
    for (let i = 0; i < count; i++, layer++) {
      const stride = i === 0 ? (extra['s'] ?? 1) : 1;
      if (pads !== null) {
        checkWrap(spec, extents, kernel);
        x = b.node(`layers.${layer}.pad`, 'Pad', [x, pads], { mode: 'wrap' });
      }
      x = convolution(b, `layers.${layer}`, x, channels, width, {
        kernel: extents.map(() => kernel),
        stride,
        bias: true,
        pad: pads === null,
      });
      x = phi.build(b, `activations.${layer}`, x);
      channels = width * phi.widening;
      extents = extents.map((extent) => Math.ceil(extent / stride));
    }
  }
  const places = isFlat ? extents.reduce((product, extent) => product * extent, 1) : 1;
  x = isFlat ? b.node('flatten', 'Flatten', [x], { axis: 1 }) : globalAverage(b, 'pool', x);
  x = dense(b, 'fc', x, channels * places, output);
  b.output('output', x, 'float32', ['batch', output]);
  return b.build();
}

function sizesOf(sizes: string): ConvolutionSizes {
  const items = sizes.split('-');
  const input = items[0].split('x').map((extent) => extentOf(SHAPE, sizes, extent));
  if (items.length < 3 || input.length < 2 || input.length > 4) throw badSizes(SHAPE, sizes);
  const runs = items.slice(1, -1).map((item) => runOf(SHAPE, sizes, item, 's'));
  checkDepth('cnn', runs);
  return { input, runs, output: extentOf(SHAPE, sizes, items[items.length - 1]) };
}

function circularPads(b: Builder, axes: number, half: number): string {
  const side = [0, 0, ...Array.from({ length: axes }, () => half)];
  return integers(b, 'pads', [...side, ...side]);
}

function checkWrap({ name }: ArchitectureText, extents: readonly number[], kernel: number): void {
  const smallest = Math.min(...extents);
  if (smallest >= (kernel - 1) / 2) return;
  throw new RangeError(
    `${name}: circular padding must be at most as wide as the image, got ${(kernel - 1) / 2} for ${smallest}`,
  );
}
