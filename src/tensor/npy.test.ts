import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, tensorOfBytes, type LazyTensor } from './bytes.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { decodeNpz, encodeNpz } from './npz.ts';
import { sizeOf, type DType, type Tensor } from './tensor.ts';

interface Golden {
  readonly npy: Readonly<
    Record<string, { file: string; dtype: DType; shape: number[]; values: (number | boolean)[] }>
  >;
  readonly npz: { readonly stored: string; readonly deflated: string };
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/golden/tensor_files.json', import.meta.url), 'utf8'),
);

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...pieces]));
}

/** The numbers of a tensor; float16 by the definition of binary16 (normal numbers and zero suffice here). */
function numbers(tensor: Tensor): number[] {
  const values = Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  if (tensor.dtype !== 'float16') return values;
  return values.map((bits) =>
    bits === 0 ? 0 : 2 ** ((bits >> 10) - 15) * (1 + (bits & 1023) / 1024),
  );
}

const dtypes = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
] as const;

const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([dtype, shape]) => {
    const width = dtype.endsWith('64')
      ? 8
      : dtype.endsWith('32')
        ? 4
        : dtype.endsWith('16')
          ? 2
          : 1;
    const length = width * sizeOf(shape);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => tensorOfBytes('test', dtype, shape, bytes));
  });

test.each(Object.entries(golden.npy))('what numpy writes as %s is read', (_, expected) => {
  const tensor = decodeNpy(fromBase64(expected.file), 'x.npy');
  expect(tensor.dtype).toBe(expected.dtype);
  expect(tensor.shape).toEqual(expected.shape);
  expect(numbers(tensor)).toEqual(expected.values.map(Number));
});

test('a column-major matrix is read by rows', () => {
  const header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }".padEnd(117) + '\n';
  const start = Uint8Array.of(0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0);
  const bytes = joined([start, new TextEncoder().encode(header), Uint8Array.of(1, 4, 2, 5, 3, 6)]);
  expect(decodeNpy(bytes, 'x.npy').data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
});

test('a bool that is stored as another byte than 0 and 1 is 1', () => {
  expect(tensorOfBytes('x', 'bool', [4], Uint8Array.of(0, 1, 2, 255)).data).toEqual(
    Uint8Array.of(0, 1, 1, 1),
  );
});

