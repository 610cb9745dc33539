import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dimension, ValueInfo } from '../graph/index.ts';
import { fillUniform, key } from '../random/index.ts';
import { sizeOf, toFloat64, type DType } from '../tensor/index.ts';
import { examplesFor, pixelStatistics, type ImageSet } from './index.ts';
import { resizer } from './resize.ts';

function setOf(count: number, channels: number, height: number, width: number): ImageSet {
  const shape = [count, channels, height, width];
  const numbers = new Float64Array(sizeOf(shape));
  fillUniform(key(1), numbers, 0, 256);
  return {
    name: 'pictures',
    split: 'train',
    classes: ['a', 'b'],
    images: { dtype: 'uint8', shape, data: Uint8Array.from(numbers, Math.floor) },
    labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
  };
}

const input = (shape: readonly Dimension[] | null, dtype: DType | null = 'float32'): ValueInfo => ({
  name: 'x',
  dtype,
  shape,
});

const grey = setOf(20, 1, 4, 6);
const colour = setOf(20, 3, 4, 6);

/** The normalised pixel of a channel of an image. */
function pixelOf(set: ImageSet, index: number, channel: number, y: number, x: number): number {
  const [, channels, height, width] = set.images.shape;
  const { mean, std } = pixelStatistics(set);
  const at = ((index * channels + channel) * height + y) * width + x;
  return (set.images.data[at] - mean[channel]) / std[channel];
}

