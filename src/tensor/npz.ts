import type { LazyTensor } from './bytes.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { readZip, writeZip } from './npz-zip.ts';
import type { Tensor } from './tensor.ts';

const suffix = '.npy';

/**
 * Reads an `.npz` file (a zip archive of `.npy` files, stored or deflated) as a map from name to tensor.
 * Errors start with `file`: `RangeError` where it is damaged, `TypeError` for an unknown dtype.
 */
export function decodeNpz(bytes: Uint8Array, file: string): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [entry, content] of readZip(bytes, file)) {
    const name = entry.endsWith(suffix) ? entry.slice(0, -suffix.length) : entry;
    if (tensors.has(name)) {
      throw new RangeError(`${file}: names must be unique, got ${name} twice`);
    }
    tensors.set(name, decodeNpy(content, `${file}: ${name}`));
  }
  return tensors;
}

/**
 * Writes an `.npz` file as pieces to be written one after the other, one tensor at a time, each read
 * when its turn comes. `deflate` compresses (random weights do not get smaller).
 */
export function encodeNpz(
  tensors: ReadonlyMap<string, Tensor | LazyTensor>,
  options: { readonly method?: 'store' | 'deflate' } = {},
): Generator<Uint8Array, void> {
  const files = function* (): Generator<readonly [string, readonly Uint8Array[]], void> {
    for (const [name, source] of tensors) {
      yield [`${name}${suffix}`, encodeNpy('data' in source ? source : source.read())];
    }
  };
  return writeZip(files(), options.method ?? 'store');
}
