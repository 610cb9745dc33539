import { bytesOf, bytesPerElement, tensorOfBytes, type LazyTensor } from './bytes.ts';
import { sizeOf, type DType, type Tensor } from './tensor.ts';

const names: readonly (readonly [dtype: DType, code: string])[] = [
  ['float64', 'F64'],
  ['float32', 'F32'],
  ['float16', 'F16'],
  ['bfloat16', 'BF16'],
  ['int64', 'I64'],
  ['int32', 'I32'],
  ['int16', 'I16'],
  ['int8', 'I8'],
  ['uint64', 'U64'],
  ['uint32', 'U32'],
  ['uint16', 'U16'],
  ['uint8', 'U8'],
  ['bool', 'BOOL'],
];

const codes: ReadonlyMap<DType, string> = new Map(names);
const dtypes: ReadonlyMap<unknown, DType> = new Map(names.map(([dtype, code]) => [code, dtype]));

/** Longest header that readers of the format accept. */
const longestHeader = 100_000_000;

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isWords(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((word) => typeof word === 'string')
  );
}

/** A value of the header as it stands in a message: its first characters, whatever it is. */
function shown(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
  } catch {
    return 'a list nested too deeply';
  }
}

/** What the header says about one tensor. */
function entryOf(file: string, name: string, value: unknown): Entry {
  const where = `${file}: tensor ${name}`;
  const record: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  const dtype = dtypes.get(record['dtype']);
  if (dtype === undefined) {
    throw new TypeError(
      `${where}: dtype must be one of ${[...codes.values()].join(', ')}, got ${shown(record['dtype'])}`,
    );
  }
  const shape = record['shape'];
  if (!isCounts(shape)) {
    throw new RangeError(`${where}: shape must be a list of whole numbers, got ${shown(shape)}`);
  }
  const offsets = record['data_offsets'];
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw new RangeError(
      `${where}: data_offsets must be a first and a last whole number, got ${shown(offsets)}`,
    );
  }
  const [begin, end] = offsets;
  const expected = sizeOf(shape) * bytesPerElement(dtype);
  if (end - begin !== expected) {
    throw new RangeError(
      `${where}: ${dtype} of shape [${shape.join(',')}] must have ${expected} bytes, got ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function readHeader(
  bytes: Uint8Array,
  file: string,
): { readonly header: object; readonly dataStart: number } {
  if (bytes.length < 8) {
    throw new RangeError(
      `${file}: a safetensors file must have at least 8 bytes, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  const longest = Math.min(longestHeader, bytes.length - 8);
  if (length > longest) {
    throw new RangeError(
      `${file}: the safetensors header must have at most ${longest} bytes, got ${length}`,
    );
  }
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text);
  } catch {
    header = undefined;
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new RangeError(`${file}: the safetensors header must be a JSON object`);
  }
  return { header, dataStart: 8 + length };
}

/** A set of tensors and the words that came with it. */
export interface Safetensors {
  /** In the order of their data in the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a `.safetensors` file; tensors are views on `bytes` where they are aligned. The header is
 * checked before it is used: every tensor has the bytes that its dtype and shape ask for, and the
 * tensors together cover the data exactly once.
 * Errors start with `file`: `RangeError` where the file is damaged, `TypeError` for a dtype that a
 * `Tensor` does not have.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const { header, dataStart } = readHeader(bytes, file);
  const { __metadata__: words = {}, ...records }: Record<string, unknown> = { ...header };
  if (!isWords(words)) {
    throw new RangeError(`${file}: __metadata__ must map words to words, got ${shown(words)}`);
  }
  const entries = Object.entries(records)
    .map(([name, value]) => entryOf(file, name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      throw new RangeError(
        `${file}: tensor ${name} must start at byte ${covered} of the data, where the one before ends, got ${begin}`,
      );
    }
    covered = end;
  }
  const data = bytes.subarray(dataStart);
  if (covered !== data.length) {
    throw new RangeError(
      `${file}: the tensors must cover the ${data.length} bytes of data, got ${covered}`,
    );
  }
  const tensors = new Map(
    entries.map(({ name, dtype, shape, begin, end }) => [
      name,
      tensorOfBytes(`${file}: tensor ${name}`, dtype, shape, data.subarray(begin, end)),
    ]),
  );
  return { tensors, metadata: words };
}

/**
 * Writes a `.safetensors` file as pieces to be written one after the other: the header, then the data
 * of one tensor at a time, read only when its piece is asked for. Tensors of wide elements come first,
 * so that all are aligned; among equals the order of the map is kept.
 */
export function* encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor | LazyTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array, void> {
  const ordered = [...tensors].sort(
    ([, a], [, b]) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype),
  );
  const records: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) records.push(['__metadata__', metadata]);
  let begin = 0;
  for (const [name, { dtype, shape }] of ordered) {
    const end = begin + sizeOf(shape) * bytesPerElement(dtype);
    records.push([name, { dtype: codes.get(dtype), shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const json = records.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${json.join(',')}}`);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  yield header;
  for (const [name, source] of ordered) {
    const tensor = 'data' in source ? source : source.read();
    const bytes = bytesOf(tensor);
    const expected = sizeOf(source.shape) * bytesPerElement(source.dtype);
    if (tensor.dtype !== source.dtype || bytes.length !== expected) {
      throw new RangeError(
        `safetensors: tensor ${name} must be the ${source.dtype} of ${expected} bytes announced, got ${tensor.dtype} of ${bytes.length}`,
      );
    }
    yield bytes;
  }
}
