import { gunzipSync } from 'node:zlib';

/**
 * What a gzip file holds, faster than `data/` can say; bytes that are none or are damaged as they are, so that who reads them says
 * what is wrong.
 */
export function inflated(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: 1032 * bytes.length });
  } catch {
    return bytes;
  }
}
