import { activation, type Activation } from '../../activation/index.ts';
import { builder, type Builder, type Graph } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { batchNorm, convolution, dense, globalAverage, integers } from './parts.ts';
import { badSizes, extentOf, MOST_LAYERS } from './sizes.ts';
import { readWords } from './text.ts';

const SHAPE = {
  name: 'resnet',
  rule: 'depth must be 18, 34, 50, 101, 152 or 6n + 2, with a number of classes behind it if need be, like 20 or 20-100',
};

/** Blocks per stage of the networks for 224 × 224 images. */
const IMAGENET: Readonly<Record<number, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

/** How the shortcut of a block whose shape changes gets there. */
type Shortcut = 'pad' | 'projection';

/** A residual network: `resnet:20` for 32 × 32 images, `resnet:50` for 224 × 224 ones. */
export const resnet: Architecture = {
  name: 'resnet',
  grammar: 'resnet:DEPTH[-CLASSES][:nonorm][:projection][:ACTIVATION]',
  description:
    'Residual networks with batch normalisation and relu, or the named activation. Depths 18, 34, 50, ' +
    '101 and 152 take 3x224x224 images, 1000 classes if not given, and have the blocks and names of ' +
    'torchvision. Depths 6n + 2 (20, 32, 44, 56, 110, …) take 3x32x32 images, 10 classes, with three ' +
    'stages of 16, 32 and 64 channels; a shortcut that changes shape takes every second pixel and ' +
    'adds channels of zeros, or is a 1x1 convolution with projection. nonorm leaves the ' +
    'normalisations out and gives the convolutions a bias. Reference: He et al. 2016, arXiv:1512.03385.',
  examples: [
    'resnet:20',
    'resnet:56',
    'resnet:110:nonorm',
    'resnet:20-100:projection:silu',
    'resnet:18',
    'resnet:50',
  ],
  defaults: 'resnet:20',
  build: (spec) => {
    const { flags, activation: named } = readWords(spec, {
      flags: ['nonorm', 'projection'],
      activations: true,
    });
    const { depth, classes } = sizesOf(spec.sizes ?? '20');
    const style: Style = {
      normalised: !flags.has('nonorm'),
      phi: named ?? activation('relu'),
      shortcut: IMAGENET[depth] !== undefined || flags.has('projection') ? 'projection' : 'pad',
    };
    return IMAGENET[depth] === undefined
      ? cifarNet(spec.text, depth, classes ?? 10, style)
      : imagenetNet(spec.text, depth, classes ?? 1000, style);
  },
};

function sizesOf(sizes: string): { depth: number; classes: number | null } {
  const items = sizes.split('-').map((item) => extentOf(SHAPE, sizes, item));
  const [depth] = items;
  const isKnown = IMAGENET[depth] !== undefined || (depth >= 8 && depth % 6 === 2);
  if (items.length > 2 || !isKnown) throw badSizes(SHAPE, sizes);
  if (depth > MOST_LAYERS) {
    throw new RangeError(`resnet: layers must number at most ${MOST_LAYERS}, got ${depth}`);
  }
  return { depth, classes: items[1] ?? null };
}

interface Style {
  readonly normalised: boolean;
  readonly phi: Activation;
  readonly shortcut: Shortcut;
}

/** A network under construction: the value that the next part reads, and its channels. */
interface Net {
  readonly b: Builder;
  readonly style: Style;
  readonly x: string;
  readonly channels: number;
}

function cifarNet(text: string, depth: number, classes: number, style: Style): Graph {
  const b = builder(text);
  const x = b.input('input', 'float32', ['batch', 3, 32, 32]);
  let net = stem({ b, style, x, channels: 3 }, 16, 3, 1);
  const blocks = (depth - 2) / 6;
  for (const [stage, width] of [16, 32, 64].entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      net = basicBlock(net, `layer${stage + 1}.${block}`, width, stride);
    }
  }
  return finish(net, classes);
}

