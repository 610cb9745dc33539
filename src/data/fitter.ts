import { sizeOf } from '../tensor/index.ts';
import type { Fit, ImageShape } from './fit.ts';
import { resizer } from './resize.ts';

type Floats = Float32Array | Float64Array;

/**
 * Makes images, channel by channel, into examples of an input: resized, a grey value in all channels or the mean of
 * them taken, the elements in the order of the input, written into `out` from `at` on.
 */
export function fitter(
  from: ImageShape,
  fit: Fit,
): (image: Floats, out: Floats, at: number) => void {
  const { image: to } = fit;
  const area = from.height * from.width;
  const toArea = to.height * to.width;
  const resize = resizer([from.height, from.width], [to.height, to.width]);
  const places = placesOf(fit);
  return (image, out, at) => {
    if (
      to.channels === from.channels &&
      places === null &&
      area === toArea &&
      resize(image) === image
    ) {
      out.set(image, at);
      return;
    }
    const isMean = to.channels < from.channels;
    if (isMean) out.fill(0, at, at + sizeOf(fit.shape));
    for (let channel = 0; channel < from.channels; channel++) {
      const plane = resize(image.subarray(channel * area, (channel + 1) * area));
      const copies = from.channels < to.channels ? to.channels : 1;
      for (let copy = 0; copy < copies; copy++) {
        const start = (isMean ? 0 : channel + copy) * toArea;
        for (let i = 0; i < toArea; i++) {
          const place = at + (places === null ? start + i : places[start + i]);
          if (isMean) out[place] += plane[i] / from.channels;
          else out[place] = plane[i];
        }
      }
    }
  };
}

/** Where the elements of an image, channel by channel, stand in an example; `null` where they stay. */
function placesOf({ image: { channels, height, width }, order }: Fit): Uint32Array | null {
  if (order === 'channels first' || channels === 1) return null;
  const area = height * width;
  return Uint32Array.from({ length: channels * area }, (_, at) => {
    const channel = Math.floor(at / area);
    const i = at % area;
    const row = Math.floor(i / width);
    return order === 'channels last'
      ? i * channels + channel
      : (row * channels + channel) * width + (i % width);
  });
}
