import { scheme, specOf, type Options, type Spec } from '../init/index.ts';
import { fold, type Key } from '../random/index.ts';
import { sizeOf, type AxisRole } from '../tensor/index.ts';

/** How a kernel of TF.js is laid out; `k` stands for the kernel axes. */
export const layouts = ['io', 'depthwise', 'transposed', 'lookup'] as const;

/**
 * What the shape of a kernel does not tell, and TF.js tells an initializer nothing else:
 * `io` is `[...k, in, out]` (dense, conv, the pointwise part of a separable convolution, recurrent
 * kernels); `depthwise` is `[...k, in, multiplier]`; `transposed` is `[...k, out, in]`, the kernel of
 * `conv2dTranspose`; `lookup` is the `[rows, features]` of an embedding.
 */
export type KernelLayout = (typeof layouts)[number];

/** What the shape of a kernel does not tell; each has a default. */
export interface KernelOptions {
  /** `io` if it is left out. */
  readonly layout?: KernelLayout;
  /** Groups of a grouped convolution. */
  readonly groups?: number;
  /** Strides of the layer, the same along each axis: fewer taps of a strided kernel meet. */
  readonly strides?: number;
  /**
   * Number of equal parts of the last axis that are maps of their own: 4 for the kernels and the bias
   * of an LSTM, 3 of a GRU. Part i has the stream `gate/i`.
   */
  readonly gates?: number;
}

/** The kernel options, none left out. */
export type Kernel = Required<KernelOptions>;

/** The defaults: a kernel `[...k, in, out]` that is one map. */
export const plainKernel: Kernel = { layout: 'io', groups: 1, strides: 1, gates: 1 };

/** The spec of a kernel of one map. `RangeError` where shape, layout and groups do not fit together. */
export function specOfKernel(shape: readonly number[], kernel: Kernel): Spec {
  const { layout, groups, strides } = kernel;
  const shown = `[${shape.join(', ')}]`;
  if (layout !== 'io' && groups !== 1) {
    throw new RangeError(`stepzero/tfjs: groups must be 1 for layout ${layout}, got ${groups}`);
  }
  const least = { io: 0, depthwise: 3, transposed: 3, lookup: 2 }[layout];
  if (shape.length < least) {
    throw new RangeError(
      `stepzero/tfjs: shape must have at least ${least} dimensions for layout ${layout}, got ${shown}`,
    );
  }
  const spec = specOf(shape, 'io', 'float32', groups);
  const taps = shape.slice(0, -2);
  const thinned = strides ** taps.length;
  const roles = taps.map((): AxisRole => 'kernel');
  const [inner, last] = shape.slice(-2);
  const specs: { readonly [L in KernelLayout]: () => Partial<Spec> } = {
    io: () => (shape.length < 2 ? {} : { fanOut: spec.fanOut / thinned }),
    depthwise: () => ({
      shape: [...taps, inner, 1, last],
      layout: [...roles, 'batch', 'in', 'out'],
      fanIn: sizeOf(taps),
      fanOut: (last * sizeOf(taps)) / thinned,
    }),
    transposed: () => ({
      layout: [...roles, 'out', 'in'],
      fanIn: last * sizeOf(taps.map((extent) => Math.ceil(extent / strides))),
      fanOut: inner * sizeOf(taps),
    }),
    lookup: () => ({ layout: [], fanIn: 1, fanOut: last }),
  };
  return { ...spec, ...specs[layout]() };
}

/**
 * The float32 values of a kernel in the order of TF.js. A kernel of one map has the stream of the key
 * itself, as `stepzero sample` draws it.
 */
export function drawKernel(
  key: Key,
  name: string,
  options: Options,
  shape: readonly number[],
  kernel: Kernel,
): Float32Array {
  const record = scheme(name);
  const draw = (stream: Key, of: readonly number[]): Float32Array => {
    const { data } = record.draw(stream, specOfKernel(of, kernel), options);
    return data instanceof Float32Array ? data : new Float32Array(data);
  };
  const { gates } = kernel;
  if (gates === 1) return draw(key, shape);
  const wide = shape.at(-1) ?? 0;
  if (wide % gates !== 0) {
    throw new RangeError(
      `stepzero/tfjs: gates must divide the last axis of [${shape.join(', ')}], got ${gates}`,
    );
  }
  const narrow = wide / gates;
  const values = new Float32Array(sizeOf(shape));
  for (let gate = 0; gate < gates; gate++) {
    const part = draw(fold(key, `gate/${gate}`), [...shape.slice(0, -1), narrow]);
    for (let row = 0; row * narrow < part.length; row++) {
      const piece = part.subarray(row * narrow, (row + 1) * narrow);
      values.set(piece, row * wide + gate * narrow);
    }
  }
  return values;
}
