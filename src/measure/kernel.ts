import { cotangentName, gradientName, upgraded, vjp } from '../autodiff/index.ts';
import type { Graph, Model, Values } from '../graph/index.ts';
import { describeNetwork, type Role } from '../network/index.ts';
import { symmetricEigenvalues } from '../numeric/index.ts';
import { fillUniform, fold, key } from '../random/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';
import { tensorOfNumbers } from './convert.ts';
import { checkDraws, type Ensemble } from './ensemble.ts';
import { firstFloatOutput, withOnly } from './example-gradients.ts';
import {
  batchShape,
  joinExamples,
  layoutOfBatch,
  layoutOfInput,
  splitExamples,
  type ExampleLayout,
} from './example-layout.ts';
import { dots, type Pieces } from './gram.ts';
import { gradientNotFinite } from './gradient-not-finite.ts';
import type { Feeds } from './inputs.ts';
import type { KernelMeasurement } from './measurement.ts';
import { numbersOf } from './numbers-of.ts';
import { openProbe } from './probe.ts';

/** How a tangent kernel is measured. */
export interface KernelOptions {
  /** What errors call the network. */
  readonly name?: string;
  /** The value `y`: the first float output if not given. */
  readonly to?: string;
  /**
   * Random combinations of the outputs that are differentiated in place of each output. If not given, all outputs
   * where they are at most 10, else 10 combinations.
   */
  readonly cotangents?: number;
  /** Of the combinations; 0 if not given. */
  readonly seed?: number;
  readonly threads?: number;
  /** Bytes of gradients that may be in memory at once; 2³⁰ if not given. */
  readonly memory?: number;
  /** Called as the work goes on: `what` of the `total` steps is done next. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

const where = 'kernel';

const usualMemory = 2 ** 30;

/** Outputs that are differentiated one by one. */
const FEW_OUTPUTS = 10;

/** Larger differences of an output in another batch, relative to the largest, are no rounding of float32. */
const ROUNDING = 1e-3;

/** Stored tensors that no training changes by its gradients. */
const untrained: ReadonlySet<Role> = new Set([
  'constant',
  'initial_state',
  'norm_mean',
  'norm_variance',
  'unused',
]);

/** What a kernel would take. */
export interface KernelCost {
  readonly examples: number;
  /** Trained numbers. */
  readonly parameters: number;
  /** Of the gradients of all examples, which are needed at once if nothing is to be computed twice. */
  readonly bytes: number;
}

/** What it takes to measure the kernel of a network on a batch. */
export function kernelCost(model: Model, feeds: Feeds): KernelCost {
  const { graph } = model;
  const parameters = trainedOf(graph).reduce(
    (sum, name) => sum + sizeOf(graph.constants.get(name)?.shape ?? []),
    0,
  );
  const examples = openBatch(graph, feeds).count;
  return { examples, parameters, bytes: 4 * examples * parameters };
}

/**
 * The empirical neural tangent kernel `Θ_ab = (1/K) Σ_k ⟨∂y_ak/∂θ, ∂y_bk/∂θ⟩` of a batch of examples, θ being all trained
 * tensors as they are stored (the standard parametrisation), mean over draws. Each example is run backward once for
 * every output k, or for random signs r in place of the outputs, as `E ⟨(r·y_a)', (r·y_b)'⟩ = Σ_k ⟨y_ak', y_bk'⟩`. Gradients
 * are those of onnxruntime, their products are summed in float64. Where an example depends on the others of the
 * batch, it is run within it. Gradients beyond `options.memory` are computed again.
 * `RangeError` as `vjp`, for a bad number of cotangents, and gradients that are not finite.
 * Reference: Jacot et al. 2018, arXiv:1806.07572
 */
export async function measureKernel(
  model: Model,
  ensemble: Ensemble,
  feeds: Feeds,
  options: KernelOptions = {},
): Promise<KernelMeasurement> {
  const { graph } = model;
  const { seed = 0, memory = usualMemory, progress = () => {} } = options;
  checkCotangents(options.cotangents);
  checkDraws(where, ensemble);
  const to = options.to ?? firstFloatOutput(where, graph);
  const names = reachable(graph, to);
  const derivative = vjp(graph, { of: [to], withRespectTo: names });
  const probeOptions = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  const batch = openBatch(graph, feeds);
  const seen = await look(graph, to, batch, ensemble.draw(ensemble.seeds[0]), probeOptions);
  const outputs = sizeOf(seen.layout.shape);
  const cotangents = cotangentsFor(outputs, options.cotangents, seed);
  const parameters = names.reduce(
    (sum, name) => sum + sizeOf(graph.constants.get(name)?.shape ?? []),
    0,
  );
  const n = batch.count;
  const held = Math.max(1, Math.min(n, Math.floor(memory / (4 * parameters)) - 1));
  const probe = await openProbe(derivative, probeOptions);
  try {
    const total = ensemble.seeds.length * cotangents.list.length * n;
    let done = 0;
    const mean = new Float64Array(n * n);
    const conditions: (number | null)[] = [];
    for (const drawSeed of ensemble.seeds) {
      const values = ensemble.draw(drawSeed);
      const gradientOf = async (example: number, r: Float64Array): Promise<Pieces> => {
        const { inputs, cotangent } = seen.isAlone
          ? {
              inputs: batch.one(example),
              cotangent: tensorOfNumbers(seen.dtype, batchShape(seen.layout, 1), r),
            }
          : { inputs: batch.all, cotangent: oneOf(seen, n, example, r) };
        const result = await probe.run(values, { ...inputs, [cotangentName(to)]: cotangent });
        const pieces = names.map((name) => piece(result[gradientName(name)]));
        for (const [index, one] of pieces.entries()) {
          const got = one.find((x: number) => !Number.isFinite(x));
          if (got === undefined) continue;
          const what = `the gradient of ${to} with respect to ${names[index]}`;
          throw await gradientNotFinite(where, model, { values, feeds, seed: drawSeed, what, got });
        }
        return pieces;
      };
      const kernel = new Float64Array(n * n);
      for (const r of cotangents.list) {
        for (let first = 0; first < n; first += held) {
          const block: Pieces[] = [];
          for (let a = first; a < n; a++) {
            progress(Math.min(done, total), total, `gradients of example ${a + 1}`);
            const gradient = await gradientOf(a, r);
            if (a < first + held) {
              block.push(gradient);
              done++;
            }
            for (const [b, product] of dots(gradient, block).entries()) {
              kernel[a * n + first + b] += product;
            }
          }
        }
      }
      for (let a = 0; a < n; a++) {
        for (let b = 0; b <= a; b++) {
          const value = kernel[a * n + b] / (cotangents.factor * cotangents.list.length);
          kernel[a * n + b] = kernel[b * n + a] = value;
        }
      }
      for (let i = 0; i < mean.length; i++) mean[i] += kernel[i] / ensemble.seeds.length;
      conditions.push(conditionOf(symmetricEigenvalues(kernel, n)));
    }
    progress(total, total, 'done');
    const eigenvalues = symmetricEigenvalues(mean, n);
    return {
      examples: n,
      to,
      outputs,
      parameters,
      method: cotangents.method,
      cotangents: cotangents.list.length,
      kernel: Array.from({ length: n }, (_, a) => [...mean.subarray(a * n, (a + 1) * n)]),
      eigenvalues: [...eigenvalues].reverse(),
      conditionNumber: conditionOf(eigenvalues),
      draws: { conditionNumber: conditions },
    };
  } finally {
    await probe.close();
  }
}

function checkCotangents(count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return;
  throw new RangeError(`${where}: cotangents must be a positive integer, got ${count}`);
}

function trainedOf(graph: Graph): readonly string[] {
  return describeNetwork(graph)
    .parameters.filter(
      ({ name, role, dtype }) =>
        !untrained.has(role) && isFloat(dtype) && graph.constants.has(name),
    )
    .map(({ name }) => name);
}

/** The trained tensors that a value depends on. */
function reachable(graph: Graph, to: string): readonly string[] {
  const found = new Set(vjp(graph, { of: [to] }).outputs.map(({ name }) => name));
  const names = trainedOf(graph).filter((name) => found.has(gradientName(name)));
  if (names.length > 0) return names;
  throw new RangeError(`${where}: ${to} must depend on a trained tensor, got none`);
}

/** The examples of given inputs. */
interface OpenBatch {
  readonly count: number;
  readonly all: Feeds;
  /** Whether the file leaves the number of examples open. */
  readonly isOpen: boolean;
  /** One example as a batch of its own. */
  readonly one: (index: number) => Feeds;
}

function openBatch(graph: Graph, feeds: Feeds): OpenBatch {
  const layouts = new Map<string, ExampleLayout>();
  let count: number | null = null;
  for (const { name } of graph.inputs) {
    const growing = layoutOfInput(graph, name);
    if (growing === null) continue;
    const { shape } = feeds[name];
    count ??= shape[growing.axis];
    const ofFeeds = shape.map((extent, axis) => (axis === growing.axis ? 1 : extent));
    layouts.set(name, { axis: growing.axis, shape: ofFeeds });
  }
  if (count === null) {
    const [first] = Object.values(feeds);
    const isOneExample = first === undefined || first.shape.length < 2;
    return {
      count: isOneExample ? 1 : first.shape[0],
      all: feeds,
      isOpen: false,
      one: () => feeds,
    };
  }
  const examples = count;
  const one = (index: number): Feeds =>
    Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => {
        const layout = layouts.get(name);
        return [name, layout === undefined ? tensor : exampleOf(tensor, layout, examples, index)];
      }),
    );
  return { count, all: feeds, isOpen: true, one };
}

