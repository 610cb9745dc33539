import { sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Accepted } from '../accept.ts';
import type { Options } from '../initializer.ts';
import type { DialectFunction, DialectSpread } from './dialect.ts';

/** A function of a framework as its file writes it; `defineFunction` makes a record of it. */
interface Definition<O extends Options> {
  readonly call: string;
  readonly options: O;
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  readonly tolerance?: number;
  readonly draw: (
    seed: number,
    shape: readonly number[],
    options: Accepted<O>,
  ) => Tensor<'float32'>;
  readonly spread: (shape: readonly number[], options: Accepted<O>) => DialectSpread;
}

/** The record of a function of a framework, equal to the last bit unless a tolerance is given. */
export function defineFunction<const O extends Options>(
  definition: Definition<O>,
): DialectFunction {
  const { call, options, choices = {}, tolerance = 0, draw, spread } = definition;
  const complete = (given: Options): Accepted<O> => {
    const all = { ...options, ...given };
    assertTypes(call, options, all);
    return all;
  };
  return {
    call,
    options,
    choices,
    tolerance,
    draw: (seed, shape, given) => draw(seed, shape, complete(given)),
    spread: (shape, given) => spread(shape, complete(given)),
  };
}

function assertTypes<O extends Options>(
  call: string,
  options: O,
  all: Options,
): asserts all is Accepted<O> {
  for (const [name, value] of Object.entries(options)) {
    if (typeof all[name] !== typeof value) {
      throw new TypeError(`${call}: ${name} must be a ${typeof value}, got ${String(all[name])}`);
    }
  }
}

/** A tensor of one value. */
export function filled(shape: readonly number[], value: number): Tensor<'float32'> {
  return { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)).fill(value) };
}

/** `x factor` in place, rounded to float32 once. */
export function scale(tensor: Tensor<'float32'>, factor: number): Tensor<'float32'> {
  const { data } = tensor;
  const by = Math.fround(factor);
  for (let i = 0; i < data.length; i++) data[i] *= by;
  return tensor;
}

/** `x factor + summand` in place, rounded to float32 after the product and after the sum. */
export function scaleAndShift(
  tensor: Tensor<'float32'>,
  factor: number,
  summand: number,
): Tensor<'float32'> {
  const { data } = scale(tensor, factor);
  const by = Math.fround(summand);
  for (let i = 0; i < data.length; i++) data[i] += by;
  return tensor;
}
