/** The two fans of a tensor. */
export interface TorchFans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * What PyTorch takes for the fans of a tensor, whatever it is: `size(1) ∏k` and `size(0) ∏k`. They are
 * the true ones of a dense weight and of a plain convolution alone. `RangeError` below two dimensions.
 * Reference: `_calculate_fan_in_and_fan_out` of `torch.nn.init`, 2.13
 */
export function torchFans(call: string, shape: readonly number[]): TorchFans {
  if (shape.length < 2) {
    throw new RangeError(`${call}: shape must have at least 2 dimensions, got ${shown(shape)}`);
  }
  const taps = shape.slice(2).reduce((product, extent) => product * extent, 1);
  return { fanIn: shape[1] * taps, fanOut: shape[0] * taps };
}

/** `[3, 5]`. */
export function shown(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
