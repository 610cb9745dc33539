import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { decodeNpy, decodeNpz, type Tensor } from '../tensor/index.ts';

/** Reads the tensors of an `.npy` or `.npz` file. */
export function readInputs(path: string): ReadonlyMap<string, Tensor> | Tensor {
  const format = extname(path);
  if (format !== '.npy' && format !== '.npz') {
    throw new Error(`--input: must end in .npy or .npz, got ${path}`);
  }
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw new Error(`${path}: must be a file that can be read, got ${code}`, { cause: error });
  }
  return format === '.npy' ? decodeNpy(bytes, path) : decodeNpz(bytes, path);
}
