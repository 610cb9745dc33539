import { localKernels, type Kernels, type Key } from '../random/index.ts';
import { sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import { acceptOptions, type Accepted, type Optioned } from './accept.ts';
import type { Options, Scheme, Spec } from './initializer.ts';
import { tensorOfZeros } from './tensor.ts';

/** A scheme as its file writes it; `define` makes a `Scheme` of it. */
export interface Definition<O extends Options>
  extends Optioned<O>, Pick<Scheme, 'formula' | 'use' | 'reference'> {
  /** What must hold for the tensor and what was got, where something does not hold. */
  readonly undefinedFor?: (spec: Spec, options: Accepted<O>) => string | null;
  readonly mean?: (spec: Spec, options: Accepted<O>) => number;
  readonly std: (spec: Spec, options: Accepted<O>) => number;
  readonly bound: (spec: Spec, options: Accepted<O>) => number | null;
  readonly draw: (
    key: Key,
    spec: Spec,
    options: Accepted<O>,
    kernels: Kernels,
  ) => Tensor<FloatDType>;
}

function checkSpec(name: string, { shape, layout, groups }: Spec): void {
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new RangeError(`${name}: shape must be of integers >= 0, got [${shape.join(', ')}]`);
  }
  if (layout.length !== 0 && layout.length !== shape.length) {
    throw new RangeError(
      `${name}: layout must have one role per axis of [${shape.join(', ')}], got [${layout.join(', ')}]`,
    );
  }
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw new RangeError(`${name}: groups must be an integer >= 1, got ${groups}`);
  }
}

function isEmpty(spec: Spec): boolean {
  return sizeOf(spec.shape) === 0;
}

/**
 * Makes the record of a scheme from its definition: options are completed and checked before they are
 * used, and a tensor without elements needs no fans (its `std` is 0).
 */
export function define<const O extends Options>(definition: Definition<O>): Scheme {
  const { name, formula, use, reference, options, choices = {} } = definition;
  const checked = (spec: Spec, given: Options): Accepted<O> => {
    const complete = acceptOptions(definition, given);
    checkSpec(name, spec);
    const problem = definition.undefinedFor?.(spec, complete) ?? null;
    if (problem !== null) throw new RangeError(`${name}: ${problem}`);
    return complete;
  };
  return {
    name,
    formula,
    use,
    reference,
    options,
    choices,
    accept: (given) => ({ ...acceptOptions(definition, given) }),
    check: (spec, given) => {
      checked(spec, given);
    },
    mean: (spec, given) => {
      const complete = checked(spec, given);
      return isEmpty(spec) ? 0 : (definition.mean?.(spec, complete) ?? 0);
    },
    std: (spec, given) => {
      const complete = checked(spec, given);
      return isEmpty(spec) ? 0 : definition.std(spec, complete);
    },
    bound: (spec, given) => {
      const complete = checked(spec, given);
      return isEmpty(spec) ? 0 : definition.bound(spec, complete);
    },
    draw: (key, spec, given, kernels = localKernels()) => {
      const complete = checked(spec, given);
      return isEmpty(spec)
        ? tensorOfZeros(spec, kernels, () => undefined)
        : finite(definition, spec, complete, definition.draw(key, spec, complete, kernels));
    },
  };
}

const largest: { readonly [D in FloatDType]: number } = {
  float32: 2 ** 127,
  float64: 2 ** 1023,
  float16: 2 ** 15,
  bfloat16: 2 ** 127,
};

/** No number is farther from the mean than so many standard deviations. */
const FARTHEST = 1e7;

/** The tensor itself, all of whose elements its dtype can hold; `RangeError` where one is not finite. */
function finite<O extends Options>(
  { name, mean, std }: Definition<O>,
  spec: Spec,
  options: Accepted<O>,
  tensor: Tensor<FloatDType>,
): Tensor<FloatDType> {
  const { dtype, data } = tensor;
  const reach = Math.abs(mean?.(spec, options) ?? 0) + FARTHEST * std(spec, options);
  if (reach < largest[dtype]) return tensor;
  const exponent = dtype === 'float16' ? 0x7c00 : 0x7f80;
  const isBits = dtype === 'float16' || dtype === 'bfloat16';
  for (const value of data) {
    if (isBits ? (value & exponent) === exponent : !Number.isFinite(value)) {
      throw new RangeError(
        `${name}: values must be numbers that ${dtype} holds, got some that are not finite`,
      );
    }
  }
  return tensor;
}

/** The problem of a gain that is not a finite number from 0 on, or `null`. */
export function badGain({ gain }: { readonly gain: number }): string | null {
  return gain >= 0 && gain < Infinity ? null : `gain must be finite and >= 0, got ${gain}`;
}

/** The problem of a number that must be finite, or `null`. */
export function notFinite(options: Readonly<Record<string, number>>): string | null {
  const found = Object.entries(options).find(([, value]) => !Number.isFinite(value));
  return found === undefined ? null : `${found[0]} must be finite, got ${found[1]}`;
}
