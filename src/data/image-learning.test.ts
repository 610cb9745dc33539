import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builder, type Dimension, type Graph } from '../graph/index.ts';
import { fillUniform, key } from '../random/index.ts';
import { sizeOf, toFloat64, type DType } from '../tensor/index.ts';
import { changeImage, changesOf } from './augment.ts';
import { generatedData, imageData, withFirstOutput, type ImageSet } from './index.ts';

/** A network with that input and output, which computes nothing. */
function graphOf(
  input: readonly Dimension[],
  output: readonly Dimension[] = ['batch', 10],
  dtype: DType = 'float32',
): Graph {
  const b = builder('net');
  const x = b.input('x', dtype, input);
  b.output('y', b.node('same', 'Identity', [x]), 'float32', output);
  return b.build();
}

function setOf(split: 'train' | 'test', count: number, channels: number): ImageSet {
  const shape = [count, channels, 6, 6];
  const numbers = new Float64Array(sizeOf(shape));
  fillUniform(key(split === 'train' ? 1 : 2), numbers, 0, 256);
  return {
    name: 'pictures',
    split,
    classes: ['a', 'b'],
    images: { dtype: 'uint8', shape, data: Uint8Array.from(numbers, Math.floor) },
    labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
  };
}

const pictures = (input: readonly Dimension[], channels: number, augment: boolean) =>
  imageData(
    graphOf(input, ['n', 2]),
    setOf('train', 12, channels),
    setOf('test', 5, channels),
    'crop and flip',
    key(0),
    { augment },
  );

describe('images to learn', () => {
  test('are picked by index, with their classes, and the same however they are picked', () => {
    const { train, test: held, note } = pictures(['n', 3, 6, 6], 3, false);
    const all = train.batch(
      Uint32Array.from({ length: 12 }, (_, i) => i),
      null,
    );
    expect(all.inputs['x'].shape).toEqual([12, 3, 6, 6]);
    expect([...all.target.data]).toEqual([...Array(12).keys()].map((i) => BigInt(i % 2)));
    const values = toFloat64(all.inputs['x']);
    const few = train.batch(Uint32Array.of(7, 3, 7), null);
    const found = toFloat64(few.inputs['x']);
    [7, 3, 7].forEach((index, b) => {
      expect(found.subarray(b * 108, (b + 1) * 108)).toEqual(
        values.subarray(index * 108, (index + 1) * 108),
      );
    });
    expect([...few.target.data]).toEqual([1n, 1n, 1n]);
    expect([train.count, held?.count, train.classes]).toEqual([12, 5, ['a', 'b']]);
    expect(note).toBe(
      '12 images of pictures for training and 5 for the test; each channel with mean 0 and variance 1 over those for training.',
    );
  });

  test('have mean 0 and variance 1 in each channel over those for training', () => {
    const { train } = pictures(['n', 3, 6, 6], 3, false);
    const values = toFloat64(train.batch(Uint32Array.from(Array(12).keys()), null).inputs['x']);
    for (let channel = 0; channel < 3; channel++) {
      const own = values.filter((_, i) => Math.floor(i / 36) % 3 === channel);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      const square = own.reduce((sum, x) => sum + x * x, 0) / own.length;
      // 432 numbers below 2, each rounded to 2⁻²⁴ of itself.
      expect(Math.abs(mean)).toBeLessThan(2 ** -22);
      expect(Math.abs(square - 1)).toBeLessThan(2 ** -21);
    }
  });

  test('stand along the axis that is named like a batch, and in another float type', () => {
    const rows = pictures(['n', 6, 6], 1, false).train;
    const steps = imageData(
      graphOf(['time', 'batch', 6], ['n', 2], 'float64'),
      setOf('train', 12, 1),
      setOf('test', 5, 1),
      'crop',
      key(0),
      {},
    ).train;
    const indices = Uint32Array.of(4, 9);
    const first = toFloat64(rows.batch(indices, null).inputs['x']);
    const { x } = steps.batch(indices, null).inputs;
    expect([x.dtype, ...x.shape]).toEqual(['float64', 6, 2, 6]);
    const found = toFloat64(x);
    for (let at = 0; at < 72; at++) {
      const [y, b, i] = [Math.floor(at / 12), Math.floor(at / 6) % 2, at % 6];
      expect(found[at]).toBe(first[b * 36 + y * 6 + i]);
    }
  });

  test('are changed at random by a key alone, and not without one', () => {
    const { train, validation, note } = pictures(['n', 3, 6, 6], 3, true);
    expect(validation).toBeNull();
    const plain = pictures(['n', 3, 6, 6], 3, false).train;
    const indices = Uint32Array.of(1, 2, 3, 4);
    expect(train.batch(indices, null)).toEqual(plain.batch(indices, null));
    expect(train.batch(indices, key(5))).toEqual(train.batch(indices, key(5)));
    expect(train.batch(indices, key(5))).not.toEqual(train.batch(indices, key(6)));
    // What happens to one does not depend on how many come after it.
    const one = train.batch(indices.subarray(0, 1), key(5)).inputs['x'];
    expect(toFloat64(train.batch(indices, key(5)).inputs['x']).subarray(0, 108)).toEqual(
      toFloat64(one),
    );
    expect(note).toMatch(
      /; each moved by up to 4 pixels and half of them turned over at every step\.$/,
    );
  });

  test('are held back for validation without any at random, each once', () => {
    const data = imageData(
      graphOf(['n', 36], ['n', 2]),
      setOf('train', 12, 1),
      setOf('test', 5, 1),
      'crop',
      key(0),
      { validation: 0.25 },
    );
    expect([data.train.count, data.validation?.count]).toEqual([9, 3]);
    const rowsOf = (set: typeof data.train): string[] => {
      const { x } = set.batch(Uint32Array.from(Array(set.count).keys()), null).inputs;
      const values = toFloat64(x);
      return Array.from({ length: set.count }, (_, i) =>
        values.subarray(i * 36, (i + 1) * 36).join(),
      );
    };
    const all = [...rowsOf(data.train), ...rowsOf(data.validation!)];
    expect(new Set(all).size).toBe(12);
  });

  test.each([
    [['n', 5], ['n', 2], /^x: shape must be one that images of 1×6×6 fit/],
    [
      ['n', 36],
      ['n', 1],
      'y: the shape must be [batch,2], with a score for each class of pictures or more, got [n,1]',
    ],
    [
      ['n', 6, 6],
      ['n', 6, 2],
      'y: the shape must be [batch,2], with a score for each class of pictures or more, got [n,6,2]',
    ],
  ])('that do not fit %j and %j are refused', (input, output, message) => {
    expect(() =>
      imageData(
        graphOf(input, output),
        setOf('train', 4, 1),
        setOf('test', 4, 1),
        'crop',
        key(0),
        {},
      ),
    ).toThrow(message);
  });

  test('must be as many as the network fixes', () => {
    const { train } = pictures([4, 36], 1, false);
    expect(train.batch(Uint32Array.of(0, 1, 2, 3), null).inputs['x'].shape).toEqual([4, 36]);
    expect(() => train.batch(Uint32Array.of(0), null)).toThrow(
      'x: a batch must have 4 examples, as the network fixes, got 1',
    );
  });
});

