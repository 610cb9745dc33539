import { fma32 } from '../../../numeric/index.ts';
import { bits24, type TorchGenerator } from './mersenne.ts';

/**
 * `uniform_(from, to)` of a float32 tensor, `u (to - from) + from` rounded once. `excludesEnd` is what
 * 2.13 does where rounding reaches `to`: it gives `from` instead. Throws `RangeError` for an interval
 * that PyTorch does not take.
 */
export function fillTorchUniform(
  generator: TorchGenerator,
  out: Float32Array,
  from: number,
  to: number,
  excludesEnd: boolean,
): void {
  const [low, high] = [Math.fround(from), Math.fround(to)];
  const width = Math.fround(high - low);
  for (let i = 0; i < out.length; i++) {
    const value = fma32(bits24(generator) * 2 ** -24, width, low);
    out[i] = excludesEnd && value === high ? low : value;
  }
}

/**
 * What `fillTorchUniform` would put at the given indices of a tensor of `size` elements, which ascend:
 * the generator goes on as if all were filled.
 */
export function torchUniformsAt(
  generator: TorchGenerator,
  size: number,
  indices: Uint32Array,
  from: number,
  to: number,
  excludesEnd: boolean,
): Float32Array {
  const values = new Float32Array(indices.length);
  const [low, high] = [Math.fround(from), Math.fround(to)];
  const width = Math.fround(high - low);
  for (let i = 0, k = 0; i < size; i++) {
    const bits = bits24(generator);
    if (i !== indices[k]) continue;
    const value = fma32(bits * 2 ** -24, width, low);
    values[k++] = excludesEnd && value === high ? low : value;
  }
  return values;
}
