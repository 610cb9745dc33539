import { deflateSync, inflateSync } from 'fflate';
import { crc32 } from './crc32.ts';

const localHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const directoryEnd = 0x06054b50;
const directoryEnd64 = 0x06064b50;
const directoryEnd64Locator = 0x07064b50;

/** Value of a 32-bit field whose number stands in the zip64 extra field instead. */
const in64 = 0xffffffff;

/** No stream that inflates gets longer than this many times its size, so larger claims are false. */
const largestInflation = 1032;

interface Reader {
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  readonly u64: (at: number) => number;
  readonly slice: (at: number, count: number) => Uint8Array;
}

/** Reads little-endian numbers; outside the bytes it throws one sentence about the file. */
function reader(bytes: Uint8Array, file: string): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const within = (at: number, count: number): number => {
    if (!(at >= 0 && at + count <= bytes.length)) {
      throw new RangeError(
        `${file}: every part of the zip archive must lie within its ${bytes.length} bytes, got one from ${at} to ${at + count}`,
      );
    }
    return at;
  };
  return {
    u16: (at) => view.getUint16(within(at, 2), true),
    u32: (at) => view.getUint32(within(at, 4), true),
    u64: (at) => Number(view.getBigUint64(within(at, 8), true)),
    slice: (at, count) => bytes.subarray(within(at, count), at + count),
  };
}

/** Where the central directory starts and how many entries it has. */
function findDirectory(bytes: Uint8Array, read: Reader, file: string): readonly [number, number] {
  const shortest = 22;
  const longestComment = 0xffff;
  const last = bytes.length - shortest;
  for (let at = last; at >= 0 && at >= last - longestComment; at--) {
    if (read.u32(at) !== directoryEnd) continue;
    const count = read.u16(at + 10);
    const start = read.u32(at + 16);
    const locator = at - 20;
    if (locator >= 0 && read.u32(locator) === directoryEnd64Locator) {
      const end64 = read.u64(locator + 8);
      if (read.u32(end64) === directoryEnd64) return [read.u64(end64 + 48), read.u64(end64 + 32)];
    }
    return [start, count];
  }
  throw new RangeError(`${file}: a zip archive must end in its directory, got none`);
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly headerStart: number;
  /** Where the entry after this one stands in the directory. */
  readonly next: number;
}

function readEntry(read: Reader, at: number, file: string): Entry {
  if (read.u32(at) !== directoryHeader) {
    throw new RangeError(`${file}: the zip directory must have an entry at byte ${at}, got none`);
  }
  const nameLength = read.u16(at + 28);
  const extraLength = read.u16(at + 30);
  const extraStart = at + 46 + nameLength;
  const extraEnd = extraStart + extraLength;
  let wide = -1;
  for (let extra = extraStart; extra + 4 <= extraEnd; extra += 4 + read.u16(extra + 2)) {
    if (read.u16(extra) === 1) wide = extra + 4;
  }
  const field = (offset: number): number => {
    const value = read.u32(at + offset);
    if (value !== in64 || wide < 0) return value;
    wide += 8;
    return read.u64(wide - 8);
  };
  const size = field(24);
  const packedSize = field(20);
  return {
    name: new TextDecoder().decode(read.slice(at + 46, nameLength)),
    flags: read.u16(at + 8),
    method: read.u16(at + 10),
    crc: read.u32(at + 16),
    packedSize,
    size,
    headerStart: field(42),
    next: extraEnd + read.u16(at + 32),
  };
}