function exampleOf(tensor: Tensor, layout: ExampleLayout, count: number, index: number): Tensor {
  const rows = splitExamples(layout, numbersOf(tensor), count);
  return tensorOfNumbers(tensor.dtype, batchShape(layout, 1), rows[index]);
}

/** How the examples lie in the output, and whether one can be run alone. */
interface Seen {
  readonly layout: ExampleLayout;
  readonly dtype: Tensor['dtype'];
  readonly isAlone: boolean;
}

/** Runs the network forward on the batch and on its first example alone. */
async function look(
  graph: Graph,
  to: string,
  batch: OpenBatch,
  weights: Values,
  options: { readonly name?: string; readonly threads?: number },
): Promise<Seen> {
  const probe = await openProbe(upgraded(withOnly(graph, [to])), options);
  try {
    const whole = (await probe.run(weights, batch.all))[to];
    const layout = layoutOfBatch(whole.shape, batch.count);
    if (layout === null) {
      throw new RangeError(
        `${where}: ${to} must have values for every example along one axis, got the shape [${whole.shape.join(',')}] for ${batch.count} ${batch.count === 1 ? 'example' : 'examples'}`,
      );
    }
    const { dtype } = whole;
    if (!batch.isOpen) return { layout, dtype, isAlone: batch.count === 1 };
    const alone = (await probe.run(weights, batch.one(0)))[to];
    const axis = alone.shape.findIndex((extent, a) => extent !== whole.shape[a]);
    const grown = axis < 0 ? layout : { axis, shape: alone.shape };
    const [first] = splitExamples(grown, numbersOf(whole), batch.count);
    const again = numbersOf(alone);
    const largest = first.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const isAlone =
      first.length === again.length &&
      first.every((x, i) => Math.abs(x - again[i]) <= ROUNDING * largest);
    return { layout: grown, dtype, isAlone };
  } finally {
    await probe.close();
  }
}

