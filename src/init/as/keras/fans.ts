/** Fans as Keras, TensorFlow and, for 2 to 5 dimensions, TF.js count them: `[…kernel, in, out]`. */
export function kerasFans(shape: readonly number[]): readonly [fanIn: number, fanOut: number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  const taps = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  const [inputs, outputs] = shape.slice(-2);
  return [inputs * taps, outputs * taps];
}

/** `scale / max(1, n)`, n the fan or mean of fans that `mode` names. */
export function kerasVariance(
  scale: number,
  mode: string,
  [fanIn, fanOut]: readonly [number, number],
): number {
  const fan = mode === 'fan_in' ? fanIn : mode === 'fan_out' ? fanOut : (fanIn + fanOut) / 2;
  return scale / Math.max(1, fan);
}
