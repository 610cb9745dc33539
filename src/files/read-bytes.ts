import { closeSync, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { problem } from './problem.ts';

/** Largest file that is read into memory as a whole, 2 GiB - 1: that of a protobuf message. */
export const largestFile: number = 2 ** 31 - 1;

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw problem(path, 'must be a file that can be read', error);
  }
}

/** Fills `bytes` from a position of an open file; returns how many bytes there were. */
export function fill(file: number, bytes: Uint8Array, position: number): number {
  let at = 0;
  while (at < bytes.length) {
    const count = readSync(file, bytes, at, bytes.length - at, position + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}

/**
 * The bytes of a regular file. `Error` where it cannot be read, `RangeError` where it is something else
 * than a file, or larger than `largestFile`.
 */
export function readBytes(path: string): Uint8Array {
  const seen = statOf(path);
  if (!seen.isFile()) {
    throw new RangeError(
      `${path}: must be a file, got ${seen.isDirectory() ? 'a folder' : 'something else'}`,
    );
  }
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw problem(path, 'must be a file that can be read', error);
  }
  try {
    const { size } = fstatSync(file);
    if (size > largestFile) {
      throw new RangeError(`${path}: must have at most ${largestFile} bytes, got ${size}`);
    }
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, fill(file, bytes, 0));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw problem(path, 'must be a file that can be read', error);
  } finally {
    closeSync(file);
  }
}
