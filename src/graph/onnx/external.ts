import type { TensorProto } from 'onnx-buf';
import { quoted } from './wording.ts';

/**
 * Reads the files beside a model in which its large tensors lie. `location` is the relative path that
 * the model gives. Both throw one sentence where the file is not one to be read.
 */
export interface ExternalReader {
  /** Bytes that the file has. */
  readonly size: (location: string) => number;
  readonly read: (location: string, offset: number, length: number) => Uint8Array;
}

/** Where the bytes of a tensor lie outside its model. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  /** `null` where the model leaves it to the tensor's shape. */
  readonly length: number | null;
}

/**
 * What is wrong with a path that a model gives for its external data, `null` if nothing is: it must
 * name a file in or below the model's folder on every system (CVE-2022-25882, CVE-2024-27318).
 */
export function locationProblem(location: string): string | null {
  if (location === '') return 'must not be empty';
  if (location.includes('\0')) return 'must not hold a NUL';
  if (location.includes('\\')) return 'must not hold a backslash';
  if (location.startsWith('/') || /^[A-Za-z]:/.test(location)) return 'must be a relative path';
  if (location.split('/').some((part) => part === '..')) return 'must not hold ".."';
  return null;
}

function count(text: string | undefined, key: string, where: string): number | null {
  if (text === undefined) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `${where}: the ${key} of the external data must be a number of bytes, got ${quoted(text)}`,
  );
}

/** Where a tensor says that its bytes lie; `RangeError` for a place outside the model's folder. */
export function externalPlace(tensor: TensorProto, where: string): ExternalPlace {
  const entries = new Map<string, string>();
  for (const { key, value } of tensor.externalData) {
    if (entries.has(key)) {
      throw new RangeError(
        `${where}: each key of the external data must be given once, got ${quoted(key)} twice`,
      );
    }
    entries.set(key, value);
  }
  const location = entries.get('location') ?? '';
  const problem = locationProblem(location);
  if (problem !== null) {
    throw new RangeError(
      `${where}: the location of the external data ${problem}, got ${quoted(location)}`,
    );
  }
  return {
    location,
    offset: count(entries.get('offset'), 'offset', where) ?? 0,
    length: count(entries.get('length'), 'length', where),
  };
}
