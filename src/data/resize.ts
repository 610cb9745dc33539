/** What each position of a shorter or longer row is the weighted sum of. */
interface Tap {
  readonly from: number;
  readonly weights: readonly number[];
}

/** Averages over equal parts where there are fewer positions; lines between the centres where there are more. */
function tapsOf(from: number, to: number): readonly Tap[] {
  const ratio = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (to <= from) {
      const [low, high] = [i * ratio, (i + 1) * ratio];
      const first = Math.floor(low);
      const last = Math.min(from, Math.ceil(high - 1e-9));
      const weights = Array.from(
        { length: last - first },
        (__, k) => (Math.min(high, first + k + 1) - Math.max(low, first + k)) / ratio,
      );
      return { from: first, weights };
    }
    const centre = Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), from - 1);
    const first = Math.min(Math.floor(centre), Math.max(0, from - 2));
    return from === 1
      ? { from: 0, weights: [1] }
      : { from: first, weights: [1 - (centre - first), centre - first] };
  });
}

/**
 * An image of one channel in another size, by rows: each axis that gets shorter is averaged over equal parts, each
 * that gets longer is interpolated linearly between the centres of pixels.
 */
export function resizeImage(
  image: Float64Array,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float64Array {
  if (height === toHeight && width === toWidth) return image;
  const columns = tapsOf(width, toWidth);
  const narrow = new Float64Array(height * toWidth);
  for (let y = 0; y < height; y++) {
    columns.forEach((tap, x) => {
      const from = y * width + tap.from;
      narrow[y * toWidth + x] = tap.weights.reduce((sum, w, k) => sum + w * image[from + k], 0);
    });
  }
  const result = new Float64Array(toHeight * toWidth);
  tapsOf(height, toHeight).forEach((tap, y) => {
    for (let x = 0; x < toWidth; x++) {
      let sum = 0;
      for (const [k, w] of tap.weights.entries()) sum += w * narrow[(tap.from + k) * toWidth + x];
      result[y * toWidth + x] = sum;
    }
  });
  return result;
}