test('a changed image is cut from the padded one and turned over', () => {
  const shape = { channels: 2, height: 3, width: 5 };
  const image = Float32Array.from({ length: 30 }, (_, i) => i + 1);
  fc.assert(
    fc.property(
      fc.integer({ min: -4, max: 4 }),
      fc.integer({ min: -4, max: 4 }),
      fc.boolean(),
      (dy, dx, isFlipped) => {
        const out = new Float32Array(30).fill(9);
        changeImage(image, shape, { dy, dx, isFlipped }, out);
        out.forEach((value, at) => {
          const [c, y, seen] = [Math.floor(at / 15), Math.floor(at / 5) % 3, at % 5];
          const x = isFlipped ? 4 - seen : seen;
          const isInside = y - dy >= 0 && y - dy < 3 && x - dx >= 0 && x - dx < 5;
          expect(value).toBe(isInside ? image[c * 15 + (y - dy) * 5 + x - dx] : 0);
        });
      },
    ),
  );
});

test('all 81 places and both sides of an image are drawn about equally often', () => {
  const counts = new Map<string, number>();
  for (const { dy, dx, isFlipped } of changesOf(key(1), 16200, 'crop and flip')) {
    const name = `${dy} ${dx} ${isFlipped}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(counts.size).toBe(162);
  // χ² with 161 degrees of freedom has mean 161 and deviation 17.9; five of them.
  const chi2 = [...counts.values()].reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0);
  expect(Math.abs(chi2 - 161)).toBeLessThan(90);
  expect(changesOf(key(1), 50, 'crop').some(({ isFlipped }) => isFlipped)).toBe(false);
});

test('glyphs are drawn from disjoint keys, lazily, in any order, for any seed alike', () => {
  const graph = graphOf(['batch', 1, 28, 28]);
  const data = generatedData('glyphs', graph, { seed: 1, validation: 0.1 });
  expect([data.train.count, data.validation?.count, data.test?.count]).toEqual([9000, 1000, 2000]);
  const again = generatedData('glyphs', graph, { seed: 1 });
  const indices = Uint32Array.of(1999, 3, 40);
  const drawn = again.train.batch(indices, null);
  expect([...drawn.target.data]).toEqual([9n, 3n, 0n]);
  expect(generatedData('glyphs', graph, { seed: 1 }).train.batch(indices, null)).toEqual(drawn);
  expect(generatedData('glyphs', graph, { seed: 2 }).train.batch(indices, null)).not.toEqual(drawn);
  expect(again.test?.batch(indices, null)).not.toEqual(drawn);
  expect(generatedData('glyphs', graphOf(['n', 3, 32, 32]), { seed: 1 }).note).toBe(
    '10000 drawn digits for training and 2000 for the test; mean 0 and variance 1 over the first 250 for training, then resized from 28×28 to 32×32, the grey value in all 3 channels.',
  );
});

test('data fit the first output, which another can be made', () => {
  const graph = graphOf(['n', 784]);
  const two = {
    ...graph,
    outputs: [{ name: 'h', dtype: null, shape: ['n', 3] }, ...graph.outputs],
  };
  expect(() => generatedData('glyphs', two, { seed: 0 })).toThrow(/^h: the shape must be/);
  expect(generatedData('glyphs', withFirstOutput(two, 'y'), { seed: 0 }).train.count).toBe(10_000);
  expect(withFirstOutput(two, 'z')).toBe(two);
});

test.each([
  [['batch', 784]],
  [['batch', 196]],
  [['batch', 28, 28]],
  [['batch', 't', 28]],
  [['batch', 32, 128]],
  [['batch', 1, 7, 7]],
  [['batch', 14, 14, 1]],
  [['batch', 3, 224, 224]],
])('glyphs fit an input of %j', (shape) => {
  const { train } = generatedData('glyphs', graphOf(shape), { seed: 0 });
  const { x } = train.batch(Uint32Array.of(0, 5), null).inputs;
  expect(x.shape.length).toBe(shape.length);
  expect(x.shape[0]).toBe(2);
  expect(x.data.length).toBe(sizeOf(x.shape));
});
