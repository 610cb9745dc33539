import { exactLn } from '../../../numeric/index.ts';
import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import { alea } from './alea.ts';

/** `tf.randomUniform(shape, low, high, 'float32', seed)`. */
export function tfjsUniform(
  seed: number,
  shape: readonly number[],
  low: number,
  high: number,
): Tensor<'float32'> {
  const random = alea(String(seed));
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random();
  return { dtype: 'float32', shape, data };
}

/**
 * `tf.randomNormal(shape, mean, std, 'float32', seed)`: Marsaglia's polar method in float64, both numbers of a
 * pair in turn; with `isCut` `tf.truncatedNormal`, which draws pairs until the first number of one is within two
 * deviations and takes the second if it is too. `RangeError` for seed 0, in place of which TF.js draws a
 * random one, and for a cut with std < 0, which would never end.
 */
export function tfjsNormal(
  seed: number,
  shape: readonly number[],
  mean: number,
  std: number,
  isCut: boolean,
): Tensor<'float32'> {
  if (seed === 0) {
    throw new RangeError(
      'tfjs: seed of normal numbers must not be 0, for which TF.js takes a random one, got 0',
    );
  }
  if (isCut && !(std >= 0)) {
    throw new RangeError(`tfjs truncated_normal: std must be >= 0, got ${std}`);
  }
  const random = alea(String(seed));
  const data = new Float32Array(sizeOf(shape));
  const isOut = (value: number): boolean =>
    isCut && !(value <= mean + std * 2 && value >= mean - std * 2);
  for (let i = 0; i < data.length;) {
    const v1 = 2 * random() - 1;
    const v2 = 2 * random() - 1;
    const square = v1 * v1 + v2 * v2;
    if (square >= 1 || square === 0) continue;
    const factor = Math.sqrt((-2 * exactLn(square)) / square);
    const first = mean + std * v1 * factor;
    const second = mean + std * v2 * factor;
    if (isOut(first)) continue;
    data[i++] = first;
    if (i < data.length && !isOut(second)) data[i++] = second;
  }
  return { dtype: 'float32', shape, data };
}