function imagenetNet(text: string, depth: number, classes: number, style: Style): Graph {
  const b = builder(text);
  const x = b.input('input', 'float32', ['batch', 3, 224, 224]);
  let net = stem({ b, style, x, channels: 3 }, 64, 7, 2);
  const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  net = { ...net, x: b.node('maxpool', 'MaxPool', [net.x], window) };
  const makeBlock = depth >= 50 ? bottleneck : basicBlock;
  for (const [stage, blocks] of IMAGENET[depth].entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      net = makeBlock(net, `layer${stage + 1}.${block}`, 64 * 2 ** stage, stride);
    }
  }
  return finish(net, classes);
}

function stem(net: Net, channels: number, kernel: number, stride: number): Net {
  const first = convNorm(net, 'conv1', 'bn1', channels, kernel, stride);
  return { ...first, x: net.style.phi.build(net.b, 'act1', first.x) };
}

function finish({ b, x, channels }: Net, classes: number): Graph {
  const output = dense(b, 'fc', globalAverage(b, 'avgpool', x), channels, classes);
  b.output('output', output, 'float32', ['batch', classes]);
  return b.build();
}

/** A convolution and its normalisation; without one the convolution has a bias. */
function convNorm(
  { b, style, x, channels }: Net,
  conv: string,
  norm: string,
  outputs: number,
  kernel: number,
  stride: number,
): Net {
  const y = convolution(b, conv, x, channels, outputs, {
    kernel: [kernel, kernel],
    stride,
    bias: !style.normalised,
    pad: true,
  });
  const normed = style.normalised ? batchNorm(b, norm, y, outputs) : y;
  return { b, style, x: normed, channels: outputs };
}

function basicBlock(net: Net, name: string, width: number, stride: number): Net {
  const { b, style } = net;
  let y = convNorm(net, `${name}.conv1`, `${name}.bn1`, width, 3, stride);
  y = { ...y, x: style.phi.build(b, `${name}.act1`, y.x) };
  y = convNorm(y, `${name}.conv2`, `${name}.bn2`, width, 3, 1);
  return joined(net, y, name, stride);
}

/** 1×1, 3×3 and 1×1 convolutions; the stride stands in the middle, as in torchvision. */
function bottleneck(net: Net, name: string, width: number, stride: number): Net {
  const { b, style } = net;
  let y = convNorm(net, `${name}.conv1`, `${name}.bn1`, width, 1, 1);
  y = { ...y, x: style.phi.build(b, `${name}.act1`, y.x) };
  y = convNorm(y, `${name}.conv2`, `${name}.bn2`, width, 3, stride);
  y = { ...y, x: style.phi.build(b, `${name}.act2`, y.x) };
  y = convNorm(y, `${name}.conv3`, `${name}.bn3`, 4 * width, 1, 1);
  return joined(net, y, name, stride);
}

/** The sum of shortcut and branch, and the activation after it. */
function joined(before: Net, branch: Net, name: string, stride: number): Net {
  const { b, style } = before;
  const shortcut = shortcutOf(before, name, branch.channels, stride);
  const sum = b.node(`${name}.add`, 'Add', [branch.x, shortcut]);
  return { ...branch, x: style.phi.build(b, `${name}.act`, sum) };
}

function shortcutOf(net: Net, name: string, channels: number, stride: number): string {
  const { b, style, x } = net;
  if (net.channels === channels && stride === 1) return x;
  const path = `${name}.downsample`;
  if (style.shortcut === 'projection') {
    return convNorm(net, `${path}.0`, `${path}.1`, channels, 1, stride).x;
  }
  const every = b.node(`${path}.slice`, 'Slice', [
    x,
    integers(b, `${path}.starts`, [0, 0]),
    integers(b, `${path}.ends`, [2 ** 31 - 1, 2 ** 31 - 1]),
    integers(b, `${path}.axes`, [2, 3]),
    integers(b, `${path}.steps`, [stride, stride]),
  ]);
  const added = channels - net.channels;
  const front = Math.floor(added / 2);
  const pads = integers(b, `${path}.pads`, [0, front, 0, 0, 0, added - front, 0, 0]);
  return b.node(`${path}.pad`, 'Pad', [every, pads]);
}
