import { initializers, serialization, tensor, type DataType } from '@tensorflow/tfjs';
import { parseScheme, scheme, type Options } from '../init/index.ts';
import { key } from '../random/index.ts';
import {
  drawKernel,
  layouts,
  plainKernel,
  type Kernel,
  type KernelLayout,
  type KernelOptions,
} from './kernel.ts';

/** An initializer as the layers of TF.js take it. */
export type TfInitializer = ReturnType<typeof initializers.ones>;

/** What every initializer takes besides the options of its scheme. */
export interface InitializerOptions extends KernelOptions {
  /**
   * An integer in 0…2⁵³-1: every call gives the values of this seed, so layers of one shape want seeds
   * of their own. Without a seed every call draws anew, from 64 bits of entropy.
   */
  readonly seed?: number;
}

/** Options of a scheme; those that are `undefined` are left out. */
export type SchemeOptions<Names extends string = string> = {
  readonly [Name in Names]?: number | string | undefined;
};

const CLASS_NAME = 'StepZero';

const OWN: ReadonlySet<string> = new Set(['seed', ...Object.keys(plainKernel)]);

/** TF.js takes an initializer only as an instance of its base class, which it does not export by name. */
const Initializer: abstract new () => TfInitializer = Object.getPrototypeOf(
  initializers.zeros().constructor,
);

/** All that an initializer is: its state and, as words and numbers, its entry in a saved model. */
interface Config extends Kernel {
  /** `he_normal(slope=0.2)`. The one key whose words TF.js leaves as they are in its JSON is `name`. */
  readonly name: string;
  readonly seed: number | null;
}

class StepZeroInitializer extends Initializer {
  static readonly className = CLASS_NAME;
  readonly #config: Config;
  readonly #options: Options;
  readonly #scheme: string;

  constructor(config: Config) {
    super();
    const parsed = parseScheme(config.name);
    this.#scheme = parsed.scheme.name;
    this.#options = parsed.options;
    this.#config = config;
  }

  apply(shape: (number | null)[], dtype: DataType = 'float32'): ReturnType<TfInitializer['apply']> {
    const { seed, layout, groups, strides, gates } = this.#config;
    const extents = shape.map((extent) => extent ?? NaN);
    const kernel = { layout, groups, strides, gates };
    const values = drawKernel(key(seed ?? entropy()), this.#scheme, this.#options, extents, kernel);
    if (dtype === 'float32') return tensor(values, extents, 'float32');
    if (dtype !== 'int32' || !values.every(Number.isInteger)) {
      const rule = dtype === 'int32' ? 'float32 unless all values are integers' : 'float32';
      throw new RangeError(`${this.#scheme}: dtype must be ${rule}, got ${dtype}`);
    }
    return tensor(Int32Array.from(values), extents, 'int32');
  }

  override getConfig(): serialization.ConfigDict {
    return { ...this.#config };
  }

  static fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    return new cls(configOf(config));
  }
}

function entropy(): bigint {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high) << 32n) | BigInt(low);
}

/** A configuration that came from outside, checked; what is left out has its default. */
function configOf(given: Readonly<Record<string, unknown>>): Config {
  const { name, seed, layout } = given;
  if (typeof name !== 'string') {
    throw new TypeError(`stepzero/tfjs: name must be a scheme, got ${JSON.stringify(name)}`);
  }
  return {
    name,
    seed: seedOf(seed),
    layout: layoutOf(layout ?? plainKernel.layout),
    groups: countOf('groups', given['groups'] ?? plainKernel.groups),
    strides: countOf('strides', given['strides'] ?? plainKernel.strides),
    gates: countOf('gates', given['gates'] ?? plainKernel.gates),
  };
}

function seedOf(given: unknown): number | null {
  if (given === undefined || given === null) return null;
  const seed = numberOf('seed', given);
  key(seed);
  return seed;
}

function layoutOf(given: unknown): KernelLayout {
  const found = layouts.find((layout) => layout === given);
  if (found !== undefined) return found;
  const all = layouts.join(', ');
  throw new RangeError(`stepzero/tfjs: layout must be one of ${all}, got ${JSON.stringify(given)}`);
}

function numberOf(option: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`stepzero/tfjs: ${option} must be a number, got ${JSON.stringify(value)}`);
}

function countOf(option: string, value: unknown): number {
  const count = numberOf(option, value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new RangeError(`stepzero/tfjs: ${option} must be an integer >= 1, got ${count}`);
}

/** Options as `parseScheme` reads them: `slope=0.2, mode=fan_out`. */
function written(options: Options): string {
  const word = (value: number | string): string => String(value).replace('Infinity', 'inf');
  // An empty word is the default of an option that has none, and is no word to parse.
  const given = Object.entries(options).filter(([, value]) => value !== '');
  const parts = given.map(([option, value]) => `${option}=${word(value)}`);
  return parts.length === 0 ? '' : `(${parts.join(', ')})`;
}

/**
 * Makes the class of all initializers known to TF.js, so that `tf.models.modelFromJSON` and
 * `tf.loadLayersModel` read models that name it. Making an initializer does the same; a program that
 * only loads models calls this first.
 */
export function registerInitializers(): void {
  const { classNameMap } = serialization.SerializationMap.getMap();
  if (!Object.hasOwn(classNameMap, CLASS_NAME)) serialization.registerClass(StepZeroInitializer);
}

/**
 * The initializer of a scheme by its name, `initializer('he_normal', { slope: 0.2, seed: 1 })`: besides
 * the options of the scheme it takes `seed`, `layout`, `groups`, `strides` and `gates`. Its values are
 * those of `stepzero sample he_normal --layout io` of that seed and shape.
 * Throws what the scheme throws for its options, and `RangeError` for kernel options out of range; when
 * it is applied, `RangeError` where the scheme is not defined for the shape or the dtype.
 */
export function initializer(
  name: string,
  options: InitializerOptions & SchemeOptions = {},
): TfInitializer {
  registerInitializers();
  const record = scheme(name);
  const given = Object.entries(options).flatMap(([option, value]) =>
    value === undefined ? [] : [[option, value] as const],
  );
  const own = Object.fromEntries(given.filter(([option]) => OWN.has(option)));
  const rest = Object.fromEntries(given.filter(([option]) => !OWN.has(option)));
  record.accept(rest);
  return new StepZeroInitializer(configOf({ ...own, name: `${record.name}${written(rest)}` }));
}
