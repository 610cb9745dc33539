import {
  computedValues,
  encodeModel,
  modelOf,
  type Constant,
  type Model,
  type Values,
} from '../graph/index.ts';
import { instrument, liftable, openSession, shapeOutput, type Session } from '../runtime/index.ts';
import { isFloat, sizeOf } from '../tensor/index.ts';
import { layerValues, type LayerKind, type LayerValue } from '../network/index.ts';
import type { Feeds } from './inputs.ts';
import { inGroups, usualMemory } from './groups.ts';
import {
  accumulate,
  finiteOrNull,
  isFloatTensor,
  momentsOf,
  notFiniteOf,
  type NotFinite,
  type Sums,
} from './moments.ts';

/** Statistics of one value of the network over a batch. */
export interface SignalRow {
  /** The value's name in the file. */
  readonly name: string;
  /** The operator that makes it; joined by `+` for a function spelled in several operators. */
  readonly op: string;
  readonly kind: LayerKind;
  /** `E x²`, `null` where it is not finite. */
  readonly secondMoment: number | null;
  readonly mean: number | null;
  /** Share of units that are the same for all examples and positions; `null` where there is but one. */
  readonly dead: number | null;
  /** Only where an element is not finite. */
  readonly notFinite?: NotFinite;
}

/** How a signal is measured. */
export interface SignalOptions {
  /** What errors call the network. */
  readonly name?: string;
  /** Values that take the place of stored tensors. */
  readonly values?: Values;
  readonly threads?: number;
  /** Bytes of intermediate values that may be in memory at once; 2³⁰ if not given. */
  readonly memory?: number;
  /** Called as the work goes on: `what` of the `total` steps is done next. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** Stored tensors of at least this many elements are fed, not encoded. */
const largeTensor = 1024;

/** Mean size of a layer in elements of input: a generous guess for features, and for indices of a table. */
const widening = { features: 8, indices: 1024 } as const;

/**
 * The stored tensors that a run is fed with: those with new values, large ones and those outside the
 * file. What is left, as the filling of a `ConstantOfShape` node, stays in the model that runs.
 */
function liftedTensors(model: Model, values: Values): ReadonlyMap<string, Constant> {
  const elsewhere: ReadonlySet<unknown> = new Set(model.elsewhere.keys());
  const isFed = ([name, { dtype, shape, source }]: readonly [string, Constant]): boolean =>
    values.has(name) ||
    (isFloat(dtype) &&
      source !== 'constantOfShape' &&
      (sizeOf(shape) >= largeTensor || elsewhere.has(model.stored.get(name)?.place.message)));
  return new Map([...liftable(model)].filter(isFed));
}

/** A generous guess at the bytes of one layer. */
function guessedBytes(feeds: Feeds): number {
  return Object.values(feeds).reduce(
    (sum, { dtype, shape }) =>
      sum + 4 * sizeOf(shape) * (isFloat(dtype) ? widening.features : widening.indices),
    0,
  );
}

type Sizes = ReadonlyMap<string, number>;

function rowOf({ name, op, kind }: LayerValue, sums: Sums): SignalRow {
  const moments = momentsOf(sums);
  const notFinite = notFiniteOf(moments);
  return {
    name,
    op,
    kind,
    secondMoment: finiteOrNull(moments.secondMoment),
    mean: finiteOrNull(moments.mean),
    dead: moments.dead,
    ...(notFinite === null ? {} : { notFinite }),
  };
}

/** The sizes of the layers for one batch, in elements. */
async function layerSizes(
  session: Session,
  feeds: Feeds,
  layers: readonly LayerValue[],
): Promise<Sizes> {
  const shapes = await session.run(feeds);
  return new Map(
    layers.map(({ name }) => {
      const extents = shapes[shapeOutput(name)].data;
      return [
        name,
        Array.from<number | bigint>(extents).reduce<number>(
          (size, extent) => size * Number(extent),
          1,
        ),
      ];
    }),
  );
}

/**
 * Runs a network on one or more batches of inputs and gives second moment, mean and share of dead units
 * of every layer over all of them, in graph order (see `layerValues` for what counts as a layer).
 * Intermediate values of more than `options.memory` bytes are computed in several runs.
 */
export async function measureSignal(
  network: Model,
  batches: readonly Feeds[],
  options: SignalOptions = {},
): Promise<readonly SignalRow[]> {
  const { values = new Map(), memory = usualMemory, progress = () => {} } = options;
  // Values inside functions can be outputs only where the functions are written out.
  const model = network.proto.functions.length > 0 ? modelOf(network.graph) : network;
  const computed = computedValues(model);
  const layers = layerValues(model.graph).filter(({ name }) => computed.has(name));
  const lifted = liftedTensors(model, values);
  const inner = new Map([...values].filter(([name]) => !lifted.has(name)));
  const weights = Object.fromEntries(
    [...lifted].map(([name, constant]) => {
      const value = values.get(name) ?? constant;
      return [name, 'data' in value ? value : value.read()];
    }),
  );
  const within = async <Result>(
    outputs: readonly string[],
    shapes: readonly string[],
    use: (session: Session) => Promise<Result>,
  ): Promise<Result> => {
    const bytes = encodeModel(instrument(model, { outputs, shapes, lifted }), inner);
    const session = await openSession(bytes, {
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    });
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  };

  let sizes: Sizes = new Map();
  if (guessedBytes(batches[0] ?? {}) * layers.length > memory) {
    progress(0, layers.length * batches.length, 'the sizes of the layers');
    const names = layers.map(({ name }) => name);
    sizes = await within([], names, (session) =>
      layerSizes(session, { ...weights, ...batches[0] }, layers),
    );
  }
  const sums = new Map<string, Sums>();
  let done = 0;
  for (const group of inGroups(layers, ({ name }) => 4 * (sizes.get(name) ?? 0), memory)) {
    const names = group.map(({ name }) => name);
    await within(names, [], async (session) => {
      for (const feeds of batches) {
        progress(done, layers.length * batches.length, names[0]);
        const outputs = await session.run({ ...weights, ...feeds });
        for (const { name, unitAxis } of group) {
          const tensor = outputs[name];
          if (!isFloatTensor(tensor) || tensor.data.length === 0) continue;
          sums.set(name, accumulate(sums.get(name) ?? null, tensor, unitAxis));
        }
        done += group.length;
      }
    });
  }
  progress(done, done, 'done');
  return layers.flatMap((layer) => {
    const layerSums = sums.get(layer.name);
    return layerSums === undefined ? [] : [rowOf(layer, layerSums)];
  });
}
