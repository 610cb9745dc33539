import { Array as JaxArray, DType, numpy } from '@jax-js/jax';
import { scheme } from '../init/index.ts';
import { key as keyOf, type Key } from '../random/index.ts';
import { specOfAxes, type AxisOptions } from './axes.ts';

/** `(key, shape) → Array`, as `jax.nn.initializers` makes them. */
export type JaxInitializer = (key: JaxArray, shape: readonly number[]) => JaxArray;

/** Options of a scheme; those that are `undefined` are left out. */
export type SchemeOptions<Names extends string> = {
  readonly [Name in Names]?: number | string | undefined;
};

const AXES: ReadonlySet<string> = new Set(['inAxis', 'outAxis', 'batchAxis', 'groups']);

/**
 * The initializer of a scheme by its name, `initializer('he_normal', { slope: 0.2 })(key, [64, 32])`:
 * besides the options of the scheme it takes `inAxis`, `outAxis`, `batchAxis` and `groups`. The two words
 * of the key, high then low, are the 64 bits of the seed: with `random.key(7)` the values are those of
 * `stepzero sample he_normal --layout io --seed 7`. The result is float32, on the default device.
 *
 * The key is used up, as by every function of jax-js; pass `key.ref` to keep it. It is read at once,
 * which cannot be done while `jit`, `grad` or `vmap` traces a function: draw outside of it.
 * Throws what the scheme throws for its options, and when it is applied, `TypeError` for what is no
 * concrete key and `RangeError` where the scheme is not defined for the shape.
 */
export function initializer(
  name: string,
  options: AxisOptions & {
    readonly [option: string]: number | string | readonly number[] | undefined;
  } = {},
): JaxInitializer {
  const record = scheme(name);
  const own: Record<string, number | string> = {};
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || AXES.has(option)) continue;
    if (typeof value === 'object') {
      throw new TypeError(
        `${name}: ${option} must be a number or a word, got [${value.join(', ')}]`,
      );
    }
    own[option] = value;
  }
  const complete = record.accept(own);
  return (key, shape) => {
    const spec = specOfAxes(shape, options);
    record.check(spec, complete);
    const { data } = record.draw(streamOf(key), spec, complete);
    // numpy.array takes no data without elements.
    if (data.length === 0) return numpy.zeros([...shape]);
    return numpy.array(new Float32Array(data), { shape: [...shape] });
  };
}

/** Our stream of a key of jax-js, `[high, low]` in uint32. */
function streamOf(key: JaxArray): Key {
  if (!(key instanceof JaxArray)) {
    throw new TypeError(
      'stepzero/jax-js: key must be a concrete array such as random.key(0), got a value that jit, grad or vmap traces (draw outside of it) or no array',
    );
  }
  const { shape, dtype } = key;
  if (shape.length !== 1 || shape[0] !== 2 || dtype !== DType.Uint32) {
    throw new TypeError(
      `stepzero/jax-js: key must be one key, uint32 of shape [2], got ${dtype} of shape [${shape.join(', ')}]`,
    );
  }
  const [high, low] = key.dataSync();
  return keyOf((BigInt(high) << 32n) | BigInt(low));
}
