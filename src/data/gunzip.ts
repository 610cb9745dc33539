import { gunzipSync } from 'fflate';
import { crc32 } from '../tensor/index.ts';

/** Nothing inflates to more than this many times its size, so larger claims are false. */
const LARGEST_INFLATION = 1032;

/** Bytes of the shortest gzip file: a header of 10, an empty block of 2, checksum and size. */
const SHORTEST = 20;

/**
 * The content of a gzip file of one member; bytes that do not begin like one are returned as they are. Size and
 * checksum are checked: `RangeError` that starts with `file` where it is damaged.
 * Reference: RFC 1952
 */
export function gunzip(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const broken = (why: string): RangeError =>
    new RangeError(`${file}: must be a whole gzip file, got ${why}`);
  if (bytes.length < SHORTEST) throw broken(`${bytes.length} bytes`);
  const end = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const [checksum, size] = [end.getUint32(0, true), end.getUint32(4, true)];
  if (size > LARGEST_INFLATION * bytes.length) {
    throw broken(`${bytes.length} bytes that claim to hold ${size}`);
  }
  let content: Uint8Array;
  try {
    content = gunzipSync(bytes, { out: new Uint8Array(size) });
  } catch (error) {
    throw broken(
      `one that does not inflate (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (content.length !== size) throw broken(`${content.length} bytes of ${size}`);
  const found = crc32([content]);
  if (found !== checksum) throw broken(`the checksum ${found} where ${checksum} is due`);
  return content;
}