test('an .npz file that has a name twice is refused', () => {
  const one: Tensor = { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) };
  const bytes = joined(
    encodeNpz(
      new Map([
        ['ab', one],
        ['cd', one],
      ]),
    ),
  );
  const text = Buffer.from(bytes).toString('latin1').replaceAll('cd.npy', 'ab.npy');
  expect(() => decodeNpz(Buffer.from(text, 'latin1'), 'x.npz')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: x.npz: names must be unique, got ab twice]`,
  );
});

test('what is written to .npy is read again bit for bit', () => {
  fc.assert(
    fc.property(anyTensor, (tensor) => {
      const read = decodeNpy(joined(encodeNpy(tensor)), 'x.npy');
      expect([read.dtype, read.shape]).toEqual([tensor.dtype, tensor.shape]);
      expect(bytesOf(read)).toEqual(bytesOf(tensor));
    }),
    { numRuns: 50 },
  );
});

test('bfloat16 is written to .npy as the same numbers in float32', () => {
  const data = Uint16Array.of(0x3f80, 0xc020, 0x7f80, 0x0001);
  const read = decodeNpy(joined(encodeNpy({ dtype: 'bfloat16', shape: [4], data })), 'x.npy');
  expect(read.dtype).toBe('float32');
  expect(numbers(read)).toEqual([1, -2.5, Infinity, 2 ** -133]);
});

test('a shape too long for format 1 is written in format 2', () => {
  const shape = Array.from({ length: 30_000 }, () => 1);
  const bytes = joined(encodeNpy({ dtype: 'float32', shape, data: Float32Array.of(7) }));
  expect(bytes[6]).toBe(2);
  expect(decodeNpy(bytes, 'x.npy').shape).toEqual(shape);
});

test('the archives that numpy writes are read, stored or deflated', () => {
  const stored = decodeNpz(fromBase64(golden.npz.stored), 'x.npz');
  expect([...stored.keys()]).toEqual(['a', 'b']);
  expect(stored.get('a')?.shape).toEqual([2, 3, 4]);
  expect(stored.get('a')?.data[23]).toBe(23 / 8);
  const deflated = decodeNpz(fromBase64(golden.npz.deflated), 'x.npz');
  expect(deflated.get('a')?.data).toEqual(new Float32Array(2500));
  expect(deflated.get('b')?.data).toEqual(BigInt64Array.of(1n, 2n, 3n));
});

test('what is written to .npz is read again, and a lazy tensor is read when its turn comes', () => {
  const asked: string[] = [];
  const weight: Tensor = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -0, 3, NaN) };
  const lazy: LazyTensor = {
    dtype: 'int64',
    shape: [1],
    read: (): Tensor => {
      asked.push('lazy');
      return { dtype: 'int64', shape: [1], data: BigInt64Array.of(-5n) };
    },
  };
  for (const method of ['store', 'deflate'] as const) {
    const pieces = encodeNpz(
      new Map<string, Tensor | LazyTensor>([
        ['layer.0/weight', weight],
        ['größe', lazy],
      ]),
      { method },
    );
    const first = pieces.next();
    expect(asked).toEqual([]);
    const read = decodeNpz(joined([first.value ?? new Uint8Array(0), ...pieces]), 'x.npz');
    expect(asked.splice(0)).toEqual(['lazy']);
    expect([...read]).toEqual([
      ['layer.0/weight', weight],
      ['größe', lazy.read()],
    ]);
    asked.splice(0);
  }
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const header = (text: string, data = 0): Uint8Array => {
  const bytes = new Uint8Array(10 + text.length + data);
  bytes.set(Buffer.from('\x93NUMPY\x01\x00', 'latin1'));
  bytes[8] = text.length;
  bytes.set(Buffer.from(text, 'latin1'), 10);
  return bytes;
};

test('a damaged .npy file is named with what must hold', () => {
  const whole = joined(encodeNpy({ dtype: 'float32', shape: [2, 3], data: new Float32Array(6) }));
  expect(
    [
      new Uint8Array(0),
      whole.subarray(0, 9),
      whole.subarray(0, 60),
      whole.subarray(0, whole.length - 1),
      header("{'descr': '<c8', 'fortran_order': False, 'shape': (), }"),
      header("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (), }"),
      header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"),
      header("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 9e9), }"),
    ].map((bytes) => messageOf(() => decodeNpy(bytes, 'x.npy'))),
  ).toMatchInlineSnapshot(`
    [
      "x.npy: an .npy file must start with \\x93NUMPY, got """,
      "x.npy: an .npy file must have at least 10 bytes, got 9",
      "x.npy: the .npy header must lie within the file of 60 bytes, got an end at 128",
      "x.npy: float32 of shape [2,3] must have 24 bytes, got 23",
      "x.npy: the dtype must be one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1, got "<c8"",
      "x.npy: the .npy header must give a plain descr, fortran_order and shape, got "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (), }"",
      "x.npy: float64 of shape [4294967296,4294967296] must have 147573952589676410000 bytes, got 0",
      "x.npy: the .npy header must give a plain descr, fortran_order and shape, got "{'descr': '<f8', 'fortran_order': True, 'shape': (0, 9e9), }"",
    ]
  `);
});

test('an archive whose bytes are changed or cut gives one sentence or tensors, never anything else', () => {
  const whole = fromBase64(golden.npz.deflated);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.option(fc.nat(whole.length), { nil: whole.length, freq: 3 }),
      (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) bytes[at] = value;
        const message = messageOf(() => {
          for (const { shape, data } of decodeNpz(bytes, 'x.npz').values()) {
            expect(data.length).toBe(sizeOf(shape));
          }
        });
        expect(message).toMatch(/^(no error|x\.npz: [^]* (must|got) [^]*)$/);
      },
    ),
    { numRuns: 500 },
  );
});

test('a changed number in a stored archive is found by its checksum', () => {
  const bytes = joined(
    encodeNpz(new Map([['w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }]])),
  );
  bytes[170] ^= 1;
  expect(() => decodeNpz(bytes, 'x.npz')).toThrow(
    /^x\.npz: w\.npy must have the checksum \d+, got \d+$/,
  );
});

test('an archive that claims more than deflate can hold is refused before memory is taken', () => {
  const bytes = fromBase64(golden.npz.deflated);
  const directory = Buffer.from(bytes).indexOf('PK\x01\x02', 0, 'latin1');
  new DataView(bytes.buffer).setUint32(directory + 24, 0xfffffff0, true);
  expect(() => decodeNpz(bytes, 'x.npz')).toThrow(
    /^x\.npz: a\.npy must have at most \d+ bytes, got a claim of 4294967280$/,
  );
});
