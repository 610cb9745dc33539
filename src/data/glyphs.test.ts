import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { drawGlyphs } from './glyphs.ts';

test('a digit does not depend on how many are drawn after it, and the same key gives the same', () => {
  const few = drawGlyphs(key(3), 20);
  const many = drawGlyphs(key(3), 40);
  expect(many.images.subarray(0, 20 * 784)).toEqual(few.images);
  expect([...few.labels]).toEqual([...Array(20).keys()].map((i) => i % 10));
  expect(drawGlyphs(key(4), 1).images).not.toEqual(drawGlyphs(key(3), 1).images);
});

test('digits have ink inside and nothing but noise at the border', () => {
  const { images } = drawGlyphs(key(0), 500);
  let [border, inside, most] = [0, 0, 0];
  for (let i = 0; i < 500; i++) {
    for (let x = 0; x < 28; x++) {
      border += Math.abs(images[i * 784 + x]) / (500 * 28);
      for (let y = 10; y < 18; y++) inside += images[i * 784 + 28 * y + x] / (500 * 28 * 8);
    }
  }
  for (const value of images) most = Math.max(most, value);
  // Noise of deviation 0.1 is 0.08 on average; a slanted digit that is 22 high and off the centre may touch the border.
  expect(border).toBeLessThan(0.09);
  expect(inside).toBeGreaterThan(0.1);
  expect(most).toBeGreaterThan(0.9);
});
