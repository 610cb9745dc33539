import { activation } from '../../activation/index.ts';
import { builder, type Builder } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { convolution, dense, globalAverage, integers } from './parts.ts';
import { badSizes, checkDepth, extentOf, runOf, type Run } from './sizes.ts';
import { readWords } from './text.ts';

const DEFAULTS = '1x28x28-32x10-10';
const SHAPE = {
  name: 'cnn',
  rule: `sizes must be an input of 1 to 3 spatial axes, channels and an output like ${DEFAULTS}`,
};

/** A plain convolutional network: `cnn:1x28x28-32x10-10:tanh` has ten layers of 32 channels. */
export const cnn: Architecture = {
  name: 'cnn',
  grammar:
    'cnn:CHANNELSxEXTENT[xEXTENT[xEXTENT]]-WIDTH[xCOUNT][sSTRIDE]-…-OUTPUT[:kKERNEL][:circular][:ACTIVATION]',
  description:
    'Convolutions of one kernel size (odd, k3 if not given) with an activation after each (relu if ' +
    'none is named), a global average and a dense head. The input has 1, 2 or 3 spatial axes. ' +
    'sSTRIDE belongs to the first layer of its run. Borders are padded with zeros, or wrap around ' +
    'with circular, for which the theory is exact. Reference: Xiao et al. 2018, arXiv:1806.05393.',
  examples: [
    'cnn:1x28x28-32x10-10:tanh',
    'cnn:3x32x32-64s2-64s2-64x6-10:relu:k5',
    'cnn:4x64-32x4-10:tanh:circular',
    'cnn:1x8x8x8-8x3-10:tanh',
  ],
  defaults: `cnn:${DEFAULTS}:relu`,
  build: (spec) => {
    const {
      flags,
      numbers,
      activation: named,
    } = readWords(spec, {
      flags: ['circular'],
      numbers: { k: { what: 'kernel size', largest: 1023 } },
      activations: true,
    });
    const phi = named ?? activation('relu');
    const kernel = numbers.get('k') ?? 3;
    if (kernel % 2 === 0) throw new RangeError(`cnn: the kernel size must be odd, got ${kernel}`);
    const { input, runs, output } = sizesOf(spec.sizes ?? DEFAULTS);
    let [channels, ...extents] = input;

    const b = builder(spec.text);
    let x = b.input('input', 'float32', ['batch', ...input]);
    const isCircular = flags.has('circular') && kernel > 1;
    const pads = isCircular ? circularPads(b, extents.length, (kernel - 1) / 2) : null;
    let layer = 0;
    for (const { width, count, extra } of runs) {
      for (let i = 0; i < count; i++, layer++) {
        const stride = i === 0 ? (extra['s'] ?? 1) : 1;
        if (pads !== null) {
          checkWrap(extents, kernel);
          x = b.node(`layers.${layer}.pad`, 'Pad', [x, pads], { mode: 'wrap' });
        }
        x = convolution(b, `layers.${layer}`, x, channels, width, {
          kernel: extents.map(() => kernel),
          stride,
          bias: true,
          pad: pads === null,
        });
        x = phi.build(b, `activations.${layer}`, x);
        channels = width;
        extents = extents.map((extent) => Math.ceil(extent / stride));
      }
    }
    x = dense(b, 'fc', globalAverage(b, 'pool', x), channels, output);
    b.output('output', x, 'float32', ['batch', output]);
    return b.build();
  },
};

function sizesOf(sizes: string): { input: number[]; runs: Run[]; output: number } {
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

function checkWrap(extents: readonly number[], kernel: number): void {
  const smallest = Math.min(...extents);
  if (smallest >= (kernel - 1) / 2) return;
  throw new RangeError(
    `cnn: circular padding must be at most as wide as the image, got ${(kernel - 1) / 2} for ${smallest}`,
  );
}
