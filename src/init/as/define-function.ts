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
  /** Options that may be infinite. */
  readonly open?: readonly string[];
  readonly draw: (
    seed: number,
    shape: readonly number[],
    options: Accepted<O>,
  ) => Tensor<'float32'>;
  readonly spread: (shape: readonly number[], options: Accepted<O>) => DialectSpread;
}

/**
 * The record of a function of a framework, equal to the last bit unless a tolerance is given. What it draws is
 * finite: `RangeError` for options by which it would not be.
 */
export function defineFunction<const O extends Options>(
  definition: Definition<O>,
): DialectFunction {
  const { call, options, choices = {}, tolerance = 0, open = [], draw, spread } = definition;
  const complete = (given: Options): Accepted<O> => {
    const all = { ...options, ...given };
    assertTypes(call, options, all);
    checkFinite(call, all, open);
    return all;
  };
  return {
    call,
    options,
    choices,
    tolerance,
    draw: (seed, shape, given) => finite(call, draw(seed, shape, complete(given))),
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

function checkFinite(call: string, options: Options, open: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'number' && !Number.isFinite(value) && !open.includes(name)) {
      throw new RangeError(`${call}: ${name} must be finite, got ${value}`);
    }
  }
}

/** The tensor itself; where a framework would give infinities or no numbers, a `RangeError`. */
function finite(call: string, tensor: Tensor<'float32'>): Tensor<'float32'> {
  for (const value of tensor.data) {
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `${call}: values must be numbers that float32 holds, got some that are not finite`,
      );
    }
  }
  return tensor;
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
