import type { Graph, Model, Values } from '../graph/index.ts';
import { singularValues } from '../numeric/index.ts';
import { isFloat, sizeOf, type DType } from '../tensor/index.ts';
import { valueTypes } from '../autodiff/index.ts';
import type { Ensemble } from './ensemble.ts';
import type { Feeds } from './inputs.ts';
import { areCoupled, openProducts, type Floats, type Products } from './jacobian-products.ts';
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
import { summaryOf } from './jacobian-summary.ts';

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
  /** Of the random vectors of `lanczos`. */
  readonly seed?: number;
  readonly threads?: number;
  /** Called as the work goes on: `what` of the `total` steps is done next. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** What an exact Jacobian would take. */
export interface JacobianCost {
  readonly from: string;
  readonly to: string;
  /** Elements of `to` and of `from` of one example. */
  readonly rows: number;
  readonly cols: number;
  /** Bytes of the matrix with what its singular values need. */
  readonly bytes: number;
}

const usualMemory = 2 ** 30;

function dtypeOf(graph: Graph, name: string): DType {
  const dtype = valueTypes(graph).get(name)?.dtype ?? null;
  return dtype !== null && isFloat(dtype) ? dtype : 'float32';
}

function costOf({ ends, from, to, dtype }: Outline): JacobianCost {
  const rows = sizeOf(to.shape);
  const cols = sizeOf(from.shape);
  const width = dtype === 'float64' ? 8 : 4;
  return { ...ends, rows, cols, bytes: rows * cols * (width + 16) };
}

/**
 * What the exact Jacobian of a network would take, said before anything runs. `RangeError` as `measureJacobian`,
 * and for shapes that are known in a run alone.
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

/** The whole matrix, row after row, or its transpose. */
async function matrixOf(products: Products, weights: Values, dtype: DType): Promise<Floats> {
  const { inSize, outSize, most } = products;
  const floats = (size: number): Floats =>
    dtype === 'float32' ? new Float32Array(size) : new Float64Array(size);
  const matrix = floats(inSize * outSize);
  for (let first = 0; first < inSize; first += most) {
    const count = Math.min(most, inSize - first);
    const block = floats(count * inSize);
    for (let i = 0; i < count; i++) block[i * inSize + first + i] = 1;
    matrix.set(await products.apply(weights, block, count), first * outSize);
  }
  return matrix;
}

/**
 * The singular values of the Jacobian `∂to/∂from` of one example, the first of `feeds`, over an ensemble of
 * weights: from the whole matrix, made by as many products as its shorter side is long.
 */
export async function measureJacobian(
  model: Model,
  ensemble: Ensemble,
  feeds: Feeds,
  options: JacobianOptions = {},
): Promise<JacobianMeasurement> {
  const { graph } = model;
  const { memory = usualMemory, progress = () => {} } = options;
  const ends = endsOf(where, graph, options);
  const probeOptions: ProbeOptions = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  const first = ensemble.draw(ensemble.seeds[0]);
  const shapes = [];
  for (const trial of trials(graph, feeds)) {
    shapes.push(
      shapesBefore(graph, ends, trial) ??
        (await shapesByRun(graph, ends, trial, first, probeOptions)),
    );
  }
  const dtype = dtypeOf(graph, ends.to);
  const outline = outlineOf(graph, ends, feeds, dtype, shapes);
  const { rows, cols } = costOf(outline);
  const site = await siteOf(outline, (several, examples) =>
    areCoupled(graph, ends, { feeds: several, examples }, outline, dtype, first, probeOptions),
  );
  const side = rows <= cols ? 'transposed' : 'plain';
  const products = await openProducts(graph, site, side, memory, probeOptions);
  const found: Float64Array[] = [];
  try {
    for (const [index, seed] of ensemble.seeds.entries()) {
      progress(index, ensemble.seeds.length, `Jacobian of draw ${index + 1}`);
      const weights = index === 0 ? first : ensemble.draw(seed);
      const matrix = await matrixOf(products, weights, dtype);
      const { inSize, outSize } = products;
      found.push(singularValues(Float64Array.from(matrix), inSize, outSize));
    }
  } finally {
    await products.close();
  }
  progress(ensemble.seeds.length, ensemble.seeds.length, 'done');
  return { ...ends, rows, cols, method: 'exact', ...summaryOf(found) };
}
