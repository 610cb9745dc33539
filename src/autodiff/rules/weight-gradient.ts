import { columnsOf, placesOf, smallAt, type SmallConvolution } from '../columns.ts';
import { emit } from '../emit.ts';
import { mul, reshape, sumOver, transpose } from '../ops.ts';
import { ints, typeOf, type Scope } from '../scope.ts';
import { fixedShape } from '../type.ts';
import { reach, type PaddedWindow, type Window } from '../window.ts';
import { reversedPlaces } from './spread.ts';
import { byProducts } from './weight-products.ts';

/** Kernels of at most so many places are gone through one place at a time, as products of matrices. */
const mostShifts = 9;

/** What a weight gradient is made of, with extents where they are known. */
interface Parts {
  readonly s: Scope;
  /** What the convolution reads, [N, C, …]. */
  readonly x: string;
  /** The cotangent of what it makes, [N, M, …]. */
  readonly g: string;
  readonly window: Window;
  readonly group: number;
  /** The shape of the weight, [M, C/G, …kernel]. */
  readonly shape: readonly number[];
}

/**
 * The cotangent of a convolution's weight `W̄[m, c, k] = Σₙₚ ȳ[n, m, p] x[n, c, p·stride + k·dilation - pad]`.
 * Without groups it is products of matrices; else a small kernel is a batched product for each of its
 * places, a large one is one convolution.
 */
export function weightGradient(
  s: Scope,
  x: string,
  g: string,
  w: string,
  window: PaddedWindow,
  group: number,
): string {
  const { shape } = typeOf(s, w);
  const known = fixedShape(shape);
  const extents = fixedShape(typeOf(s, x).shape?.slice(2) ?? null);
  const isFloat32 = typeOf(s, x).dtype === 'float32';
  if (known !== null && extents !== null && group === 1 && isFloat32) {
    const small = smallAt(window, known, extents);
    if (small !== null && isWhole(s, g, small)) return byColumns(s, x, g, small, known);
  }
  const whole = known !== null && group === 1 ? byProducts(s, x, g, window, known) : null;
  if (whole !== null) return whole;
  const kernelSize = window.kernel.reduce((size, extent) => size * extent, 1);
  if (known !== null && kernelSize <= mostShifts) {
    return byShifts({ s, x, g, window, group, shape: known });
  }
  return byConvolution(s, x, g, window, group);
}

/** Whether `ȳ` has all places that the window has, which is not so for a transposed convolution of some sizes. */
function isWhole(s: Scope, g: string, { made }: SmallConvolution): boolean {
  return fixedShape(typeOf(s, g).shape?.slice(2) ?? null)?.join() === made.join();
}

/** One product of the columns that a small convolution is of with `ȳ`. */
function byColumns(
  s: Scope,
  x: string,
  g: string,
  small: SmallConvolution,
  shape: readonly number[],
): string {
  const [m, c, ...kernel] = shape;
  const back = turnedBack(small);
  if (back !== null) return byColumnsOfCotangent(s, x, g, back, shape);
  const axes = kernel.map((_, axis) => axis);
  const columns = columnsOf(s, x, small);
  const product = emit(s, 'Gemm', [columns, placesOf(s, g, m, kernel.length)], { transA: 1 });
  const turned = [kernel.length + 1, kernel.length, ...axes];
  return transpose(s, reshape(s, product, [...kernel, c, m]), turned);
}

/** The small convolution of `ȳ` with the turned kernel that gives `x̄`; `null` if there is none. */
function turnedBack(small: SmallConvolution): SmallConvolution | null {
  const { window, channels, outputs, extents, made } = small;
  const pads = window.pads.map(([before, after], axis): readonly [number, number] => {
    const span = reach(window, axis) - 1;
    return [span - before, span - after];
  });
  const isPlain =
    window.strides.every((stride) => stride === 1) && pads.flat().every((n) => n >= 0);
  return isPlain
    ? {
        window: { ...window, pads },
        channels: outputs,
        outputs: channels,
        extents: made,
        made: extents,
      }
    : null;
}

/**
 * One product of `x` with the columns of `ȳ`, which `x̄` is a product of as well, so that they are copied once:
 * `W̄[m, c, k] = Σₙₚ x[n, c, p] ȳ[n, m, p + pad - k·dilation]`. With `x` on the left onnxruntime has few rows and long ones,
 * 0.6 times the time of many short ones.
 */
function byColumnsOfCotangent(
  s: Scope,
  x: string,
  g: string,
  back: SmallConvolution,
  [m, c, ...kernel]: readonly number[],
): string {
  const spatial = kernel.map((_, axis) => axis + 2);
  const rows = reshape(s, transpose(s, x, [1, 0, ...spatial]), [c, -1]);
  const places = kernel.reduce((product, extent) => product * extent, 1);
  const product = reshape(s, emit(s, 'Gemm', [rows, columnsOf(s, g, back)]), [c, places, m]);
  const inOrder = reshape(s, reversedPlaces(s, product), [c, ...kernel, m]);
  const perm = [kernel.length + 1, 0, ...kernel.map((_, axis) => axis + 1)];
  return transpose(s, inOrder, perm);
}

