import type { Graph, Model, Values } from '../graph/index.ts';
import { isFloat, sizeOf, type DType } from '../tensor/index.ts';
import { valueTypes, vjp } from '../autodiff/index.ts';
import type { Ensemble } from './ensemble.ts';
import type { Feeds } from './inputs.ts';
import {
  areCoupled,
  openProducts,
  type Floats,
  type Products,
  type Side,
} from './jacobian-products.ts';
import {
  outlineOf,
  shapesBefore,
  shapesByRun,
  siteOf,
  trials,
  type Outline,
} from './jacobian-site.ts';
import { endsOf } from './jacobian-values.ts';
import type { JacobianMeasurement } from './measurement.ts';
import type { ProbeOptions } from './probe.ts';
import { exactBytes, exactValues, lanczosLaws } from './jacobian-work.ts';
import { summaryOf, summaryOfLaws } from './jacobian-summary.ts';
import { gradientNotFinite } from './gradient-not-finite.ts';

const where = 'jacobian';

/** Which Jacobian of a network, and how it is measured. */
export interface JacobianOptions {
  /** What errors call the network. */
  readonly name?: string;
  /** The value that is varied: input, output, stored tensor or a value between; the first float input if not given. */
  readonly from?: string;
  /** The value that is observed; the first float output if not given. */
  readonly to?: string;
  readonly method?: 'exact' | 'lanczos';
  /** Bytes that the Jacobian and the values of a run may take; 2³⁰ if not given. */
  readonly memory?: number;
  /** Of the random starts of `lanczos`. */
  readonly seed?: number;
  /** How many starts `lanczos` has, 8 if not given, and how many steps it goes from each, 100. */
  readonly starts?: number;
  readonly steps?: number;
  readonly threads?: number;
  /** Called as the work goes on: `what` of the `total` steps is done next. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** What the singular values of a Jacobian would take. */
export interface JacobianCost {
  readonly from: string;
  readonly to: string;
  /** Elements of `to` and of `from` of one example. */
  readonly rows: number;
  readonly cols: number;
  /** Bytes of the matrix with what its singular values need: of the method `exact`. */
  readonly bytes: number;
  /** Bytes of the vectors that the method `lanczos` keeps, where it is not given less. */
  readonly lanczosBytes: number;
}

const usualMemory = 2 ** 30;

/** Steps of a Krylov space, and random starts, that tell deciles to some hundredths. */
const STEPS = 100;
const STARTS = 8;

/** The shorter side up to which all singular values are found in seconds. */
const LONGEST_EXACT = 2048;

function dtypeOf(graph: Graph, name: string): DType {
  const dtype = valueTypes(graph).get(name)?.dtype ?? null;
  return dtype !== null && isFloat(dtype) ? dtype : 'float32';
}

function costOf({ ends, from, to, dtype }: Outline): JacobianCost {
  const rows = sizeOf(to.shape);
  const cols = sizeOf(from.shape);
  const short = Math.min(rows, cols);
  const vectors = Math.min(STEPS, short) * short + 4 * Math.max(rows, cols);
  return {
    ...ends,
    rows,
    cols,
    bytes: exactBytes(rows, cols, dtype),
    lanczosBytes: 8 * STARTS * vectors,
  };
}

const inUnits = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${units[power]}`;
};

/** The method that is asked for if it fits, else the one that does. */
function methodFor(
  { from, to, rows, cols, bytes, lanczosBytes }: JacobianCost,
  asked: JacobianOptions['method'],
  memory: number,
): 'exact' | 'lanczos' {
  if (asked === 'exact' && bytes > memory) {
    throw new RangeError(
      `${where}: the ${rows} × ${cols} Jacobian of ${to} with respect to ${from} must fit into ${inUnits(memory)} for the method exact, got ${inUnits(bytes)}; the method lanczos takes ${inUnits(lanczosBytes)}`,
    );
  }
  if (asked !== undefined) return asked;
  return bytes <= memory && Math.min(rows, cols) <= LONGEST_EXACT ? 'exact' : 'lanczos';
}

/**
 * What the Jacobian of a network would take, said before anything runs. `RangeError` as `measureJacobian`, and for
 * shapes that are known in a run alone.
 */
export function jacobianCost(
  model: Model,
  feeds: Feeds,
  named: { readonly from?: string; readonly to?: string } = {},
): JacobianCost {
  const { graph } = model;
  const ends = endsOf(where, graph, named);
  const shapes = trials(graph, feeds).map((trial) => {
    const found = shapesBefore(graph, ends, trial);
    if (found !== null) return found;
    throw new RangeError(
      `${where}: the shapes of ${ends.from} and ${ends.to} must be known beforehand, got some that are known in a run alone`,
    );
  });
  return costOf(outlineOf(graph, ends, feeds, dtypeOf(graph, ends.to), shapes));
}

/**
 * The singular values of the Jacobian `∂to/∂from` of one example, the first of `feeds`, over an ensemble of
 * weights. `exact`: all of them, of the whole matrix, which is made by as many products as its shorter side is
 * long. `lanczos`: the law of them as random starts see it, by products with J and its transpose in turn; `sMin`
 * is then an upper bound, `sMax` a lower one, and deciles of values below some 2 % of the largest are not told apart. What is below the rounding of the Jacobian itself, 16 units of it
 * relative to the largest, counts as 0.
 *
 * Where examples influence each other, as through the statistics of a batch, the example is taken within its batch.
 * `RangeError` for values that the network does not have or that do not depend on each other, integers, operators
 * without derivative, a Jacobian that is not finite and one that is too large for the method `exact`.
 */
export async function measureJacobian(
  model: Model,
  ensemble: Ensemble,
  feeds: Feeds,
  options: JacobianOptions = {},
): Promise<JacobianMeasurement> {
  const { graph } = model;
  const {
    memory = usualMemory,
    seed = 0,
    starts = STARTS,
    steps = STEPS,
    threads = 0,
    progress = () => {},
  } = options;
  const ends = endsOf(where, graph, options);
  if (ensemble.seeds.length === 0) {
    throw new RangeError(`${where}: the ensemble must have at least one seed, got none`);
  }
  const probeOptions: ProbeOptions = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  // What cannot be differentiated is named before anything runs.
  vjp(graph, { of: [ends.to], withRespectTo: [ends.from] });
  const first = ensemble.draw(ensemble.seeds[0]);
  const dtype = dtypeOf(graph, ends.to);
  const shapes = [];
  for (const trial of trials(graph, feeds)) {
    const found = shapesBefore(graph, ends, trial);
    shapes.push(found ?? (await shapesByRun(graph, ends, trial, first, probeOptions)));
  }
  const outline = outlineOf(graph, ends, feeds, dtype, shapes);
  const cost = costOf(outline);
  const { rows, cols } = cost;
  const method = methodFor(cost, options.method, memory);
  const site = await siteOf(outline, (several, examples) =>
    areCoupled(graph, ends, { feeds: several, examples }, outline, dtype, first, probeOptions),
  );
  const draws = ensemble.seeds.map((own, index) => ({
    seed: own,
    weights: (): Values => (index === 0 ? first : ensemble.draw(own)),
  }));
  const check = async (values: Floats | Float64Array, draw: number, weights: Values) => {
    const got = values.find((x: number) => !Number.isFinite(x));
    if (got === undefined) return;
    const what = `the Jacobian of ${ends.to} with respect to ${ends.from}`;
    throw await gradientNotFinite(where, model, { values: weights, feeds, seed: draw, what, got });
  };
  const open = (side: Side, room: number): Promise<Products> =>
    openProducts(graph, site, side, room, probeOptions);
  const work = { draws, open, check, dtype, rows, cols, memory, seed, threads, progress };
  const summary =
    method === 'exact'
      ? summaryOf(await exactValues(work))
      : summaryOfLaws(await lanczosLaws(work, starts, steps));
  progress(1, 1, 'done');
  return { ...ends, rows, cols, method, ...summary };
}
