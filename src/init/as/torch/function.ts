import type { Tensor } from '../../../tensor/index.ts';
import type { Options } from '../../initializer.ts';
import type { DialectFunction, DialectSpread } from '../dialect.ts';
import type { TorchGenerator } from './mersenne.ts';

/** A function of `torch.nn.init`: as a `DialectFunction`, but drawing from a generator that goes on. */
export interface TorchFunction extends Omit<DialectFunction, 'draw' | 'spread'> {
  /** Throws `RangeError` where PyTorch raises. */
  readonly fill: (
    generator: TorchGenerator,
    out: Float32Array,
    shape: readonly number[],
    options: Options,
  ) => void;
  readonly spread: (shape: readonly number[], options: Options) => DialectSpread;
}

/** The values of a function of PyTorch, the next ones of a generator. */
export function drawnBy(
  { fill }: TorchFunction,
  generator: TorchGenerator,
  shape: readonly number[],
  options: Options,
): Tensor<'float32'> {
  const data = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
  fill(generator, data, shape, options);
  return { dtype: 'float32', shape, data };
}

/** An option that is a number, by its name. */
export function numberOf(options: Options, name: string): number {
  return Number(options[name]);
}
