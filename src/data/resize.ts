/** What each position of a shorter or longer row is the weighted sum of. */
interface Tap {
  readonly from: number;
  readonly weights: Float64Array;
}

/** Averages over equal parts where there are fewer positions; lines between the centres where there are more. */
function tapsOf(from: number, to: number): readonly Tap[] {
  const ratio = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (to <= from) {
      const [low, high] = [i * ratio, (i + 1) * ratio];
      const first = Math.floor(low);
      const last = Math.min(from, Math.ceil(high - 1e-9));
      const weights = Float64Array.from(
        { length: last - first },
        (__, k) => (Math.min(high, first + k + 1) - Math.max(low, first + k)) / ratio,
      );
      return { from: first, weights };
    }
    const centre = Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), from - 1);
    const first = Math.min(Math.floor(centre), Math.max(0, from - 2));
    return from === 1
      ? { from: 0, weights: Float64Array.of(1) }
      : { from: first, weights: Float64Array.of(1 - (centre - first), centre - first) };
  });
}

/** Height and width. */
type Sides = readonly [height: number, width: number];

/** Makes images of one channel and size, by rows, into others, which it may use again at the next call. */
export type Resizer = (image: Float32Array | Float64Array) => Float32Array | Float64Array;

/**
 * How images of one channel, by rows, change their size: each axis that gets shorter is averaged over equal parts,
 * each that gets longer is interpolated linearly between the centres of pixels.
 */
export function resizer([height, width]: Sides, [toHeight, toWidth]: Sides): Resizer {
  if (height === toHeight && width === toWidth) return (image) => image;
  const columns = tapsOf(width, toWidth);
  const rows = tapsOf(height, toHeight);
  const narrow = new Float64Array(height * toWidth);
  const result = new Float64Array(toHeight * toWidth);
  return (image) => {
    for (let x = 0; x < toWidth; x++) {
      const { from, weights } = columns[x];
      for (let y = 0; y < height; y++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * image[y * width + from + k];
        narrow[y * toWidth + x] = sum;
      }
    }
    for (let y = 0; y < toHeight; y++) {
      const { from, weights } = rows[y];
      for (let x = 0; x < toWidth; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += weights[k] * narrow[(from + k) * toWidth + x];
        result[y * toWidth + x] = sum;
      }
    }
    return result;
  };
}
