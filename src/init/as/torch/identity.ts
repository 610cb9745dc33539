import { shown } from './fans.ts';
import type { TorchFunction } from './function.ts';

/** Standard deviation of a tensor of `size` elements of which `count` are 1 and the others 0. */
function spreadOfOnes(count: number, size: number): { std: number; bound: number } {
  const mean = size === 0 ? 0 : count / size;
  return { std: Math.sqrt(mean * (1 - mean)), bound: Math.max(mean, 1 - mean) };
}

/** Ones on the diagonal of a matrix, square or not. */
export const eye: TorchFunction = {
  call: 'torch.nn.init.eye_',
  options: {},
  choices: {},
  tolerance: 0,
  fill: (_, out, shape) => {
    if (shape.length !== 2) {
      throw new RangeError(`${eye.call}: shape must have 2 dimensions, got ${shown(shape)}`);
    }
    const [rows, columns] = shape;
    for (let i = 0; i < Math.min(rows, columns); i++) out[i * columns + i] = 1;
  },
  spread: ([rows, columns]) => spreadOfOnes(Math.min(rows, columns), rows * columns),
};

/** The convolution that changes nothing: `w[i, i, ⌊k / 2⌋] = 1`. */
export const dirac: TorchFunction = {
  call: 'torch.nn.init.dirac_',
  options: {},
  choices: {},
  tolerance: 0,
  fill: (_, out, shape) => {
    if (shape.length < 3 || shape.length > 5) {
      throw new RangeError(`${dirac.call}: shape must have 3 to 5 dimensions, got ${shown(shape)}`);
    }
    const [outputs, inputs, ...kernel] = shape;
    let taps = 1;
    let centre = 0;
    for (const extent of kernel) {
      taps *= extent;
      centre = centre * extent + Math.floor(extent / 2);
    }
    if (taps === 0) return;
    for (let i = 0; i < Math.min(outputs, inputs); i++) out[(i * inputs + i) * taps + centre] = 1;
  },
  spread: (shape) =>
    spreadOfOnes(
      Math.min(shape[0], shape[1]),
      shape.reduce((size, extent) => size * extent, 1),
    ),
};
