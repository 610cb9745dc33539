import { expect, test } from 'vitest';
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';
import { scheme, specOf } from '../src/init/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { sizeOf, stridesOf, toFloat64, type Tensor } from '../src/tensor/index.ts';

/** The tensor of shape [1, channels, ...size] with `kernel - 1` more pixels at the end of every axis, from its begin. */
function wrapped(
  x: Float32Array,
  channels: number,
  size: readonly number[],
  kernel: readonly number[],
): Tensor {
  const large = size.map((extent, axis) => extent + kernel[axis] - 1);
  const [from, to] = [stridesOf(size), stridesOf(large)];
  const [pixels, all] = [sizeOf(size), sizeOf(large)];
  const data = new Float32Array(channels * all);
  for (let c = 0; c < channels; c++) {
    for (let flat = 0; flat < all; flat++) {
      const at = large.reduce(
        (sum, extent, axis) =>
          sum + ((Math.floor(flat / to[axis]) % extent) % size[axis]) * from[axis],
        0,
      );
      data[c * all + flat] = x[c * pixels + at];
    }
  }
  return { dtype: 'float32', shape: [1, channels, ...large], data };
}

/** The convolution of onnxruntime with a kernel `[out, in, ...kernel]`, on images that have no border. */
async function convolve(
  weight: Tensor,
  x: Float32Array,
  size: readonly number[],
): Promise<Float64Array> {
  const [, channels, ...kernel] = weight.shape;
  const input = wrapped(x, channels, size, kernel);
  const b = builder('convolution');
  b.input('x', 'float32', input.shape);
  b.output('y', b.node('conv', 'Conv', ['x', b.constant('w', weight)]), 'float32', []);
  const session = await openSession(encodeModel(modelOf(b.build())));
  const { y } = await session.run({ x: input });
  await session.close();
  expect(y.shape).toEqual([1, weight.shape[0], ...size]);
  return toFloat64(y);
}

/** The kernel of the adjoint: inputs and outputs change places, and taps are in reverse. */
function adjoint({ shape, data }: Tensor): Tensor {
  const [out, inputs, ...kernel] = shape;
  const taps = sizeOf(kernel);
  const turned = new Float32Array(data.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let t = 0; t < taps; t++) {
        turned[(i * out + o) * taps + taps - 1 - t] = Number(data[(o * inputs + i) * taps + t]);
      }
    }
  }
  return { dtype: 'float32', shape: [inputs, out, ...kernel], data: turned };
}

function norm(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value ** 2;
  return Math.sqrt(sum);
}

const cases: readonly {
  readonly shape: readonly number[];
  readonly size: readonly number[];
  readonly options: { readonly gain?: number; readonly rank?: string };
}[] = [
  { shape: [16, 16, 5], size: [23], options: {} },
  { shape: [32, 32, 3, 3], size: [14, 11], options: {} },
  { shape: [24, 8, 3, 3], size: [9, 9], options: { gain: 1.5 } },
  { shape: [8, 24, 3, 3], size: [9, 9], options: {} },
  { shape: [16, 12, 2, 4], size: [6, 8], options: { rank: 'random' } },
  { shape: [5, 9, 4, 1], size: [8, 5], options: { rank: 'random' } },
  { shape: [8, 8, 3, 2, 3], size: [5, 6, 4], options: {} },
  { shape: [3, 6, 2, 2, 2], size: [4, 4, 4], options: {} },
];

// Products of float32 numbers: each output sums at most 24 · 9 of them, to some √216 2^-24 of its size.
test.each(cases)(
  'onnxruntime’s convolution with conv_orthogonal of $shape $options keeps norms on images of $size without a border',
  async ({ shape, size, options }) => {
    const { gain } = { gain: 1, ...options };
    const drawn = scheme('conv_orthogonal').draw(key(9), specOf(shape, 'oi'), options);
    const weight: Tensor = { ...drawn };
    const isTall = shape[0] >= shape[1];
    const isometry = isTall ? weight : adjoint(weight);
    const x = new Float32Array(isometry.shape[1] * sizeOf(size));
    for (const seed of [1, 2]) {
      fillNormal(fold(key(seed), 'image'), x, 0, 1);
      const y = await convolve(isometry, x, size);
      expect(Math.abs(norm(y) / (gain * norm(x)) - 1)).toBeLessThan(1e-5);
    }
    // An impulse too: nothing is lost at any place.
    x.fill(0);
    x[x.length - 1] = 1;
    expect(Math.abs(norm(await convolve(isometry, x, size)) / gain - 1)).toBeLessThan(1e-5);
  },
);

test('orthogonal of the same shape does not keep the norm of an image without contrast', async () => {
  const spec = specOf([16, 16, 3, 3], 'oi');
  const x = new Float32Array(16 * 64).fill(1);
  const ratio = async (name: string): Promise<number> => {
    const weight: Tensor = { ...scheme(name).draw(key(9), spec, {}) };
    return norm(await convolve(weight, x, [8, 8])) / norm(x);
  };
  expect(Math.abs((await ratio('orthogonal')) - 1)).toBeGreaterThan(0.05);
  expect(Math.abs((await ratio('conv_orthogonal')) - 1)).toBeLessThan(1e-5);
});
