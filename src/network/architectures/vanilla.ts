import type { Architecture } from './architecture.ts';
import {
  CONVOLUTION_FLAGS,
  CONVOLUTION_NUMBERS,
  convolutionStack,
  styleOf,
  type ConvolutionSizes,
} from './cnn.ts';
import { badSizes, checkDepth, extentOf } from './sizes.ts';
import { readWords } from './text.ts';

const DEFAULTS = '32-32-10';
const IMAGE = 'CHANNELSxHEIGHTxWIDTH';
const DEFAULT_IMAGE = '1x28x28';
const SHAPE = {
  name: 'vanilla',
  rule: `sizes must be a depth, with channels and classes behind it if need be, like ${DEFAULTS}`,
};

/** Xiao's plain convolutional network: `vanilla:10000-16` has ten thousand equal layers of 16 channels. */
export const vanilla: Architecture = {
  name: 'vanilla',
  grammar: `vanilla:DEPTH[-CHANNELS[-CLASSES]][:${IMAGE}][:kKERNEL][:circular][:flatten][:ACTIVATION|:crelu]`,
  description:
    'The plain network on which ten thousand layers were trained: three convolutions with strides 1, 2 ' +
    'and 2, DEPTH equal ones, a global average and a dense head. An activation stands behind each ' +
    '(tanh if none is named). CHANNELS is 32 and CLASSES 10 if not given; images are ' +
    `${DEFAULT_IMAGE} if not given, of which the equal layers see 7x7. Kernels, circular, flatten and crelu are as in cnn. ` +
    'Reference: Xiao et al. 2018, arXiv:1806.05393.',
  examples: [
    'vanilla:32-32',
    'vanilla:50-16-10:1x14x14',
    'vanilla:16-32:3x32x32:relu',
    'vanilla:16-8:1x28x28:circular',
    'vanilla:20-16:crelu',
    'vanilla:20-16:flatten',
  ],
  defaults: `vanilla:${DEFAULTS}:${DEFAULT_IMAGE}:tanh`,
  build: (spec) => {
    const words = readWords(spec, {
      flags: CONVOLUTION_FLAGS,
      numbers: CONVOLUTION_NUMBERS,
      forms: { [IMAGE]: /^\d+(x\d+)+$/ },
      activations: true,
    });
    const image = words.forms.get(IMAGE) ?? DEFAULT_IMAGE;
    const sizes = sizesOf(spec.sizes ?? DEFAULTS, image);
    return convolutionStack(spec, sizes, styleOf(spec, words, 'tanh'));
  },
};

function sizesOf(sizes: string, image: string): ConvolutionSizes {
  const items = sizes.split('-');
  if (items.length > 3) throw badSizes(SHAPE, sizes);
  const [depth, width = 32, output = 10] = items.map((item) => extentOf(SHAPE, sizes, item));
  const shape = { name: 'vanilla', rule: `images must be like ${DEFAULT_IMAGE}` };
  const input = image.split('x').map((extent) => extentOf(shape, image, extent));
  if (input.length !== 3) throw badSizes(shape, image);
  const reduce = { width, count: 1, extra: { s: 2 } };
  const runs = [{ width, count: 1, extra: {} }, reduce, reduce, { width, count: depth, extra: {} }];
  checkDepth('vanilla', runs);
  return { input, runs, output };
}
