import type { DType } from './tensor.ts';

/** What the header of an `.npy` file says about its array. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  /** Offset of the first byte of data. */
  readonly dataStart: number;
}

const dtypes: Readonly<Record<string, DType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

const codes: ReadonlyMap<DType, string> = new Map(
  Object.entries(dtypes).map(([code, dtype]) => [dtype, code]),
);

const magic = '\x93NUMPY';

/** The data starts at a multiple of this many bytes, so that it can be mapped into memory. */
const alignment = 64;

function headerText(
  bytes: Uint8Array,
  file: string,
): { readonly text: string; readonly dataStart: number } {
  const found = String.fromCharCode(...bytes.subarray(0, magic.length));
  if (found !== magic) {
    throw new RangeError(
      `${file}: an .npy file must start with \\x93NUMPY, got ${JSON.stringify(found)}`,
    );
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw new RangeError(`${file}: the .npy format must be 1, 2 or 3, got ${version ?? 'the end'}`);
  }
  const headerStart = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < headerStart) {
    throw new RangeError(
      `${file}: an .npy file must have at least ${headerStart} bytes, got ${bytes.byteLength}`,
    );
  }
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + length;
  if (dataStart > bytes.byteLength) {
    throw new RangeError(
      `${file}: the .npy header must lie within the file of ${bytes.byteLength} bytes, got an end at ${dataStart}`,
    );
  }
  const encoding = version === 3 ? 'utf-8' : 'latin1';
  return {
    text: new TextDecoder(encoding).decode(bytes.subarray(headerStart, dataStart)),
    dataStart,
  };
}

/** Reads the header of an `.npy` file of format 1, 2 or 3; errors start with `file`. */
export function decodeNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const { text, dataStart } = headerText(bytes, file);
  const descr = /["']descr["']\s*:\s*["']([^"']*)["']/.exec(text)?.[1];
  const order = /["']fortran_order["']\s*:\s*(True|False)/.exec(text)?.[1];
  const extents = /["']shape["']\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || extents === undefined) {
    throw new RangeError(
      `${file}: the .npy header must give a plain descr, fortran_order and shape, got ${JSON.stringify(text.trim().slice(0, 80))}`,
    );
  }
  const dtype: DType | undefined = Object.hasOwn(dtypes, descr.slice(1))
    ? dtypes[descr.slice(1)]
    : undefined;
  if (dtype === undefined || !'<>|='.includes(descr[0])) {
    throw new TypeError(
      `${file}: the dtype must be one of ${Object.keys(dtypes).join(', ')}, got ${JSON.stringify(descr)}`,
    );
  }
  const shape = extents
    .split(',')
    .map((extent) => extent.trim().replace(/L$/, ''))
    .filter((extent) => extent !== '')
    .map(Number);
  return {
    dtype,
    shape,
    bigEndian: descr.startsWith('>'),
    fortranOrder: order === 'True',
    dataStart,
  };
}

/**
 * Header of a row-major little-endian `.npy` file: format 1.0, or 2.0 where the header is too long for
 * it. `TypeError` for bfloat16, which the format does not know.
 */
export function encodeNpyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  const code = codes.get(dtype);
  if (code === undefined) {
    throw new TypeError(`npy: the dtype must be one that numpy has, got ${dtype}`);
  }
  const descr = `${code.endsWith('1') ? '|' : '<'}${code}`;
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const version = text.length + alignment > 0xffff ? 2 : 1;
  const headerStart = version === 1 ? 10 : 12;
  const dataStart = Math.ceil((headerStart + text.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(dataStart).fill(0x20);
  const put = (at: number, latin1: string): void => {
    for (let index = 0; index < latin1.length; index++)
      bytes[at + index] = latin1.charCodeAt(index);
  };
  put(0, `${magic}${String.fromCharCode(version, 0)}`);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, dataStart - headerStart, true);
  else view.setUint32(8, dataStart - headerStart, true);
  put(headerStart, text);
  bytes[dataStart - 1] = 0x0a;
  return bytes;
}
