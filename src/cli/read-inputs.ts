import { extname } from 'node:path';
import { readBytes } from '../files/index.ts';
import { decodeNpy, decodeNpz, type Tensor } from '../tensor/index.ts';

/** Reads the tensors of an `.npy` or `.npz` file. */
export function readInputs(path: string): ReadonlyMap<string, Tensor> | Tensor {
  const format = extname(path);
  if (format !== '.npy' && format !== '.npz') {
    throw new Error(`--input: must end in .npy or .npz, got ${path}`);
  }
  const bytes = readBytes(path);
  if (format === '.npy') return decodeNpy(bytes, path);
  const tensors = decodeNpz(bytes, path);
  if (tensors.size === 0)
    throw new RangeError(`${path}: must hold a tensor by input name, got none`);
  return tensors;
}
