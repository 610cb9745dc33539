import { upgraded, vjp, cotangentName, gradientName } from '../autodiff/index.ts';
import type { Graph, Model, Values } from '../graph/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';
import { tensorOfNumbers } from './convert.ts';
import { keepingLast, type Ensemble } from './ensemble.ts';
import {
  batchShape,
  joinExamples,
  layoutFrom,
  layoutOfBatch,
  splitExamples,
  type ExampleLayout,
} from './example-layout.ts';
import { gradientNotFinite } from './gradient-not-finite.ts';
import { holdStatistics, type HeldStatistics, type SeenTypes } from './held-statistics.ts';
import type { Feeds } from './inputs.ts';
import {
  movingInput,
  openMovingInputs,
  smallBatch,
  testExample,
  type MovingInputs,
} from './moving-inputs.ts';
import { numbersOf } from './numbers-of.ts';
import { openProbe, type Probe, type ProbeOptions } from './probe.ts';

/** Gradients of one value of a network, projected, with respect to another, example by example. */
export interface Gradients {
  readonly from: string;
  readonly to: string;
  /** The input that examples differ in, its elements per example, and the examples of given data. */
  readonly input: {
    readonly name: string;
    readonly size: number;
    readonly rows: readonly Float64Array[] | null;
  };
  /** Elements of `from` and of `to` per example. */
  readonly size: number;
  readonly outputs: number;
  readonly batch: {
    /** The batch that the file fixes, `null` where it leaves it open. */
    readonly fixed: number | null;
    /** Whether an example depends on the others of its batch. */
    readonly isMixed: boolean;
    /** Whether it does so through statistics that are held. */
    readonly isHeld: boolean;
  };
  /** `∂(Σ_j r · y_j)/∂x_i` for inputs in flat form, on the weights of a seed. */
  readonly at: (
    seed: number,
    examples: readonly Float64Array[],
    r: Float64Array,
  ) => Promise<readonly Float64Array[]>;
  readonly close: () => Promise<void>;
}

/** How gradients are taken. */
export interface GradientsOptions {
  readonly name?: string;
  /** Of the inputs that stay the same. */
  readonly seed: number;
  /** A batch of data; the inputs that stay the same are those of its first example. */
  readonly feeds?: Feeds;
  readonly from?: string;
  readonly to?: string;
  /** Whether statistics over the batch move with the inputs, or are held as they are for the batch. */
  readonly statistics?: 'moving' | 'held';
  readonly threads?: number;
  readonly memory?: number;
}

const usualMemory = 2 ** 30;

/** Values of one layer per element of input, a generous guess, and the fewest. */
const WIDENING = 8;
const FEWEST = 1024;

/** Larger changes of an output by other examples, relative to the largest, are no rounding of float32. */
const ROUNDING = 1e-3;

/**
 * Opens the derivative of `to` with respect to `from`, for runs with one draw after another; close it.
 * `RangeError` as `vjp`, and where the examples cannot be told apart in a value.
 */
export async function openGradients(
  where: string,
  model: Model,
  ensemble: Ensemble,
  options: GradientsOptions,
): Promise<Gradients> {
  const { graph } = model;
  const input = movingInput(where, graph, options.from);
  const from = options.from ?? input.name;
  const to = options.to ?? firstFloatOutput(where, graph);
  const wanted = { of: [to], withRespectTo: [from] };
  // What has no derivative is refused before anything runs.
  const whole = vjp(graph, wanted);
  const inputs = openMovingInputs(where, graph, input, options);
  const weights = keepingLast(ensemble);
  const probeOptions = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  const shown = [...new Set([to, from])].filter((name) => name !== input.name);
  const forward = await openProbe(upgraded(withOnly(graph, shown)), probeOptions);
  let seen: Seen;
  try {
    seen = await look(where, forward, weights(ensemble.seeds[0]), inputs, shown);
  } finally {
    await forward.close();
  }
  const layoutOf = (name: string): ExampleLayout =>
    name === input.name ? inputs.layout : (seen.layouts.get(name) ?? inputs.layout);
  const ends = { from: layoutOf(from), to: layoutOf(to) };
  const perExample = Math.max(FEWEST, WIDENING * sizeOf(inputs.layout.shape));
  const bytes = 4 * perExample * Math.max(1, graph.nodes.length);
  const fitting = Math.max(1, Math.floor((options.memory ?? usualMemory) / bytes));
  const apart =
    options.statistics === 'held' && seen.isMixed
      ? await statisticsOf(graph, input.name, inputs, weights(ensemble.seeds[0]), probeOptions)
      : null;
  const statistics =
    apart === null ? null : await openProbe(upgraded(apart.cut.computed), probeOptions);
  const derivative = apart === null ? whole : vjp(apart.cut.held(apart.types), wanted);
  const probe = await openProbe(derivative, probeOptions);
  const dtype = seen.dtypes.get(to) ?? 'float32';
  const run = async (
    seed: number,
    rows: readonly Float64Array[],
    r: Float64Array,
  ): Promise<readonly Float64Array[]> => {
    const feeds = inputs.feeds(rows);
    const cotangent = tensorOfNumbers(
      dtype,
      batchShape(ends.to, rows.length),
      joinExamples(
        ends.to,
        rows.map(() => r),
      ),
    );
    const values = weights(seed);
    const kept = (await statistics?.run(values, feeds)) ?? {};
    const result = await probe.run(values, {
      ...feeds,
      ...kept,
      [cotangentName(to)]: cotangent,
    });
    const gradient = numbersOf(result[gradientName(from)]);
    const got = gradient.find((x) => !Number.isFinite(x));
    if (got !== undefined) {
      const what = `the gradient of ${to} with respect to ${from}`;
      throw await gradientNotFinite(where, model, { values, feeds, seed, what, got });
    }
    return splitExamples(ends.from, gradient, rows.length);
  };
  return {
    from,
    to,
    input: { name: input.name, size: sizeOf(inputs.layout.shape), rows: inputs.rows },
    size: sizeOf(ends.from.shape),
    outputs: sizeOf(ends.to.shape),
    batch: { fixed: inputs.fixed, isMixed: seen.isMixed, isHeld: statistics !== null },
    at: async (seed, examples, r) => {
      const most = inputs.fixed ?? (seen.isMixed ? examples.length : fitting);
      const found: Float64Array[] = [];
      for (let first = 0; first < examples.length; first += most) {
        const rows = examples.slice(first, first + most);
        const count = rows.length;
        // A fixed batch is filled up with its last example.
        while (inputs.fixed !== null && rows.length < inputs.fixed) rows.push(rows[count - 1]);
        found.push(...(await run(seed, rows, r)).slice(0, count));
      }
      return found;
    },
    close: async () => {
      await statistics?.close();
      await probe.close();
    },
  };
}

