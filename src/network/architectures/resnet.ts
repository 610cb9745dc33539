import { builder, type Builder, type Graph } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { batchNorm, convolution, dense, globalAverage, integers } from './parts.ts';
import { CRELU, phiOf, type Phi } from './phi.ts';
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
  grammar: 'resnet:DEPTH[-CLASSES][:nonorm][:projection][:ACTIVATION|:crelu]',
  description:
    'Residual networks with batch normalisation and relu, or the named activation. Depths 18, 34, 50, ' +
    '101 and 152 take 3x224x224 images, 1000 classes if not given, and have the blocks and names of ' +
    'torchvision. Depths 6n + 2 (20, 32, 44, 56, 110, …) take 3x32x32 images, 10 classes, with three ' +
    'stages of 16, 32 and 64 channels; a shortcut that changes shape takes every second pixel and ' +
    'adds channels of zeros, or is a 1x1 convolution with projection. nonorm leaves the ' +
    'normalisations out and gives the convolutions a bias. With crelu, the concatenated rectifier ' +
    '[x₊; (-x)₊], a convolution behind one has twice as many input channels, and shortcuts pass on ' +
    'what stands before it. References: He et al. 2016, arXiv:1512.03385; Shang et al. 2016, arXiv:1603.05201.',
  examples: [
    'resnet:20',
    'resnet:56',
    'resnet:110:nonorm',
    'resnet:20-100:projection:silu',
    'resnet:20:nonorm:crelu',
    'resnet:18',
    'resnet:50',
  ],
  defaults: 'resnet:20',
  build: (spec) => {
    const words = readWords(spec, { flags: ['nonorm', 'projection', CRELU], activations: true });
    const { flags } = words;
    const { depth, classes } = sizesOf(spec.sizes ?? '20');
    const style: Style = {
      normalised: !flags.has('nonorm'),
      phi: phiOf(spec, words, 'relu'),
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
  readonly phi: Phi;
  readonly shortcut: Shortcut;
}

/** A value of a network under construction, which the next part reads, and its channels. */
interface Net {
  readonly b: Builder;
  readonly style: Style;
  readonly x: string;
  readonly channels: number;
}

/** Where a block starts: what its branch reads, and what its shortcut passes on. */
interface Fork {
  readonly branch: Net;
  readonly shortcut: Net;
}

/** Applies the activation. */
function active(net: Net, name: string): Net {
  const { b, style, x, channels } = net;
  return { ...net, x: style.phi.build(b, name, x), channels: channels * style.phi.widening };
}

/** Applies the activation in front of a block; the shortcut passes it by if it widens. */
function fork(net: Net, name: string): Fork {
  const branch = active(net, name);
  return { branch, shortcut: branch.channels === net.channels ? branch : net };
}

function cifarNet(text: string, depth: number, classes: number, style: Style): Graph {
  const b = builder(text);
  const x = b.input('input', 'float32', ['batch', 3, 32, 32]);
  let at = fork(convNorm({ b, style, x, channels: 3 }, 'conv1', 'bn1', 16, 3, 1), 'act1');
  const blocks = (depth - 2) / 6;
  for (const [stage, width] of [16, 32, 64].entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      at = basicBlock(at, `layer${stage + 1}.${block}`, width, stride);
    }
  }
  return finish(at.branch, classes);
}

function imagenetNet(text: string, depth: number, classes: number, style: Style): Graph {
  const b = builder(text);
  const x = b.input('input', 'float32', ['batch', 3, 224, 224]);
  const stem = convNorm({ b, style, x, channels: 3 }, 'conv1', 'bn1', 64, 7, 2);
  const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  const pooled = (net: Net): Net => ({ ...net, x: b.node('maxpool', 'MaxPool', [net.x], window) });
  let at = startOf(stem, pooled);
  const makeBlock = depth >= 50 ? bottleneck : basicBlock;
  for (const [stage, blocks] of IMAGENET[depth].entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      at = makeBlock(at, `layer${stage + 1}.${block}`, 64 * 2 ** stage, stride);
    }
  }
  return finish(at.branch, classes);
}

/** Activation and pooling of the stem; a shortcut that passes the activation by needs the pooling first. */
function startOf(stem: Net, pooled: (net: Net) => Net): Fork {
  if (stem.style.phi.widening > 1) return fork(pooled(stem), 'act1');
  const first = pooled(active(stem, 'act1'));
  return { branch: first, shortcut: first };
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

function basicBlock(at: Fork, name: string, width: number, stride: number): Fork {
  let y = convNorm(at.branch, `${name}.conv1`, `${name}.bn1`, width, 3, stride);
  y = active(y, `${name}.act1`);
  y = convNorm(y, `${name}.conv2`, `${name}.bn2`, width, 3, 1);
  return joined(at.shortcut, y, name, stride);
}

/** 1×1, 3×3 and 1×1 convolutions; the stride stands in the middle, as in torchvision. */
function bottleneck(at: Fork, name: string, width: number, stride: number): Fork {
  let y = convNorm(at.branch, `${name}.conv1`, `${name}.bn1`, width, 1, 1);
  y = active(y, `${name}.act1`);
  y = convNorm(y, `${name}.conv2`, `${name}.bn2`, width, 3, stride);
  y = active(y, `${name}.act2`);
  y = convNorm(y, `${name}.conv3`, `${name}.bn3`, 4 * width, 1, 1);
  return joined(at.shortcut, y, name, stride);
}

/** The sum of shortcut and branch, and the activation after it. */
function joined(before: Net, branch: Net, name: string, stride: number): Fork {
  const shortcut = shortcutOf(before, name, branch.channels, stride);
  const sum = branch.b.node(`${name}.add`, 'Add', [branch.x, shortcut]);
  return fork({ ...branch, x: sum }, `${name}.act`);
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
