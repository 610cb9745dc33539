import type { LayerParts, Network, ParameterInfo } from '../../../network/index.ts';
import { stridesOf } from '../../../tensor/index.ts';
import { attentionModule, isMultihead, projectsIn, projectsOut } from './attention-module.ts';
import { cellModule, cellProduct, embeddingModule, weightedModule } from './layer-modules.ts';
import { constantLaw } from './laws.ts';
import {
  moduleOf,
  namesOf,
  wholePlace,
  type Constructed,
  type TorchLaw,
  type TorchModule,
} from './module.ts';
import { recurrentModule } from './recurrent-module.ts';
import { copiesIn, withTransformers } from './stacks.ts';

/**
 * The modules that a network was built from, in the order of their construction: that in which the file
 * stores their parameters, since an exporter writes them in the order of `parameters()`. A module
 * all of whose parameters an exporter renamed or shares with others follows the one that runs before it.
 * Other parameters are modules of their own where PyTorch has a default for them or they are `named`.
 */
export function constructionOf(
  network: Network,
  excludesEnd: boolean,
  named: ReadonlySet<string> = new Set(),
): readonly Constructed[] {
  const running = modulesOf(network, excludesEnd);
  const copies = copiesIn(network, running);
  const users = new Map<string, Set<TorchModule>>();
  for (const module of running) {
    for (const name of namesOf(module)) {
      const known = users.get(name) ?? new Set();
      users.set(name, known.add(module));
    }
  }
  const position = new Map(network.stored.map((name, index) => [name, index]));
  let last = -1;
  const keyed = running.map((module, index) => {
    const own = namesOf(module).filter(
      (name) => users.get(name)?.size === 1 && OWN_NAME.test(name),
    );
    const at = own.map((name) => position.get(name) ?? 0);
    if (at.length > 0) last = Math.min(...at);
    return { module, at: last, index };
  });
  const rest = otherModules(network, new Set(users.keys()), named).map((module, index) => {
    const [name] = namesOf(module);
    const at = OWN_NAME.test(name) ? (position.get(name) ?? Infinity) : Infinity;
    return { module, at, index: running.length + index };
  });
  const ordered = [...keyed, ...rest]
    .sort((a, b) => compare(a.at, b.at) || a.index - b.index)
    .map(({ module }): Constructed => {
      return { module, owner: module, copyOf: copies.get(module) ?? null, isAgain: false };
    });
  return withTransformers(network, ordered, excludesEnd);
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Names that PyTorch gives parameters, as opposed to those that exporters make up. */
const OWN_NAME =
  /(^|[./])(weight|bias|in_proj_weight|in_proj_bias|(weight|bias)_(ih|hh)(_l\d+(_reverse)?)?)$/;

/** The modules with weights, in the order in which they run. */
function modulesOf({ layers }: Network, excludesEnd: boolean): TorchModule[] {
  const modules: TorchModule[] = [];
  const seen = new Map<string, string>();
  const done = new Set<LayerParts>();
  // A module that runs several times, or is stored once for equal ones, was built once.
  const add = (module: TorchModule | null): void => {
    if (module === null) return;
    const { kind } = module;
    const names = namesOf(module);
    const [known] = names.map((name) => seen.get(name));
    const isKnown = known === kind || known === 'torch.nn.MultiheadAttention';
    if (isKnown && names.every((name) => seen.has(name))) return;
    for (const name of names) if (!seen.has(name)) seen.set(name, kind);
    modules.push(module);
  };
  for (const [index, layer] of layers.entries()) {
    if (done.has(layer)) continue;
    const group = cellFrom(layers, layer, excludesEnd) ?? attentionFrom(layers, index, excludesEnd);
    for (const part of group?.layers ?? []) done.add(part);
    add(group === null ? moduleAt(layer, excludesEnd) : group.module);
  }
  return modules;
}

/** A module that several layers make up. */
interface Group {
  readonly module: TorchModule;
  readonly layers: readonly LayerParts[];
}

/** The recurrent cell that a layer is one product of. */
function cellFrom(
  layers: readonly LayerParts[],
  first: LayerParts,
  excludesEnd: boolean,
): Group | null {
  const own = cellProduct(first);
  if (own === null) return null;
  const products = layers.flatMap((layer) => {
    const product = cellProduct(layer);
    return product?.cell === own.cell ? [{ side: product.side, layer }] : [];
  });
  const module = cellModule(products, excludesEnd);
  return module === null ? null : { module, layers: products.map(({ layer }) => layer) };
}

function moduleAt(layer: LayerParts, excludesEnd: boolean): TorchModule | null {
  const { operator, parts } = layer;
  if (operator === 'LSTM' || operator === 'GRU' || operator === 'RNN') {
    return recurrentModule(layer, excludesEnd);
  }
  return parts[0].role === 'embedding' || parts[0].role === 'positional_embedding'
    ? embeddingModule(layer)
    : weightedModule(layer, excludesEnd);
}

/** The attention module whose first projection a layer is. */
function attentionFrom(
  layers: readonly LayerParts[],
  from: number,
  excludesEnd: boolean,
): Group | null {
  if (!projectsIn(layers[from])) return null;
  const to = layers.findIndex((layer, index) => index > from && projectsOut(layer));
  if (to === -1) return null;
  const ins = layers.slice(from, to);
  const out = layers[to];
  if (!ins.every(projectsIn) || !isMultihead(ins, out)) return null;
  const module = attentionModule(ins, out, excludesEnd);
  return module === null ? null : { module, layers: [...ins, out] };
}

/** What normalisations and activations start from. */
const CONSTANTS: Readonly<Partial<Record<ParameterInfo['role'], readonly [string, number]>>> = {
  norm_scale: ['a normalisation', 1],
  norm_shift: ['a normalisation', 0],
  norm_mean: ['torch.nn.BatchNorm', 0],
  norm_variance: ['torch.nn.BatchNorm', 1],
  activation_slope: ['torch.nn.PReLU', 0.25],
};

/** Whether a parameter starts from one value, whatever else may be stored with it as an equal. */
export function isConstant({ role }: ParameterInfo): boolean {
  return CONSTANTS[role] !== undefined;
}

/** One module for each other parameter that PyTorch has a default for. */
function otherModules(
  { parameters }: Network,
  taken: ReadonlySet<string>,
  named: ReadonlySet<string>,
): TorchModule[] {
  return parameters.flatMap((info): TorchModule[] => {
    const known = CONSTANTS[info.role] ?? (named.has(info.name) ? ['the module', 0] : null);
    if (known === null || (taken.has(info.name) && !isConstant(info))) return [];
    return [singleModule(known[0], info, constantLaw(known[1]))];
  });
}

/** A stored tensor as a module of its own. */
function singleModule(
  kind: string,
  { name, role, shape }: ParameterInfo,
  law: TorchLaw,
): TorchModule {
  const strides = stridesOf(shape);
  const at = shape.map(() => 0);
  const pieces = [{ parameter: name, at, extent: shape, offset: 0, strides }];
  const part = { role, slot: -1, layout: [], shape, pieces };
  return moduleOf(kind, [{ shape, law, places: [wholePlace(part, strides)] }]);
}
