import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import { sizeOf, type Tensor } from './tensor.ts';

const golden: { readonly safetensors: string } = JSON.parse(
  readFileSync(new URL('../../test/golden/tensor_files.json', import.meta.url), 'utf8'),
);

const file = (): Uint8Array => new Uint8Array(Buffer.from(golden.safetensors, 'base64'));

function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...pieces]));
}

function withHeader(header: unknown, dataLength: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

test('what the safetensors library writes is read', () => {
  const { tensors, metadata } = decodeSafetensors(file(), 'x.safetensors');
  expect(metadata).toEqual({ format: 'pt' });
  const plain = Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, data }]) => [name, [dtype, shape, [...data]]]),
  );
  // The tensors of test/golden/tensor_files.py; the 16-bit floats as bits.
  expect(plain).toEqual({
    bf16: ['bfloat16', [3], [0x3f80, 0xc020, 0x4049]],
    f16: ['float16', [3], [0x3c00, 0xc100, 0x7bff]],
    f32: ['float32', [2, 3], [0, 0.25, 0.5, 0.75, 1, 1.25]],
    f64: ['float64', [], [0.1]],
    i64: ['int64', [2, 1], [-1n, 2n ** 40n]],
    i8: ['int8', [2], [-128, 127]],
    bool: ['bool', [3], [1, 0, 1]],
  });
});

test('what is written is read again, whatever the names, the metadata and the order', () => {
  const tensors = new Map<string, Tensor>([
    ['10', { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ['2', { dtype: 'float64', shape: [0, 4], data: new Float64Array(0) }],
    ['__proto__', { dtype: 'float32', shape: [1], data: Float32Array.of(-0) }],
    ['größe "1"', { dtype: 'int64', shape: [], data: BigInt64Array.of(-(2n ** 63n)) }],
    ['b', { dtype: 'bfloat16', shape: [2], data: Uint16Array.of(1, 65535) }],
  ]);
  const bytes = joined(encodeSafetensors(tensors, { seed: '7' }));
  const read = decodeSafetensors(bytes, 'x.safetensors');
  expect(read.metadata).toEqual({ seed: '7' });
  expect(read.tensors).toEqual(tensors);
  for (const { data } of read.tensors.values()) expect(data.buffer).toBe(bytes.buffer);
});

test('tensors without elements may stand anywhere and come in any order', () => {
  const records = { full: f32([2], 0, 8), first: f32([0], 0, 0), last: f32([0], 8, 8) };
  const { tensors } = decodeSafetensors(withHeader(records, 8), 'x.safetensors');
  expect([...tensors.keys()]).toEqual(['first', 'full', 'last']);
});

test('a lazy tensor is read when its piece is asked for, and must be what was announced', () => {
  const asked: string[] = [];
  const lazy = (name: string, length: number) => ({
    dtype: 'float32' as const,
    shape: [2],
    read: (): Tensor => {
      asked.push(name);
      return { dtype: 'float32', shape: [length], data: new Float32Array(length) };
    },
  });
  const pieces = encodeSafetensors(
    new Map([
      ['a', lazy('a', 2)],
      ['b', lazy('b', 3)],
    ]),
  );
  pieces.next();
  expect(asked).toEqual([]);
  pieces.next();
  expect(asked).toEqual(['a']);
  expect(() => pieces.next()).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: safetensors: tensor b must be the float32 of 8 bytes announced, got float32 of 12]`,
  );
});

const f32 = (shape: unknown, begin: number, end: number): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test('a damaged file is named with what must hold', () => {
  expect(
    [
      new Uint8Array(7),
      file().subarray(0, 100),
      withHeader('[]', 0),
      withHeader('{"a":', 0),
      withHeader({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1),
      withHeader({ a: f32([2, -1], 0, 8) }, 8),
      withHeader({ a: f32([2], 8, 0) }, 8),
      withHeader({ a: f32([3], 0, 8) }, 8),
      withHeader({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8),
      withHeader({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
      withHeader({ a: f32([2], 4, 12) }, 12),
      withHeader({ a: f32([2], 0, 8) }, 9),
      withHeader({ a: f32([2], 0, 8) }, 4),
      withHeader({ __metadata__: { a: 1 } }, 0),
      withHeader({ a: null }, 0),
      withHeader(`{"a":{"dtype":"F32","shape":${'['.repeat(9e5)}${']'.repeat(9e5)}}}`, 0),
    ].map((bytes) => messageOf(() => decodeSafetensors(bytes, 'x.safetensors'))),
  ).toMatchInlineSnapshot(`
    [
      "x.safetensors: a safetensors file must have at least 8 bytes, got 7",
      "x.safetensors: the safetensors header must have at most 92 bytes, got 440",
      "x.safetensors: the safetensors header must be a JSON object",
      "x.safetensors: the safetensors header must be a JSON object",
      "x.safetensors: tensor a: dtype must be one of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL, got "F8_E4M3"",
      "x.safetensors: tensor a: shape must be a list of whole numbers, got [2,-1]",
      "x.safetensors: tensor a: data_offsets must be a first and a last whole number, got [8,0]",
      "x.safetensors: tensor a: float32 of shape [3] must have 12 bytes, got 8",
      "x.safetensors: tensor a: float32 of shape [1099511627776,1099511627776] must have 4.835703278458517e+24 bytes, got 8",
      "x.safetensors: tensor b must start at byte 8 of the data, where the one before ends, got 4",
      "x.safetensors: tensor a must start at byte 0 of the data, where the one before ends, got 4",
      "x.safetensors: the tensors must cover the 9 bytes of data, got 8",
      "x.safetensors: the tensors must cover the 4 bytes of data, got 8",
      "x.safetensors: __metadata__ must map words to words, got {"a":1}",
      "x.safetensors: tensor a: dtype must be one of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL, got nothing",
      "x.safetensors: tensor a: shape must be a list of whole numbers, got a list nested too deeply",
    ]
  `);
});

test('a file whose bytes are changed or cut gives one sentence or tensors, never anything else', () => {
  const whole = file();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.option(fc.nat(whole.length), { nil: whole.length, freq: 3 }),
      (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) bytes[at] = value;
        const message = messageOf(() => {
          for (const { shape, data } of decodeSafetensors(bytes, 'x').tensors.values()) {
            expect(data.length).toBe(sizeOf(shape));
          }
        });
        expect(message).toMatch(/^(no error|x: [^]* must [^]*)$/);
      },
    ),
    { numRuns: 500 },
  );
});
