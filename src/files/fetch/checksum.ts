import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { problem } from '../problem.ts';
import { readBytes } from '../read-bytes.ts';
import type { PublishedFile } from './published.ts';

/** Bytes that are read at a time. */
const PIECE = 2 ** 20;

/** The SHA-256 of a file, in hexadecimal. */
function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE);
  try {
    const file = openSync(path, 'r');
    try {
      for (;;) {
        const count = readSync(file, piece, 0, PIECE, null);
        if (count === 0) return hash.digest('hex');
        hash.update(piece.subarray(0, count));
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw problem(path, 'must be a file that can be read', error);
  }
}

/** What a gzip file holds has the checksum. */
function holds(path: string, sha256: string): boolean {
  const bytes = readBytes(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return false;
  try {
    return createHash('sha256').update(gunzipSync(bytes)).digest('hex') === sha256;
  } catch {
    return false;
  }
}

/** The SHA-256 of a file that is not what it should be; `null` where it is, by its own checksum or by that of what it holds. */
export function wrongChecksum(
  path: string,
  { sha256, contentSha256 }: PublishedFile,
): string | null {
  const found = sha256Of(path);
  if (found === sha256) return null;
  return contentSha256 !== undefined && holds(path, contentSha256) ? null : found;
}
