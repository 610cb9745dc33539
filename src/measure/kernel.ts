import { cotangentName, gradientName, vjp } from '../autodiff/index.ts';
import type { Graph, Model, Values } from '../graph/index.ts';
import { describeNetwork, type Role } from '../network/index.ts';
import { symmetricEigenvalues } from '../numeric/index.ts';
import { fillUniform, fold, key } from '../random/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';
import { tensorOfNumbers } from './convert.ts';
import { checkDraws, keepingLast, type Ensemble } from './ensemble.ts';
import {
  exampleBatch,
  oneOf,
  seeOutput,
  type ExampleBatch,
  type SeenOutput,
} from './example-batch.ts';
import { firstFloatOutput } from './example-gradients.ts';
import { batchShape } from './example-layout.ts';
import { dots, type Pieces } from './gram.ts';
import { gradientNotFinite } from './gradient-not-finite.ts';
import type { Feeds } from './inputs.ts';
import type { KernelMeasurement } from './measurement.ts';
import { numbersOf } from './numbers-of.ts';
import { openProbe, type Probe } from './probe.ts';

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
  const examples = exampleBatch(graph, feeds).count;
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
  const batch = exampleBatch(graph, feeds);
  const draw = keepingLast(ensemble);
  const seen = await seeOutput(where, graph, to, batch, draw(ensemble.seeds[0]), probeOptions);
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
    const mean = new Float64Array(n * n);
    const conditions: (number | null)[] = [];
    for (const [index, drawSeed] of ensemble.seeds.entries()) {
      const values = draw(drawSeed);
      const work: Work = { probe, values, to, names, batch, seen, cotangents, held };
      const before = index * cotangents.list.length * n;
      const kernel = await kernelOfDraw(work, {
        step: (done, what) => progress(before + done, total, what),
        refuse: (what, got) =>
          gradientNotFinite(where, model, { values, feeds, seed: drawSeed, what, got }),
      });
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

/** What the kernel of a draw is made from. */
interface Work {
  readonly probe: Probe;
  readonly values: Values;
  readonly to: string;
  readonly names: readonly string[];
  readonly batch: ExampleBatch;
  readonly seen: SeenOutput;
  readonly cotangents: Cotangents;
  /** Examples whose gradients are in memory at once. */
  readonly held: number;
}

/** What goes on meanwhile: steps, and the error where a gradient is not finite. */
interface Meanwhile {
  readonly step: (done: number, what: string) => void;
  readonly refuse: (what: string, got: number) => Promise<RangeError>;
}

/** The kernel of one draw, n × n by rows. */
async function kernelOfDraw(work: Work, { step, refuse }: Meanwhile): Promise<Float64Array> {
  const { batch, cotangents, held, names, to } = work;
  const n = batch.count;
  const kernel = new Float64Array(n * n);
  let done = 0;
  for (const r of cotangents.list) {
    for (let first = 0; first < n; first += held) {
      const block: Pieces[] = [];
      for (let a = first; a < n; a++) {
        step(done, `gradients of example ${a + 1}`);
        const gradient = await gradientOf(work, a, r);
        const isNew = a < first + held;
        if (isNew) block.push(gradient);
        const products = dots(gradient, block);
        for (const [b, product] of products.entries()) kernel[a * n + first + b] += product;
        if (!isNew) continue;
        done++;
        const square = products[a - first];
        if (Number.isFinite(square)) continue;
        const bad = gradient.map((one) => one.find((x: number) => !Number.isFinite(x)));
        const index = bad.findIndex((x) => x !== undefined);
        const what = `the gradient of ${to} with respect to ${names[index] ?? 'its parameters'}`;
        throw await refuse(what, bad[index] ?? square);
      }
    }
  }
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) {
      const value = kernel[a * n + b] / (cotangents.factor * cotangents.list.length);
      kernel[a * n + b] = kernel[b * n + a] = value;
    }
  }
  return kernel;
}

/** The gradient of `r · y` of one example with respect to every trained tensor. */
async function gradientOf(work: Work, example: number, r: Float64Array): Promise<Pieces> {
  const { probe, values, to, names, batch, seen } = work;
  const { inputs, cotangent } = seen.isAlone
    ? {
        inputs: batch.one(example),
        cotangent: tensorOfNumbers(seen.dtype, batchShape(seen.layout, 1), r),
      }
    : { inputs: batch.all, cotangent: oneOf(seen, batch.count, example, r) };
  const result = await probe.run(values, { ...inputs, [cotangentName(to)]: cotangent });
  return names.map((name) => piece(result[gradientName(name)]));
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
