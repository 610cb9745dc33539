import type { Network, ParameterInfo } from '../../../network/index.ts';
import { castTo, isFloat, sizeOf } from '../../../tensor/index.ts';
import type { Built, DialectChoice } from '../dialect.ts';
import { constructionOf, isConstant } from './construction.ts';
import { drawnBy, type TorchFunction } from './function.ts';
import { torchGenerator } from './mersenne.ts';
import { namesOf, type TorchModule, type TorchTensor } from './module.ts';
import { isWhole, scatter, type Store } from './scatter.ts';

/** What is collected for one stored tensor. */
interface Collected extends Store {
  /** What was called for it last. */
  what: Omit<Built, 'tensor'>;
  /** The module whose values these are. Of several that share a stored tensor it is the first. */
  readonly owner: TorchModule;
  /** Whether there are others, with values of their own. */
  isShared: boolean;
}

type Values = Map<string, Collected>;

/**
 * What `torch.manual_seed(seed)` and building the modules of a network gives its stored tensors, by
 * name. Tensors that PyTorch has no default for are left out. Values are drawn in float32 and cast last.
 */
export function buildNetwork(
  network: Network,
  seed: number,
  excludesEnd: boolean,
): ReadonlyMap<string, Built> {
  const infos = infosOf(network);
  const values: Values = new Map();
  const drawn = new Map<TorchModule, readonly Float32Array[]>();
  const generator = torchGenerator(seed);
  const construction = constructionOf(network, excludesEnd);
  const originals = new Set(construction.map(({ copyOf }) => copyOf));
  for (const { module, owner, copyOf, isAgain } of construction) {
    const { kind, tensors, sequence } = module;
    const own = (copyOf === null ? undefined : drawn.get(copyOf)) ?? [];
    const data = tensors.map(({ shape }, index) => own[index] ?? new Float32Array(sizeOf(shape)));
    if (own.length === 0) {
      for (const index of sequence) tensors[index].law.fill(generator, data[index]);
    }
    if (originals.has(module)) drawn.set(module, data);
    const reason = isAgain
      ? `As ${kind} draws the matrices of its parts once more when all are built.`
      : copyOf === null
        ? `The default of ${kind}, the modules drawn one after another in the order of their construction.`
        : `A copy of the first layer of its stack, as torch.nn.TransformerEncoder makes them.`;
    for (const [index, tensor] of tensors.entries()) {
      const { call, std, bound } = tensor.law;
      collect(
        values,
        infos,
        owner,
        tensor,
        data[index],
        { call, std, bound, reason },
        copyOf !== null,
      );
    }
  }
  return finished(values, infos);
}

/**
 * What functions of `torch.nn.init` give the tensors named in `choices`, called one after another in the
 * order of construction and of `parameters()` within a module: after `torch.manual_seed(seed)` and, where
 * `buildsFirst`, after the modules were built. `RangeError` where PyTorch raises, with the name.
 */
export function assignNetwork(
  network: Network,
  seed: number,
  choices: ReadonlyMap<string, DialectChoice>,
  functions: Readonly<Record<string, TorchFunction>>,
  excludesEnd: boolean,
  buildsFirst: boolean,
): ReadonlyMap<string, Built> {
  const infos = infosOf(network);
  const values: Values = new Map();
  const generator = torchGenerator(seed);
  const construction = constructionOf(network, excludesEnd, new Set(choices.keys()));
  if (buildsFirst) {
    for (const { module, copyOf } of construction) {
      if (copyOf !== null) continue;
      const { tensors, sequence } = module;
      for (const index of sequence) {
        const { shape, law } = tensors[index];
        law.fill(generator, new Float32Array(sizeOf(shape)));
      }
    }
  }
  for (const { module, isAgain } of construction) {
    if (isAgain) continue;
    for (const tensor of module.tensors) {
      const name = namesOf({ ...module, tensors: [tensor] }).find((known) => choices.has(known));
      const choice = choices.get(name ?? '');
      if (name === undefined || choice === undefined) continue;
      const record = functions[choice.scheme];
      const { data } = naming(name, () => drawnBy(record, generator, tensor.shape, choice.options));
      const empty = { std: 0, bound: 0 };
      const spread = data.length === 0 ? empty : record.spread(tensor.shape, choice.options);
      const call = callText(record.call, choice);
      collect(values, infos, module, tensor, data, { call, ...spread, reason: '' }, false);
    }
  }
  return finished(values, infos);
}

function naming<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new RangeError(`${name}: ${error.message}`, { cause: error });
  }
}

/** `kaiming_normal_(mode=fan_out)`. */
function callText(call: string, { options }: DialectChoice): string {
  const list = Object.entries(options).map(([option, value]) => `${option}=${value}`);
  return `${call.replace(/^torch\.nn\.init\./, '')}(${list.join(', ')})`;
}

function infosOf({ parameters }: Network): ReadonlyMap<string, ParameterInfo> {
  return new Map(parameters.filter(({ dtype }) => isFloat(dtype)).map((info) => [info.name, info]));
}

function collect(
  values: Values,
  infos: ReadonlyMap<string, ParameterInfo>,
  owner: TorchModule,
  { places }: TorchTensor,
  source: Float32Array,
  what: Omit<Built, 'tensor'>,
  isCopy: boolean,
): void {
  const storeOf = (name: string): Store | null => {
    const known = values.get(name);
    if (known !== undefined && known.owner !== owner) {
      known.isShared ||= !isCopy;
      return null;
    }
    const info = infos.get(name);
    if (info === undefined || (isConstant(info) && what.std !== 0)) return null;
    const size = sizeOf(info.shape);
    // What stands in the file as it was drawn is not copied; copies of a layer share it.
    const isDone = places.length === 1 && size === source.length && isWhole(places[0], size);
    if (isDone) {
      values.set(name, { what, owner, isShared: false, data: source, written: size });
      return null;
    }
    if (known !== undefined) {
      known.what = what;
      return known;
    }
    const data = new Float32Array(size);
    const store = { what, owner, isShared: false, data, written: 0 };
    values.set(name, store);
    return store;
  };
  for (const place of places) scatter(source, place, storeOf);
}

const SHARED =
  'The file stores it once for several modules, and these are the values of the first that was built.';

/** The tensors all of whose elements were given a value. */
function finished(
  values: Values,
  infos: ReadonlyMap<string, ParameterInfo>,
): ReadonlyMap<string, Built> {
  const built = new Map<string, Built>();
  for (const [name, info] of infos) {
    const { dtype, shape } = info;
    const found = values.get(name);
    if (!isFloat(dtype) || found === undefined || found.written < found.data.length) continue;
    const { what, data, isShared } = found;
    const tensor = { dtype, shape, data: castTo(dtype, data) };
    const reason = isShared ? `${what.reason} ${SHARED}`.trim() : what.reason;
    built.set(name, { ...what, reason, tensor });
  }
  return built;
}