/** A cotangent for the whole batch that is r for one example and 0 for the others. */
function oneOf({ layout, dtype }: Seen, count: number, index: number, r: Float64Array): Tensor {
  const zeros = new Float64Array(r.length);
  const rows = Array.from({ length: count }, (_, b) => (b === index ? r : zeros));
  return tensorOfNumbers(dtype, batchShape(layout, count), joinExamples(layout, rows));
}

/** What the outputs are multiplied by, and what the sum over these is the kernel times, but for their number. */
interface Cotangents {
  readonly method: 'exact' | 'projected';
  readonly list: readonly Float64Array[];
  readonly factor: number;
}

function cotangentsFor(outputs: number, asked: number | undefined, seed: number): Cotangents {
  if (asked === undefined && outputs <= FEW_OUTPUTS) {
    const list = Array.from({ length: outputs }, (_, k) =>
      Float64Array.from({ length: outputs }, (_, i) => (i === k ? 1 : 0)),
    );
    return { method: 'exact', list, factor: 1 };
  }
  const root = fold(key(seed), where);
  const list = Array.from({ length: asked ?? FEW_OUTPUTS }, (_, s) => {
    const signs = new Float64Array(outputs);
    fillUniform(fold(root, `cotangent/${s}`), signs, -1, 1);
    return signs.map((x) => (x < 0 ? -1 : 1));
  });
  return { method: 'projected', list, factor: outputs };
}

function piece(tensor: Tensor): Float32Array | Float64Array {
  const { data } = tensor;
  return data instanceof Float32Array || data instanceof Float64Array ? data : numbersOf(tensor);
}

/** Largest over smallest of eigenvalues in ascending order. */
function conditionOf(eigenvalues: Float64Array): number | null {
  const n = eigenvalues.length;
  const [smallest, largest] = [eigenvalues[0], eigenvalues[n - 1]];
  // Gradients that are rounded to float32 move the eigenvalues by about this.
  return smallest > n * 2 ** -23 * largest ? largest / smallest : null;
}