/** A graph with other outputs. */
export function withOnly(graph: Graph, outputs: readonly string[]): Graph {
  return { ...graph, outputs: outputs.map((name) => ({ name, dtype: null, shape: null })) };
}

/** The first output that has a gradient; `RangeError` where there is none. */
export function firstFloatOutput(where: string, graph: Graph): string {
  const output = graph.outputs.find(({ dtype }) => dtype === null || isFloat(dtype));
  if (output !== undefined) return output.name;
  throw new RangeError(`${where}: the network must have a float output, got none`);
}

/** The statistics over the batch of a network, and their types; `null` where none are known. */
async function statisticsOf(
  graph: Graph,
  input: string,
  inputs: MovingInputs,
  weights: Values,
  options: ProbeOptions,
): Promise<{ readonly cut: HeldStatistics; readonly types: SeenTypes } | null> {
  const all = holdStatistics(graph, input, () => inputs.fixed === null);
  if (all.names.length === 0) return null;
  const small = smallBatch(inputs);
  const probe = await openProbe(upgraded(all.computed), options);
  try {
    const one = await probe.run(weights, inputs.feeds(small));
    const types = new Map(Object.entries(one));
    if (inputs.fixed !== null) return { cut: all, types };
    const more = [...small, testExample(inputs, small.length)];
    const other = await probe.run(weights, inputs.feeds(more));
    const stays = (name: string): boolean => sizeOf(one[name].shape) === sizeOf(other[name].shape);
    const cut = holdStatistics(graph, input, stays);
    return cut.names.length === 0 ? null : { cut, types };
  } finally {
    await probe.close();
  }
}

/** How examples lie in the values at both ends, and whether they depend on each other. */
interface Seen {
  readonly layouts: ReadonlyMap<string, ExampleLayout>;
  readonly dtypes: ReadonlyMap<string, Tensor['dtype']>;
  readonly isMixed: boolean;
}

/** Runs small batches forward: larger than 2, since normalisation makes the same of any two. */
async function look(
  where: string,
  probe: Probe,
  weights: Values,
  inputs: MovingInputs,
  names: readonly string[],
): Promise<Seen> {
  const first = smallBatch(inputs);
  const count = first.length;
  const others = first.map((row, b) => (b === 0 ? row : testExample(inputs, b + count)));
  const more = [...first, testExample(inputs, count)];
  const one = await probe.run(weights, inputs.feeds(first));
  const other = await probe.run(weights, inputs.feeds(others));
  const larger = inputs.fixed === null ? await probe.run(weights, inputs.feeds(more)) : null;
  const layouts = new Map<string, ExampleLayout>();
  let isMixed = false;
  for (const name of names) {
    const layout =
      larger === null
        ? layoutOfBatch(one[name].shape, count)
        : layoutFrom([count, one[name].shape], [count + 1, larger[name].shape]);
    if (layout === null) {
      throw new RangeError(
        `${where}: ${name} must have values for every example along one axis, got the shape [${one[name].shape.join(',')}] for ${count} ${count === 1 ? 'example' : 'examples'}`,
      );
    }
    layouts.set(name, layout);
    const [mine] = splitExamples(layout, numbersOf(one[name]), count);
    const [again] = splitExamples(layout, numbersOf(other[name]), count);
    const largest = mine.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    isMixed ||= mine.some((x, i) => Math.abs(x - again[i]) > ROUNDING * largest);
  }
  return { layouts, dtypes: new Map(names.map((name) => [name, one[name].dtype])), isMixed };
}