function unpack(read: Reader, entry: Entry, file: string): Uint8Array {
  const { name, flags, method, packedSize, size, headerStart } = entry;
  const where = `${file}: ${name}`;
  if (read.u32(headerStart) !== localHeader) {
    throw new RangeError(`${where} must start at byte ${headerStart} of the archive, got none`);
  }
  if ((flags & 1) !== 0)
    throw new RangeError(`${where} must not be encrypted, got an encrypted entry`);
  const start = headerStart + 30 + read.u16(headerStart + 26) + read.u16(headerStart + 28);
  const packed = read.slice(start, packedSize);
  if (method === 0) {
    if (size !== packedSize) {
      throw new RangeError(`${where} must have ${size} bytes, got ${packedSize}`);
    }
    return packed;
  }
  if (method !== 8) {
    throw new RangeError(`${where} must be stored or deflated, got compression method ${method}`);
  }
  if (size > largestInflation * packedSize) {
    throw new RangeError(
      `${where} must have at most ${largestInflation * packedSize} bytes, got a claim of ${size}`,
    );
  }
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(packed, { out: new Uint8Array(size) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${where} must be deflated data, got: ${reason}`, { cause: error });
  }
  if (inflated.length !== size) {
    throw new RangeError(`${where} must have ${size} bytes, got ${inflated.length}`);
  }
  return inflated;
}

/**
 * The files of a zip archive (stored or deflated, zip64 or not), each unpacked when its turn comes.
 * Positions, sizes and checksums are checked; errors start with `file`.
 */
export function* readZip(
  bytes: Uint8Array,
  file: string,
): Generator<readonly [name: string, content: Uint8Array], void> {
  const read = reader(bytes, file);
  let [at, count] = findDirectory(bytes, read, file);
  let packed = 0;
  for (; count > 0; count--) {
    const entry = readEntry(read, at, file);
    packed += entry.packedSize;
    if (packed > bytes.length) {
      throw new RangeError(
        `${file}: the entries must not overlap within the ${bytes.length} bytes, got ${packed} bytes of them`,
      );
    }
    const content = unpack(read, entry, file);
    const crc = crc32([content]);
    if (crc !== entry.crc) {
      throw new RangeError(
        `${file}: ${entry.name} must have the checksum ${entry.crc}, got ${crc}`,
      );
    }
    yield [entry.name, content];
    at = entry.next;
  }
}

/** Little-endian fields one after the other: `[bytes, value]`. */
function record(fields: readonly (readonly [2 | 4 | 8, number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((length, [width]) => length + width, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return out;
}

/** 1980-01-01, the first day of the format: the same content gives the same archive. */
const date = 0x21;
const utf8Name = 0x800;
const version = 45;

/**
 * Writes a zip archive as pieces to be written one after the other; the content of a file is asked for
 * when its turn comes. Sizes are always given in zip64, so that nothing depends on a limit of 4 GiB.
 */
export function* writeZip(
  files: Iterable<readonly [name: string, content: readonly Uint8Array[]]>,
  method: 'store' | 'deflate',
): Generator<Uint8Array, void> {
  const directory: Uint8Array[] = [];
  let position = 0;
  let count = 0;
  const methodCode = method === 'store' ? 0 : 8;
  for (const [name, content] of files) {
    const nameBytes = new TextEncoder().encode(name);
    const size = content.reduce((sum, piece) => sum + piece.length, 0);
    const crc = crc32(content);
    const packed = method === 'store' ? content : [deflateSync(joined(content, size))];
    const packedSize = packed.reduce((sum, piece) => sum + piece.length, 0);
    const common = [
      [2, version],
      [2, utf8Name],
      [2, methodCode],
      [2, 0],
      [2, date],
      [4, crc],
      [4, in64],
      [4, in64],
      [2, nameBytes.length],
    ] as const;
    const local = record([[4, localHeader], ...common, [2, 20]]);
    const extra = record([
      [2, 1],
      [2, 16],
      [8, size],
      [8, packedSize],
    ]);
    directory.push(
      record([
        [4, directoryHeader],
        [2, version],
        ...common,
        [2, 28],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, in64],
      ]),
      nameBytes,
      record([
        [2, 1],
        [2, 24],
        [8, size],
        [8, packedSize],
        [8, position],
      ]),
    );
    yield* [local, nameBytes, extra, ...packed];
    position += local.length + nameBytes.length + extra.length + packedSize;
    count++;
  }
  const directorySize = directory.reduce((sum, piece) => sum + piece.length, 0);
  yield* directory;
  yield record([
    [4, directoryEnd64],
    [8, 44],
    [2, version],
    [2, version],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, directorySize],
    [8, position],
    [4, directoryEnd64Locator],
    [4, 0],
    [8, position + directorySize],
    [4, 1],
    [4, directoryEnd],
    [2, 0],
    [2, 0],
    [2, 0xffff],
    [2, 0xffff],
    [4, in64],
    [4, in64],
    [2, 0],
  ]);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
