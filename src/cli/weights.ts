import {
  advise,
  adviseAs,
  applyPlan,
  drawsOfPlan,
  type AdviseOptions,
  type Plan,
} from '../advise/index.ts';
import { storedWeights, type Ensemble } from '../measure/index.ts';
import type { Laws } from '../meanfield/index.ts';
import { describeNetwork, type Network } from '../network/index.ts';
import type { Kernels } from '../random/index.ts';
import { bytesPerElement, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import { dialectOption } from './dialect-option.ts';
import { UsageError } from './failure.ts';
import { loadModel, type Loaded } from './load.ts';
import { checkMemory } from './memory.ts';
import { lawsOfDraws } from './plan-laws.ts';

/** The options that say what the weights of a network are. */
export interface WeightOptions {
  readonly seed: number;
  readonly scheme?: string;
  readonly base?: string;
  readonly set?: readonly string[];
  readonly keep?: readonly string[];
  readonly as?: string;
  readonly asIs?: boolean;
}

/** What `advise` is asked for by these options. */
export function askedOf({ label }: Loaded, options: WeightOptions): AdviseOptions {
  const { seed, scheme, base, set, keep } = options;
  return {
    model: label,
    seed,
    ...(scheme === undefined ? {} : { scheme }),
    ...(set === undefined ? {} : { set }),
    ...(keep === undefined ? {} : { keep }),
    ...(base === undefined ? {} : { base: describeNetwork(loadModel(base).model.graph) }),
  };
}

/** A plan, what it draws, and how that is distributed. */
export interface Drawn {
  readonly plan: Plan;
  readonly draws: ReadonlyMap<string, () => Tensor<FloatDType>>;
  readonly laws: Laws;
}

/** StepZero's plan, or what a framework would have drawn. */
export function drawnBy(
  loaded: Loaded,
  network: Network,
  options: WeightOptions,
  kernels: Kernels,
): Drawn {
  return drawnAs(network, askedOf(loaded, options), options.as, kernels);
}

function drawnAs(
  network: Network,
  asked: AdviseOptions,
  as: string | undefined,
  kernels: Kernels,
): Drawn {
  if (as === undefined) {
    const plan = advise(network, asked);
    return { plan, draws: applyPlan(plan, network, kernels), laws: lawsOfDraws(plan, network) };
  }
  const { plan, values } = adviseAs(network, dialectOption(as), asked);
  const others = plan.parameters.filter(({ name }) => !values.has(name));
  const draws = applyPlan({ ...plan, parameters: others }, network, kernels);
  for (const [name, tensor] of values) draws.set(name, () => tensor);
  return { plan, draws, laws: lawsOfDraws(plan, network, values) };
}

/** Weights drawn anew for every seed, or those stored. */
export interface Weights {
  /** What they are, as in `weights he_normal`. */
  readonly label: string;
  readonly isStored: boolean;
  readonly ensemble: Ensemble;
  readonly laws: Laws;
}

/**
 * The weights that the options ask for, of `count` seeds from `options.seed` on; `asIs` are those of the file, which
 * are one draw. `UsageError` for `asIs` of an architecture and of several draws.
 */
export function weightsOf(
  loaded: Loaded,
  network: Network,
  options: WeightOptions,
  count: number,
  kernels: Kernels,
): Weights {
  const { seed, as, asIs } = options;
  const bytes = network.parameters.reduce(
    (sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement(dtype),
    0,
  );
  checkMemory(loaded.label, 'the weights, stored and drawn,', 2 * bytes);
  if (asIs === true) {
    checkStored(loaded);
    if (count > 1) throw new UsageError(`--draws: must be 1 with --as-is, got ${count}`);
    return { label: 'as stored', isStored: true, ensemble: storedWeights, laws: storedLaws };
  }
  if (!Number.isSafeInteger(seed + count - 1)) {
    throw new UsageError(
      `--draws: the last seed must be below 2^53, got ${seed} and ${count} draws`,
    );
  }
  const seeds = Array.from({ length: count }, (_, i) => seed + i);
  const asked = askedOf(loaded, options);
  const label = labelOf(options);
  if (as === undefined) {
    const laws = lawsOfDraws(advise(network, asked), network);
    return {
      label,
      isStored: false,
      ensemble: { seeds, draw: drawsOfPlan(network, asked, kernels) },
      laws,
    };
  }
  const { laws } = drawnAs(network, asked, as, kernels);
  const draw = (each: number): ReadonlyMap<string, Tensor<FloatDType>> => {
    const { draws } = drawnAs(network, { ...asked, seed: each }, as, kernels);
    return new Map([...draws].map(([name, make]) => [name, make()]));
  };
  return { label, isStored: false, ensemble: { seeds, draw }, laws };
}

function labelOf({ scheme, as, set = [], keep = [] }: WeightOptions): string {
  const but = [...set, ...keep.map((pattern) => `${pattern} kept`)];
  const whole = as === undefined ? (scheme ?? 'as advised') : `as ${as}`;
  const function_ = as !== undefined && scheme !== undefined ? `, ${scheme}` : '';
  return `${whole}${function_}${but.length === 0 ? '' : `, but ${but.join(', ')}`}`;
}

/** No law: every tensor counts as it is stored. */
const storedLaws: Laws = () => null;

function checkStored({ label, path }: Loaded): void {
  if (path !== null) return;
  throw new UsageError(
    `--as-is: must have a file whose weights are stored, got the architecture ${label}`,
  );
}

/** The laws of the weights: of a plan, of a framework's draw, or of what is stored. */
export function lawsOf(loaded: Loaded, network: Network, options: WeightOptions): Laws {
  if (options.asIs === true) {
    checkStored(loaded);
    return storedLaws;
  }
  const asked = askedOf(loaded, options);
  if (options.as === undefined) return lawsOfDraws(advise(network, asked), network);
  const { plan, values } = adviseAs(network, dialectOption(options.as), asked);
  return lawsOfDraws(plan, network, values);
}
