import type { Network, ParameterInfo } from '../../../network/index.ts';
import { castTo, isFloat, sizeOf, type FloatDType, type Tensor } from '../../../tensor/index.ts';
import type { Built, DialectFunction, DialectSpread } from '../dialect.ts';
import { noSpread } from '../spread.ts';
import type { Defaults, LayerDefault } from './defaults.ts';
import { piecesOf, place, type Convention, type Piece } from './pieces.ts';

/** How a framework's layers make their weights. */
export interface LayerRules {
  readonly functions: Readonly<Record<string, DialectFunction>>;
  /** How the framework's layers name what they call, by scheme. */
  readonly names: Readonly<Record<string, string>>;
  readonly convention: Convention;
  readonly defaults: Defaults;
  /** What an LSTM adds to the bias of its forget gate, if anything. */
  readonly forgetBias: LayerDefault | null;
}

/** A piece that is drawn, and the how-many-th of the network it is. */
export interface Draw {
  readonly parameter: ParameterInfo;
  readonly piece: Piece;
  readonly choice: LayerDefault;
}

/** Whether values of a function depend on the seed. */
export function isRandom({ scheme }: LayerDefault): boolean {
  return scheme !== 'zeros' && scheme !== 'ones' && scheme !== 'constant';
}

/** All pieces of a network that the framework's layers have, in the order of parameters and of storage. */
export function drawsOf(network: Network, rules: LayerRules): readonly Draw[] {
  return network.parameters.flatMap((parameter) =>
    !isFloat(parameter.dtype)
      ? []
      : piecesOf(parameter, rules.convention).flatMap((piece) => {
          const choice = defaultOf(parameter, piece, rules);
          return choice === null ? [] : [{ parameter, piece, choice }];
        }),
  );
}

/** `null` where the framework's layers have no such tensor: it stays as it is. */
function defaultOf(
  { role, operator }: ParameterInfo,
  { name }: Piece,
  { defaults, forgetBias }: LayerRules,
): LayerDefault | null {
  // Positions that are no table of an embedding layer are made by hand.
  if (role === 'positional_embedding' && operator !== 'Gather') return null;
  if (
    role === 'recurrent_bias' &&
    operator === 'LSTM' &&
    name?.endsWith('/forget/input') === true
  ) {
    return forgetBias ?? defaults[role] ?? null;
  }
  return defaults[role] ?? null;
}

/** The weights that `draws` make, `values` giving each of them in the framework's layout. */
export function buildFrom(
  draws: readonly Draw[],
  rules: LayerRules,
  values: (draw: Draw) => Tensor<'float32'>,
): ReadonlyMap<string, Built> {
  const built = new Map<string, Built>();
  for (const [name, own] of Map.groupBy(draws, (draw) => draw.parameter.name)) {
    const [{ parameter }] = own;
    const data = new Float32Array(sizeOf(parameter.shape));
    for (const draw of own) place(draw.piece, values(draw).data, data);
    const leading = own.find((draw) => isRandom(draw.choice)) ?? own[0];
    built.set(name, {
      call: callOf(leading, rules),
      reason: leading.choice.reason,
      ...spreadOf(own, rules),
      tensor: cast(parameter, data),
    });
  }
  return built;
}

function callOf({ choice: { scheme, options } }: Draw, { names }: LayerRules): string {
  const given = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return names[scheme] ?? (given.length === 0 ? scheme : `${scheme}(${given.join(', ')})`);
}

function spreadOf(draws: readonly Draw[], { functions }: LayerRules): DialectSpread {
  const [{ choice, piece }] = draws;
  if (draws.some((draw) => draw.choice.scheme !== choice.scheme)) return { std: null, bound: null };
  if (choice.spread !== undefined) return choice.spread(piece.shape);
  return sizeOf(piece.shape) === 0
    ? noSpread
    : (functions[choice.scheme].spread?.(piece.shape, choice.options) ?? {
        std: null,
        bound: null,
      });
}

function cast({ dtype, shape }: ParameterInfo, data: Float32Array): Tensor<FloatDType> {
  if (!isFloat(dtype)) throw new TypeError(`build: dtype must be a float type, got ${dtype}`);
  return { dtype, shape, data: castTo(dtype, data) };
}
