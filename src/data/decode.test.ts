import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { decodeCifar10, decodeIdx, decodeMnist } from './index.ts';

const idx = (type: number, shape: readonly number[], body: readonly number[]): Uint8Array =>
  Uint8Array.from([
    0,
    0,
    type,
    shape.length,
    ...shape.flatMap((extent) => [extent >>> 24, extent >>> 16, extent >>> 8, extent]),
    ...body,
  ]);

const record = (label: number, pixel: number): Uint8Array =>
  Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : pixel));

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

describe('an IDX file', () => {
  test('has elements of every type with the highest byte first', () => {
    const bytesOf = (write: (view: DataView) => void, size: number): readonly number[] => {
      const view = new DataView(new ArrayBuffer(size));
      write(view);
      return [...new Uint8Array(view.buffer)];
    };
    const cases = [
      [0x08, [200], 'uint8', 200],
      [0x09, [200], 'int8', -56],
      [0x0b, bytesOf((view) => view.setInt16(0, -300), 2), 'int16', -300],
      [0x0c, bytesOf((view) => view.setInt32(0, -70000), 4), 'int32', -70000],
      [0x0d, bytesOf((view) => view.setFloat32(0, 1.5), 4), 'float32', 1.5],
      [0x0e, bytesOf((view) => view.setFloat64(0, 0.1), 8), 'float64', 0.1],
    ] as const;
    for (const [type, body, dtype, value] of cases) {
      const tensor = decodeIdx(idx(type, [1, 1], body), 'f');
      expect([tensor.dtype, tensor.shape, ...tensor.data]).toEqual([dtype, [1, 1], value]);
    }
  });

  test('may be gzipped, wherever it lies in memory', () => {
    const packed = gzipSync(idx(8, [2, 2], [1, 2, 3, 4]));
    const within = joined(Uint8Array.of(9, 9, 9), packed).subarray(3);
    expect([...decodeIdx(within, 'f').data]).toEqual([1, 2, 3, 4]);
  });

  test.each([
    [Uint8Array.of(0, 0), 'f: an IDX file must have at least 4 bytes, got 2'],
    [
      Uint8Array.of(0, 1, 8, 1),
      'f: an IDX file must begin with the bytes 00 00, an element type of 08, 09, 0b, 0c, 0d or 0e and the number of axes, got 00 01 08 01',
    ],
    [
      Uint8Array.of(0, 0, 10, 1),
      'f: an IDX file must begin with the bytes 00 00, an element type of 08, 09, 0b, 0c, 0d or 0e and the number of axes, got 00 00 0a 01',
    ],
    [
      Uint8Array.of(0, 0, 8, 3, 0, 0),
      'f: an IDX file of 3 axes must have at least 16 bytes, got 6',
    ],
    [idx(8, [2, 3], [1, 2]), 'f: an IDX file of uint8 [2,3] must have 18 bytes, got 14'],
    [idx(12, [2], [1, 2]), 'f: an IDX file of int32 [2] must have 16 bytes, got 10'],
    [
      idx(8, [0xffffffff, 0xffffffff], []),
      'f: an IDX file of uint8 [4294967295,4294967295] must have 18446744065119617000 bytes, got 12',
    ],
    [gzipSync(idx(8, [1], [1])).subarray(0, 15), 'f: must be a whole gzip file, got 15 bytes'],
  ])('that is damaged gets one sentence (%#)', (bytes, message) => {
    expect(() => decodeIdx(bytes, 'f')).toThrow(new RangeError(message));
  });

  test('whose compressed bytes are damaged anywhere is refused', () => {
    const whole = gzipSync(
      idx(
        8,
        [50, 50],
        Array.from({ length: 2500 }, (_, i) => (i * i) % 251),
      ),
      { mtime: 0 },
    );
    // The header up to the flags, and all that is content or end; not the time and the system.
    for (let at = 10; at < whole.length; at += 7) {
      const damaged = whole.slice();
      damaged[at] ^= 0x10;
      expect(() => decodeIdx(damaged, 'f')).toThrow(/^f: (must be a whole gzip file|an IDX file)/);
    }
    expect(() => decodeIdx(whole.subarray(0, whole.length - 3), 'f')).toThrow(
      /^f: must be a whole gzip file/,
    );
  });
});

describe('MNIST', () => {
  const named = (file: string, bytes: Uint8Array): { file: string; bytes: Uint8Array } => ({
    file,
    bytes,
  });
  const images = named('images', idx(8, [2, 2, 3], [...Array(12).keys()]));
  const labels = named('labels', idx(8, [2], [7, 0]));

  test('is grey images with a label each', () => {
    const set = decodeMnist('test', images, labels);
    expect(set).toMatchObject({ name: 'mnist', split: 'test', classes: '0123456789'.split('') });
    expect(set.images.shape).toEqual([2, 1, 2, 3]);
    expect([...set.images.data]).toEqual([...Array(12).keys()]);
    expect([...set.labels]).toEqual([7, 0]);
  });

  test.each([
    [labels, labels, 'labels: images must be uint8 with 3 axes, got uint8 [2]'],
    [images, images, 'images: labels must be uint8 with 1 axis, got uint8 [2,2,3]'],
    [
      named('images', idx(8, [0, 28, 28], [])),
      labels,
      'images: there must be images of at least one pixel, got [0,28,28]',
    ],
    [
      images,
      named('labels', idx(8, [3], [1, 2, 3])),
      'labels: there must be a label for each of the 2 images, got 3',
    ],
    [
      images,
      named('labels', idx(8, [2], [1, 10])),
      'labels: labels must be from 0 to 9, got 10 for image 1',
    ],
  ])('that is something else gets one sentence (%#)', (pixels, numbers, message) => {
    expect(() => decodeMnist('train', pixels, numbers)).toThrow(new RangeError(message));
  });
});

describe('CIFAR-10', () => {
  test('is the records of all files in a row, gzipped or not', () => {
    const set = decodeCifar10('train', [
      { file: 'a', bytes: joined(record(3, 10), record(9, 20)) },
      { file: 'b', bytes: gzipSync(record(0, 30)) },
    ]);
    expect(set).toMatchObject({ name: 'cifar10', split: 'train' });
    expect(set.images.shape).toEqual([3, 3, 32, 32]);
    expect([...set.labels].map((label) => set.classes[label])).toEqual([
      'cat',
      'truck',
      'airplane',
    ]);
    expect([0, 3071, 3072, 9215].map((at) => set.images.data[at])).toEqual([10, 10, 20, 30]);
  });

  test('that is not made of whole records gets one sentence', () => {
    const of = (bytes: Uint8Array) => (): unknown => decodeCifar10('train', [{ file: 'f', bytes }]);
    expect(of(record(0, 0).subarray(1))).toThrow(
      'f: a binary file of CIFAR-10 must be made of records of 3073 bytes, got 3072 bytes',
    );
    expect(of(new Uint8Array(0))).toThrow('of 3073 bytes, got 0 bytes');
    expect(of(record(10, 0))).toThrow('f: labels must be from 0 to 9, got 10 for image 0');
    expect(() => decodeCifar10('train', [])).toThrow(
      'cifar10: there must be at least one file, got none',
    );
  });
});
