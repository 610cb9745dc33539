import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { kernelOf } from '../infer/index.ts';
import { extents, sumOver } from '../ops.ts';
import { ints, typeOf, type Scope } from '../scope.ts';
import { reach, windowOf, type PaddedWindow } from '../window.ts';
import { nodeText } from '../wording.ts';
import { rule, type Rule } from './rule.ts';
import { extentAt, spread } from './spread.ts';
import { weightGradient } from './weight-gradient.ts';

/** The window of a convolution whose padding is known. */
function windowAt(s: Scope, node: Node): PaddedWindow {
  const [x, w] = node.inputs;
  const kernel = kernelOf(numbersAttribute(node, 'kernel_shape'), typeOf(s, w));
  if (kernel === null) {
    throw new RangeError(
      `${nodeText(node)}: the kernel must have a known shape to be differentiated, got an unknown one`,
    );
  }
  const spatial = kernel.map((_, axis) => extentAt(s, x, axis + 2));
  const window = windowOf(node, kernel, spatial);
  const pads = window.pads.filter((pad) => pad !== null);
  if (pads.length < kernel.length) {
    throw new RangeError(
      `${nodeText(node)}: with auto_pad the extents must be known to differentiate it, got unknown ones`,
    );
  }
  return { ...window, pads };
}

/** The sum over all axes but that of the channels. */
export function overChannels(s: Scope, g: string, spatial: number): string {
  return sumOver(s, g, [0, ...Array.from({ length: spatial }, (_, axis) => axis + 2)], false);
}

const conv: Rule = rule((s, node, g) => {
  const [x, w] = node.inputs;
  const window = windowAt(s, node);
  const group = numberAttribute(node, 'group', 1);
  return [
    () => spread(s, g, w, x, window, group),
    () => weightGradient(s, x, g, w, window, group),
    () => overChannels(s, g, window.kernel.length),
  ];
});

/** `Y` is what a convolution `Y → X` with the same kernel does to cotangents, so its own rule is mirrored. */
const convTranspose: Rule = rule((s, node, g) => {
  const [x, w] = node.inputs;
  const fixed = fixedPads(s, node);
  const group = numberAttribute(node, 'group', 1);
  const { kernel, strides, dilations, pads } = fixed;
  const ofInput = (): string => {
    const y = emit(s, 'Conv', [g, w], {
      kernel_shape: kernel,
      strides,
      dilations,
      pads: [...pads.map(([before]) => before), ...pads.map(([, after]) => after)],
      ...(group === 1 ? {} : { group }),
    });
    const isSame = kernel.every((_, axis) => {
      const extent = extentAt(s, x, axis + 2);
      return extent !== null && extent === extentAt(s, y, axis + 2);
    });
    if (isSame) return y;
    const axes = kernel.map((_, axis) => axis + 2);
    return emit(s, 'Slice', [
      y,
      ints(
        s,
        axes.map(() => 0),
      ),
      extents(s, x, 2),
      ints(s, axes),
    ]);
  };
  return [
    ofInput,
    () => weightGradient(s, g, x, w, fixed, group),
    () => overChannels(s, g, kernel.length),
  ];
});

/** The padding of a transposed convolution, also where it follows from the shape of its result. */
function fixedPads(s: Scope, node: Node): PaddedWindow {
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const given = numbersAttribute(node, 'output_shape');
  const plain = windowAt(s, { ...node, attributes: { ...node.attributes, auto_pad: 'NOTSET' } });
  if (auto === 'VALID') return { ...plain, pads: plain.kernel.map(() => [0, 0] as const) };
  if (auto === 'NOTSET' && given === null) return plain;
  const more = numbersAttribute(node, 'output_padding') ?? plain.kernel.map(() => 0);
  const pads = plain.kernel.map((_, axis): readonly [number, number] => {
    const count = extentAt(s, node.inputs[0], axis + 2);
    const whole = given?.[axis] ?? (count === null ? null : count * plain.strides[axis]);
    if (count === null || whole === null) {
      throw new RangeError(
        `${nodeText(node)}: with auto_pad the extents must be known to differentiate it, got unknown ones`,
      );
    }
    const all = (count - 1) * plain.strides[axis] + more[axis] + reach(plain, axis) - whole;
    const half = Math.floor(all / 2);
    return auto === 'SAME_UPPER' ? [half, all - half] : [all - half, half];
  });
  return { ...plain, pads };
}

/** Convolutions. */
export const convolutions: Readonly<Record<string, Rule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
};