function padded(s: Scope, x: string, { pads }: Window): string {
  const before = pads.map((pad) => pad?.[0] ?? 0);
  const after = pads.map((pad) => pad?.[1] ?? 0);
  if ([...before, ...after].every((extent) => extent === 0)) return x;
  return emit(s, 'Pad', [x, ints(s, [0, 0, ...before, 0, 0, ...after])]);
}

function byShifts({ s, x, g, window, group, shape }: Parts): string {
  const { kernel, strides, dilations } = window;
  const [m, c, ...rest] = shape;
  const whole = padded(s, x, window);
  const isDepthwise = c === 1 && m === group;
  const spatial = kernel.map((_, axis) => axis + 2);
  const cotangent = isDepthwise ? g : reshape(s, g, [0, group, m / group, -1]);
  const ones = ints(
    s,
    spatial.map(() => 1),
  );
  const steps = emit(s, 'Sub', [emit(s, 'Shape', [g], { start: 2 }), ones]);
  const span = emit(s, 'Add', [emit(s, 'Mul', [steps, ints(s, strides)]), ones]);
  const isPoint = kernel.every((extent, axis) => extent === 1 && strides[axis] === 1);
  const atPlace = (offsets: readonly number[]): string => {
    const starts = offsets.map((offset, axis) => offset * dilations[axis]);
    const part = isPoint
      ? whole
      : emit(s, 'Slice', [
          whole,
          ints(s, starts),
          emit(s, 'Add', [ints(s, starts), span]),
          ints(s, spatial),
          ints(s, strides),
        ]);
    if (isDepthwise) {
      return reshape(s, sumOver(s, mul(s, g, part), [0, ...spatial], false), [m, 1, 1]);
    }
    const columns = transpose(s, reshape(s, part, [0, group, c, -1]), [0, 1, 3, 2]);
    const product = sumOver(s, emit(s, 'MatMul', [cotangent, columns]), [0], false);
    return reshape(s, product, [m, c, 1]);
  };
  const all = offsetsOf(kernel).map(atPlace);
  const joined = all.length === 1 ? all[0] : emit(s, 'Concat', all, { axis: 2 });
  return reshape(s, joined, [m, c, ...rest]);
}

function offsetsOf(kernel: readonly number[]): number[][] {
  let offsets: number[][] = [[]];
  for (const extent of kernel) {
    offsets = offsets.flatMap((head) => Array.from({ length: extent }, (_, at) => [...head, at]));
  }
  return offsets;
}

/** One convolution over the batch: its channels are the examples, its kernel is the cotangent. */
function byConvolution(s: Scope, x: string, g: string, window: Window, group: number): string {
  const { kernel, strides, dilations, pads } = window;
  const spatial = kernel.map((_, axis) => axis + 2);
  const input =
    group === 1 ? transpose(s, x, [1, 0, ...spatial]) : examplesByGroup(s, x, group, spatial);
  const y = emit(s, 'Conv', [input, transpose(s, g, [1, 0, ...spatial])], {
    strides: dilations,
    dilations: strides,
    pads: [...pads.map((pad) => pad?.[0] ?? 0), ...pads.map((pad) => pad?.[1] ?? 0)],
    ...(group === 1 ? {} : { group }),
  });
  const turned = transpose(s, y, [1, 0, ...spatial]);
  const made = fixedShape(typeOf(s, turned).shape?.slice(2) ?? null);
  if (made !== null && made.join() === kernel.join()) return turned;
  const zeros = ints(
    s,
    kernel.map(() => 0),
  );
  return emit(s, 'Slice', [turned, zeros, ints(s, kernel), ints(s, spatial)]);
}

/** [N, G·C, …] as [C, G·N, …]. */
function examplesByGroup(s: Scope, x: string, group: number, spatial: readonly number[]): string {
  const extent = (start: number, end?: number): string =>
    emit(s, 'Shape', [x], { start, ...(end === undefined ? {} : { end }) });
  const concat = (parts: readonly string[]): string => emit(s, 'Concat', parts, { axis: 0 });
  const groups = ints(s, [group]);
  const each = emit(s, 'Div', [extent(1, 2), groups]);
  const split = emit(s, 'Reshape', [x, concat([extent(0, 1), groups, each, extent(2)])]);
  const turned = transpose(s, split, [2, 1, 0, ...spatial.map((axis) => axis + 1)]);
  return emit(s, 'Reshape', [turned, concat([each, ints(s, [-1]), extent(2)])]);
}