describe('examples', () => {
  test('have mean 0 and variance 1 in every channel over the whole set', () => {
    const values = toFloat64(examplesFor(input(['n', 3, 4, 6]), colour, 20).tensor);
    for (let channel = 0; channel < 3; channel++) {
      const own = values.filter((_, i) => Math.floor(i / 24) % 3 === channel);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      const square = own.reduce((sum, x) => sum + x * x, 0) / own.length;
      // 480 numbers below 2, each rounded to 2⁻²⁴ of itself.
      expect(Math.abs(mean)).toBeLessThan(2 ** -22);
      expect(Math.abs(square - 1)).toBeLessThan(2 ** -21);
    }
  });

  test.each<[readonly Dimension[], number[], (i: number[]) => readonly [number, number, number]]>([
    [['batch', 72], [2, 72], ([i]) => [Math.floor(i / 24), Math.floor(i / 6) % 4, i % 6]],
    [['batch', null], [2, 72], ([i]) => [Math.floor(i / 24), Math.floor(i / 6) % 4, i % 6]],
    [[null, 3, 4, 6], [2, 3, 4, 6], ([c, y, x]) => [c, y, x]],
    [['N', 3, 'h', 'w'], [2, 3, 4, 6], ([c, y, x]) => [c, y, x]],
    [[null, 4, 6, 3], [2, 4, 6, 3], ([y, x, c]) => [c, y, x]],
    [[2, 4, 18], [2, 4, 18], ([y, i]) => [Math.floor(i / 6), y, i % 6]],
    [['b', 'steps', 18], [2, 4, 18], ([y, i]) => [Math.floor(i / 6), y, i % 6]],
    [['b', 24, 3], [2, 24, 3], ([i, c]) => [c, Math.floor(i / 6), i % 6]],
    [['b', 3, 24], [2, 3, 24], ([c, i]) => [c, Math.floor(i / 6), i % 6]],
  ])('fit an input of shape %j', (shape, expected, place) => {
    const { tensor, indices } = examplesFor(input(shape), colour, 2);
    expect(tensor.shape).toEqual(expected);
    const values = toFloat64(tensor);
    const [, ...rest] = expected;
    const size = sizeOf(rest);
    for (let at = 0; at < values.length; at++) {
      let left = at % size;
      const where = rest.toReversed().map((extent) => {
        const index = left % extent;
        left = Math.floor(left / extent);
        return index;
      });
      const [c, y, x] = place(where.toReversed());
      expect(values[at]).toBe(
        Math.fround(pixelOf(colour, indices[Math.floor(at / size)], c, y, x)),
      );
    }
  });

  test('stand along the axis that is named like a batch', () => {
    const first = toFloat64(examplesFor(input(['batch', 4, 6]), grey, 3).tensor);
    const { tensor } = examplesFor(input(['time', 'batch', 6]), grey, 3);
    expect(tensor.shape).toEqual([4, 3, 6]);
    const values = toFloat64(tensor);
    for (let n = 0; n < 3; n++) {
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 6; x++) {
          expect(values[(y * 3 + n) * 6 + x]).toBe(first[(n * 4 + y) * 6 + x]);
        }
      }
    }
  });

  test('are as many as the input fixes', () => {
    const { tensor, note } = examplesFor(input([5, 24]), grey, 3);
    expect(tensor.shape).toEqual([5, 24]);
    expect(note).toBe(
      '5 images, as many as the network fixes, the first of the 20 training images of pictures; each channel with mean 0 and variance 1 over these.',
    );
  });

  test('are the first of a set, or drawn without repetition, with their labels', () => {
    const first = examplesFor(input(['n', 24]), grey, 20);
    expect([...first.indices]).toEqual([...Array(20).keys()]);
    const drawn = examplesFor(input(['n', 24]), grey, 20, { key: key(3) });
    expect([...drawn.indices]).not.toEqual([...first.indices]);
    expect([...drawn.indices].sort((a, b) => a - b)).toEqual([...first.indices]);
    expect([...drawn.labels]).toEqual([...drawn.indices].map((index) => index % 2));
    expect(drawn.note).toBe(
      '20 images, drawn from the 20 training images of pictures; each channel with mean 0 and variance 1 over these.',
    );
  });

  test('of a test set can have the statistics of the training set', () => {
    const statistics = { mean: [0], std: [2] };
    const [value] = toFloat64(examplesFor(input(['n', 24]), grey, 1, { statistics }).tensor);
    expect(value).toBe(grey.images.data[0] / 2);
  });

  test('change size and number of channels where the input has other ones', () => {
    const coloured = examplesFor(input(['n', 3, 2, 3]), grey, 1);
    expect(coloured.tensor.shape).toEqual([1, 3, 2, 3]);
    const values = toFloat64(coloured.tensor);
    const quarter = [0, 1].flatMap((y) => [0, 1].map((x) => pixelOf(grey, 0, 0, y, x)));
    const mean = quarter.reduce((sum, x) => sum + x, 0) / 4;
    for (const at of [0, 6, 12]) expect(values[at]).toBeCloseTo(mean, 6);
    expect(coloured.note).toBe(
      '1 image, the first of the 20 training images of pictures; each channel with mean 0 and variance 1 over these, then resized from 4×6 to 2×3, the grey value in all 3 channels.',
    );
    const greyed = examplesFor(input(['n', 24]), colour, 1);
    const channels = [0, 1, 2].map((channel) => pixelOf(colour, 0, channel, 0, 0));
    expect(toFloat64(greyed.tensor)[0]).toBeCloseTo(channels.reduce((sum, x) => sum + x, 0) / 3, 6);
    expect(greyed.note).toMatch(/, the mean of the channels taken\.$/);
  });

  test.each([
    [
      input(['batch', 20]),
      'x: shape must be one that images of 1×4×6 fit, such as [batch,24], [batch,1,4,6] or [batch,4,6], got [batch,20]',
    ],
    [
      input(['batch', 7, 4, 6]),
      'x: shape must be one that images of 1×4×6 fit, such as [batch,24], [batch,1,4,6] or [batch,4,6], got [batch,7,4,6]',
    ],
    [input(null), /got none$/],
    [input([]), /got \[\]$/],
    [input([1, 1, 1, 4, 6]), /got \[1,1,1,4,6\]$/],
    [
      input([30, 24]),
      'pictures: examples must number from 1 to the 20 images of the train set, got 30',
    ],
    [input(['n', 24], 'int64'), 'x: an input must be a float to take images, got int64'],
  ])('that do not fit get one sentence (%#)', (info, message) => {
    expect(() => examplesFor(info, grey, 2)).toThrow(message);
  });

  test('of one grey value cannot be normalised', () => {
    const flat: ImageSet = {
      ...grey,
      images: { ...grey.images, data: new Uint8Array(480).fill(7) },
    };
    expect(() => examplesFor(input(['n', 24]), flat, 2)).toThrow(
      'pictures: pixels of a channel must differ to be normalised, got 7 everywhere',
    );
  });
});

describe('resizing', () => {
  const extent = fc.integer({ min: 1, max: 9 });

  test('keeps constants at every size, and the mean where no side gets longer', () => {
    fc.assert(
      fc.property(extent, extent, extent, extent, (h, w, toH, toW) => {
        const constant = resizer([h, w], [toH, toW])(new Float64Array(h * w).fill(3));
        constant.forEach((value) => expect(value).toBeCloseTo(3, 12));
        if (toH > h || toW > w) return;
        const image = Float64Array.from({ length: h * w }, (_, i) => Math.sin(i * i));
        const meanOf = (values: Float64Array): number =>
          values.reduce((sum, x) => sum + x, 0) / values.length;
        const other = Float64Array.from(resizer([h, w], [toH, toW])(image));
        expect(meanOf(other)).toBeCloseTo(meanOf(image), 12);
      }),
    );
  });

  test('draws a line through pixels where a side gets longer', () => {
    // Centres of 2 pixels are at ½ and 1½, those of 4 at ¼, ¾, 1¼ and 1¾ pixels of the old size.
    expect([...resizer([1, 2], [1, 4])(Float64Array.of(0, 4))]).toEqual([0, 1, 3, 4]);
    expect([...resizer([2, 1], [4, 1])(Float64Array.of(0, 4))]).toEqual([0, 1, 3, 4]);
  });
});
