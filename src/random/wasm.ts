import { assertIndices, type FloatArray } from './chunks.ts';
import { insideOf } from './inside.ts';
import type { Key } from './key.ts';
import { plainKernels, type Kernels } from './kernels.ts';
import { assertNormal } from './normal.ts';
import { assertTruncated, endsOf } from './truncated-normal.ts';
import { assertUniform } from './uniform.ts';
import { WASM_BYTES } from './wasm-bytes.ts';

/** As far as it is used here: neither the language's own types nor Node's have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** What the module of `assembly/kernels/index.ts` exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly chunk: () => number;
  readonly values: () => number;
  readonly setKey: (seedLow: number, seedHigh: number, low: number, high: number) => void;
  readonly philox: (low: number, high: number, blocks: number) => void;
  readonly uniform32: Loop<[low: number, width: number, least: number, most: number]>;
  readonly uniform64: Loop<[low: number, width: number, least: number, most: number]>;
  readonly normal32: Loop<[mean: number, std: number]>;
  readonly normal64: Loop<[mean: number, std: number]>;
  readonly quickNormal32: Loop<[std: number]>;
  readonly setTruncation: (
    mean: number,
    std: number,
    low: number,
    high: number,
    least: number,
    most: number,
  ) => void;
  readonly truncated32: Loop<[element: bigint]>;
  readonly truncated64: Loop<[element: bigint]>;
}

type Loop<A extends unknown[]> = (count: number, ...rest: A) => void;

/** The range of std for which no number of `quickNormal32` is subnormal or infinite in float32. */
const QUICK_LEAST = 1e-25;
const QUICK_MOST = 1e25;

/** Below this a width times 2^-32 may be subnormal, so that the order of the products matters. */
const LEAST_WIDTH = 1e-290;

/**
 * The kernels as WebAssembly SIMD on the calling thread: the bits of `plainKernels`, several times
 * faster. `null` where the engine has no WebAssembly with SIMD and relaxed SIMD.
 */
export function wasmKernels(): Kernels | null {
  const exports = instantiate();
  if (exports === null) return null;
  const size = exports.chunk();
  const at = exports.values();
  const singles = new Float32Array(exports.memory.buffer, at, size + 4);
  const doubles = new Float64Array(exports.memory.buffer, at, size + 4);

  /** Fills `out` a chunk at a time; `numbers` makes `count` numbers from the words of `first…`. */
  const fill = (
    key: Key,
    out: FloatArray,
    offset: number,
    numbers: (count: number, first: number) => void,
  ): void => {
    exports.setKey(key.seed[0], key.seed[1], key.path[0], key.path[1]);
    const values = out instanceof Float32Array ? singles : doubles;
    let done = 0;
    while (done < out.length) {
      const skip = (offset + done) % 4;
      const first = offset + done - skip;
      const block = first / 4;
      const low = block % 2 ** 32;
      const count = Math.min(size, skip + out.length - done, 4 * (2 ** 32 - low));
      exports.philox(low, Math.floor(block / 2 ** 32), Math.ceil(count / 4));
      numbers(count, first);
      out.set(values.subarray(skip, count), done);
      done += count - skip;
    }
  };

  return {
    memory: plainKernels.memory,
    haar: plainKernels.haar,
    transpose: plainKernels.transpose,
    uniform: (key, out, low, high, offset = 0) => {
      assertUniform(low, high);
      assertIndices('fillUniform', out, offset);
      if (high - low < LEAST_WIDTH) {
        plainKernels.uniform(key, out, low, high, offset);
        return;
      }
      const [least, most] = insideOf(out, low, high);
      const loop = out instanceof Float32Array ? exports.uniform32 : exports.uniform64;
      fill(key, out, offset, (count) => loop(count, low, high - low, least, most));
    },
    normal: (key, out, mean, std, offset = 0) => {
      assertNormal(mean, std);
      assertIndices('fillNormal', out, offset);
      const isSingle = out instanceof Float32Array;
      if (isSingle && mean === 0 && std >= QUICK_LEAST && std <= QUICK_MOST) {
        fill(key, out, offset, (count) => exports.quickNormal32(count, std));
        return;
      }
      const loop = isSingle ? exports.normal32 : exports.normal64;
      fill(key, out, offset, (count) => loop(count, mean, std));
    },
    truncatedNormal: (key, out, mean, std, low, high, offset = 0) => {
      assertTruncated(mean, std, low, high);
      assertIndices('fillTruncatedNormal', out, offset);
      const [least, most] = endsOf(out, mean, std, low, high);
      exports.setTruncation(mean, std, low, high, least, most);
      const loop = out instanceof Float32Array ? exports.truncated32 : exports.truncated64;
      fill(key, out, offset, (count, first) => loop(count, BigInt(first)));
    },
  };
}

function instantiate(): Exports | null {
  try {
    const bytes = Uint8Array.from(atob(WASM_BYTES), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what WebAssembly exports has no type of its own; a test calls every function.
    return exports as unknown as Exports;
  } catch {
    return null;
  }
}

let local: Kernels | undefined;

/** The fastest kernels of the calling thread: WebAssembly, or plain TypeScript where there is none. */
export function localKernels(): Kernels {
  local ??= wasmKernels() ?? plainKernels;
  return local;
}
