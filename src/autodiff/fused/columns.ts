import { numbersAttribute } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { extents, reshape } from '../ops.ts';
import { floats, ints, typeOf } from '../scope.ts';
import type { Expansion } from './expansion.ts';

/**
 * Overlapping blocks `[N, C·∏block, places]` added up to an image: a transposed convolution whose kernel
 * puts each of its `∏block` inputs at a place of its own.
 */
const columnsToImage: Expansion = (s, node) => {
  const [x, imageShape, blockShape] = node.inputs;
  const image = typeOf(s, imageShape).value;
  const block = typeOf(s, blockShape).value;
  if (image === null || block === null) return null;
  const ones = block.map(() => 1);
  const strides = numbersAttribute(node, 'strides') ?? ones;
  const dilations = numbersAttribute(node, 'dilations') ?? ones;
  const pads = numbersAttribute(node, 'pads') ?? block.flatMap(() => [0, 0]);
  const room = block.map((extent, axis) => {
    const span = (extent - 1) * dilations[axis] + 1;
    return image[axis] + pads[axis] + pads[axis + block.length] - span;
  });
  const size = block.reduce((product, extent) => product * extent, 1);
  const unit = Float64Array.from({ length: size * size }, (_, at) => Number(at % (size + 1) === 0));
  const counts = room.map((left, axis) => Math.floor(left / strides[axis]) + 1);
  const apart = reshape(s, x, [-1, size, ...counts]);
  const added = emit(s, 'ConvTranspose', [apart, floats(s, unit, [size, 1, ...block], x)], {
    kernel_shape: block,
    strides,
    dilations,
    pads,
    output_padding: room.map((left, axis) => left % strides[axis]),
  });
  const each = emit(s, 'Div', [extents(s, x, 1, 2), ints(s, [size])]);
  const target = emit(s, 'Concat', [extents(s, x, 0, 1), each, ints(s, image)], { axis: 0 });
  return [emit(s, 'Reshape', [added, target])];
};

/** Operators that put blocks together. */
export const columns: Readonly<Record<string, Expansion>> = { Col2Im: columnsToImage };
