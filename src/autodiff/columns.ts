import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { emit } from './emit.ts';
import { kernelOf } from './infer/index.ts';
import { reshape, transpose } from './ops.ts';
import { ints, typeOf, type Scope } from './scope.ts';
import { fixedShape } from './type.ts';
import { places, windowOf, type PaddedWindow } from './window.ts';

/** Channels for which small convolutions are faster as products, measured: with fewer, copying takes longer. */
const fewestChannels = 8;
const mostChannels = 64;

/** Places of an image, and numbers in it, up to which that is so: beyond, the copies leave the cache. */
const mostPlaces = 100;
const mostNumbers = 2048;

/** Places of a kernel. */
const mostOfKernel = 27;

/** A convolution of small images that is worth writing as a product of matrices; all of it is known. */
export interface SmallConvolution {
  readonly window: PaddedWindow;
  readonly channels: number;
  readonly outputs: number;
  readonly extents: readonly number[];
  readonly made: readonly number[];
}

const productOf = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** A convolution as a small one, `null` if it is none. */
export function smallConvolution(s: Scope, node: Node): SmallConvolution | null {
  const [x, w] = node.inputs;
  const { dtype, shape } = typeOf(s, x);
  const weight = fixedShape(typeOf(s, w).shape);
  const extents = fixedShape(shape?.slice(2) ?? null);
  const kernel = kernelOf(numbersAttribute(node, 'kernel_shape'), typeOf(s, w));
  if (dtype !== 'float32' || weight === null || extents === null || kernel === null) return null;
  const group = numberAttribute(node, 'group', 1);
  const places = productOf(kernel);
  if (group !== 1 || places < 2 || places > mostOfKernel) return null;
  const { pads, ...window } = windowOf(node, kernel, extents);
  const known = pads.filter((pad) => pad !== null);
  return known.length < pads.length ? null : smallAt({ ...window, pads: known }, weight, extents);
}

/** The convolution of images of these extents with a weight [m, c, …kernel], `null` if it is not small. */
export function smallAt(
  window: PaddedWindow,
  weight: readonly number[],
  extents: readonly number[],
): SmallConvolution | null {
  const [outputs, channels] = weight;
  const made = extents.map((extent, axis) => places(window, axis, extent, false));
  const most = Math.max(productOf(extents), productOf(made));
  const isSmall =
    Math.min(outputs, channels) >= fewestChannels &&
    Math.max(outputs, channels) <= mostChannels &&
    productOf(window.kernel) <= mostOfKernel &&
    productOf(window.kernel) > 1 &&
    most <= mostPlaces &&
    most * Math.max(outputs, channels) <= mostNumbers &&
    made.every((extent) => extent > 0);
  return isSmall ? { window, channels, outputs, extents, made } : null;
}

/** For each place that is made and each of the kernel the place that is read, row-major; `outside` for the padding. */
function placesRead({ window, extents, made }: SmallConvolution, outside: number): number[] {
  const { kernel, strides, dilations, pads } = window;
  let table: number[][] = [[0]];
  for (const [axis, extent] of extents.entries()) {
    // Rows are places that are made, columns those of the kernel; each axis refines both.
    table = table.flatMap((row) =>
      Array.from({ length: made[axis] }, (_, at) =>
        row.flatMap((place) =>
          Array.from({ length: kernel[axis] }, (_unused, offset) => {
            const read = at * strides[axis] + offset * dilations[axis] - pads[axis][0];
            if (place === outside || read < 0 || read >= extent) return outside;
            return place * extent + read;
          }),
        ),
      ),
    );
  }
  return table.flat();
}

/** What is read for each place, [N · places, kernel · channels], of images [N, channels, …]. */
export function columnsOf(s: Scope, x: string, small: SmallConvolution): string {
  const { channels, extents, window } = small;
  const count = productOf(extents);
  const table = placesRead(small, -1);
  const rows = placesLast(s, x, small.extents.length);
  const plain = reshape(s, rows, [-1, count, channels]);
  // The padding is read from one more place of zeros.
  const hasPadding = table.includes(-1);
  const whole = hasPadding ? emit(s, 'Pad', [plain, ints(s, [0, 0, 0, 0, 1, 0])]) : plain;
  const indices = ints(
    s,
    table.map((place) => (place < 0 ? count : place)),
  );
  const columns = emit(s, 'Gather', [whole, indices], { axis: 1 });
  return reshape(s, columns, [-1, productOf(window.kernel) * channels]);
}

/** Images [N, C, …] as [N, …, C]. */
function placesLast(s: Scope, x: string, axes: number): string {
  return transpose(s, x, [0, ...Array.from({ length: axes }, (_, axis) => axis + 2), 1]);
}

/** Images [N, channels, …] as [N · places, channels]. */
export function placesOf(s: Scope, x: string, channels: number, axes: number): string {
  return reshape(s, placesLast(s, x, axes), [-1, channels]);
}

/** A small convolution as a product of matrices; `null` for other nodes. */
export function asProduct(s: Scope, node: Node): readonly string[] | null {
  if (node.operator !== 'Conv' || node.domain !== '') return null;
  const small = smallConvolution(s, node);
  if (small === null) return null;
  const [x, w, bias = ''] = node.inputs;
  const { channels, outputs, made, window } = small;
  const axes = made.map((_, axis) => axis + 2);
  const weight = reshape(s, transpose(s, w, [...axes, 1, 0]), [
    productOf(window.kernel) * channels,
    outputs,
  ]);
  const operands = [columnsOf(s, x, small), weight, ...(bias === '' ? [] : [bias])];
  const product = reshape(s, emit(s, 'Gemm', operands), [-1, ...made, outputs]);
  // Not reshaped behind: what a loop passes on would be copied.
  return [transpose(s, product, [0, made.length + 1, ...made.map((_, axis) => axis + 1)])];
}
