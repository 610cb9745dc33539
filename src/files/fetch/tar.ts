const BLOCK = 512;

/**
 * The regular files of a tar archive by their names; folders, links and what else it has are left out. `RangeError` that starts with `file`
 * where a header is damaged or the archive ends too early. Nothing is written, so names may be any.
 * Reference: POSIX.1-2017, pax, ustar interchange format
 */
export function readTar(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let at = 0;
  while (at + BLOCK <= bytes.length) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return found;
    checkHeader(header, at, file);
    const size = octal(header, 124, 12);
    const start = at + BLOCK;
    if (!Number.isSafeInteger(size) || start + size > bytes.length) {
      throw new RangeError(
        `${file}: a tar archive must hold all of ${text(header, 0, 100)}, got ${bytes.length - start} bytes of ${size}`,
      );
    }
    const isFile = header[156] === 0 || header[156] === 0x30;
    if (isFile) {
      const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
      const name = text(header, 0, 100);
      found.set(prefix === '' ? name : `${prefix}/${name}`, bytes.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new RangeError(
    `${file}: a tar archive must end with a block of zeros, got the end after ${bytes.length} bytes`,
  );
}

/** Text up to a zero. */
function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end));
}

/** A number in octal digits; `NaN` where there is none. */
function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** The sum of the bytes of a header, its own field taken as spaces, must be what it says. */
function checkHeader(header: Uint8Array, at: number, file: string): void {
  let sum = 0;
  header.forEach((byte, index) => (sum += index >= 148 && index < 156 ? 0x20 : byte));
  const said = octal(header, 148, 8);
  if (sum === said) return;
  throw new RangeError(
    `${file}: the header at byte ${at} of a tar archive must have the checksum ${sum}, got ${Number.isNaN(said) ? 'none' : said}`,
  );
}
