import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import {
  DOMAIN,
  integers,
  needPlain,
  numbers,
  numbersName,
  plainNode,
  type Writing,
} from './blocked-writing.ts';

/** The extents of an image [N, C, H, W] in float32, `null` for what is none; those that are not known are `null`. */
export function imageExtents(w: Writing, name: string): readonly (number | null)[] | null {
  const { dtype = null, shape = null } = w.types.get(name) ?? {};
  if (dtype !== 'float32' || shape?.length !== 4) return null;
  return shape.map((extent) => (typeof extent === 'number' ? extent : null));
}

/** How many channels an image has that is there in blocks. */
function channelsOf(w: Writing, image: string): number {
  return imageExtents(w, image)?.[1] ?? 0;
}

/** A node on images in blocks. */
function blockedNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node {
  return { ...plainNode(operator, inputs, output, attributes), domain: DOMAIN };
}

/** What scales are called that are none. */
const ONES = 'ones';

/**
 * `output = scale · image + shift` by channel, all in blocks, as the convolution of every channel by itself with one place:
 * one pass, in two thirds of the time of a broadcast product or sum. Scale and shift have C elements.
 */
export function writeAffine(
  w: Writing,
  image: string,
  channels: number,
  { scale = '', shift = '' }: { readonly scale?: string; readonly shift?: string },
  output: string,
): void {
  const vector = (name: string, shape: readonly number[], what: string): string => {
    const own = `${output}:${what}`;
    w.nodes.push(plainNode('Reshape', [name, integers(w, shape)], own));
    return own;
  };
  const kernel =
    scale === ''
      ? numbers(w, `${ONES} ${channels}`, [channels, 1, 1, 1], new Float32Array(channels).fill(1))
      : vector(scale, [channels, 1, 1, 1], 'scale');
  const inputs =
    shift === '' ? [image, kernel] : [image, kernel, vector(shift, [channels], 'shift')];
  const attributes = {
    group: channels,
    kernel_shape: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
  };
  w.nodes.push(blockedNode('Conv', inputs, output, attributes));
}

/** Whether a node is an affine map by channel that `writeAffine` wrote without a scale. */
export function isShift({ domain, inputs }: Node): boolean {
  return domain === DOMAIN && inputs.length === 3 && inputs[1].startsWith(numbersName(ONES));
}

/** A product, sum or difference of an image in blocks and one number for each channel, [1, C, 1, 1]: the operands' names. */
function imageAndVector(w: Writing, { operator, domain, inputs }: Node): readonly string[] | null {
  if (domain !== '' || !['Add', 'Mul', 'Sub'].includes(operator)) return null;
  const [image, vector] =
    w.blocked.has(inputs[0]) || operator === 'Sub' ? inputs : inputs.toReversed();
  if (!w.blocked.has(image)) return null;
  const channels = imageExtents(w, image)?.[1] ?? null;
  const { dtype = null, shape = null } = w.types.get(vector) ?? {};
  const isVector = channels !== null && dtype === 'float32' && [3, 4].includes(shape?.length ?? 0);
  const own = shape?.slice(-3).join();
  return isVector && own === `${channels},1,1` && (shape?.length === 3 || shape?.[0] === 1)
    ? [image, vector]
    : null;
}

/** Writes a product, sum or difference of an image in blocks and one number for each channel; `false` for what is none. */
export function writeByChannel(w: Writing, node: Node): boolean {
  const operands = imageAndVector(w, node);
  if (operands === null) return false;
  const [image, vector] = operands;
  const [output] = node.outputs;
  const own = `${output}:blocked`;
  needPlain(w, vector);
  let role: { readonly scale?: string; readonly shift?: string } = { scale: vector };
  if (node.operator === 'Add') role = { shift: vector };
  if (node.operator === 'Sub') {
    const negative = `${output}:negative`;
    w.nodes.push(plainNode('Neg', [vector], negative));
    role = { shift: negative };
  }
  writeAffine(w, w.blocked.get(image) ?? image, channelsOf(w, image), role, own);
  w.blocked.set(output, own);
  return true;
}

/** `output`, the mean over batch and places by channel, [1, C, 1, 1], of an image in blocks. */
export function writeMean(w: Writing, image: string, output: string): void {
  writeReduced(w, 'ReduceMean', image, [0, 2, 3], 1, output);
}

function writeReduced(
  w: Writing,
  operator: string,
  image: string,
  axes: readonly number[],
  keepdims: number,
  output: string,
): void {
  const pooled = `${output}:pooled`;
  w.nodes.push(
    blockedNode('GlobalAveragePool', [image], pooled),
    plainNode(operator, [pooled, integers(w, axes)], output, { keepdims }),
  );
}

/** Writes the mean or sum over all places, and maybe the batch, of an image in blocks; `false` for what is none. */
export function writeOverPlaces(w: Writing, node: Node): boolean {
  const { operator, domain, inputs, outputs } = node;
  const [name, axesName = ''] = inputs;
  const [output] = outputs;
  const image = w.blocked.get(name);
  const extents = imageExtents(w, name);
  if (domain !== '' || image === undefined || extents === null) return false;
  if (operator === 'GlobalAveragePool') {
    w.nodes.push(blockedNode(operator, [image], output));
    w.plain.add(output);
    return true;
  }
  const axes = w.types.get(axesName)?.value ?? numbersAttribute(node, 'axes');
  const known = axes?.map((axis) => (axis < 0 ? axis + 4 : axis)) ?? [];
  if (!known.includes(2) || !known.includes(3) || known.includes(1)) return false;
  const keepdims = numberAttribute(node, 'keepdims', 1);
  const [, , height, width] = extents;
  if (operator === 'ReduceMean') {
    writeReduced(w, operator, image, known, keepdims, output);
  } else if (operator === 'ReduceSum' && height !== null && width !== null) {
    const places = height * width;
    const [means, count] = [
      `${output}:means`,
      numbers(w, `${places}`, [], Float32Array.of(places)),
    ];
    writeReduced(w, operator, image, known, keepdims, means);
    w.nodes.push(plainNode('Mul', [means, count], output));
  } else {
    return false;
  }
  w.plain.add(output);
  return true;
}
