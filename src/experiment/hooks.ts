import {
  cotangentName,
  derivativeName,
  gradientName,
  jvp,
  tangentName,
  vjp,
} from '../autodiff/index.ts';
import { builder, type Graph, type Values } from '../graph/index.ts';
import { layerValues, openProbe, type Feeds, type Probe } from '../measure/index.ts';
import { bidiagonalLaw, golubKahan, symmetricEigenvalues } from '../numeric/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import { rollUp, stackValues, type Rolled } from '../train/index.ts';
import { MANY_NODES } from './prepare.ts';
import type { Hook, Subject } from './training.ts';

/** A hook that holds a compiled graph until it is closed. */
export interface OpenHook extends Hook {
  readonly close: () => Promise<void>;
}

/** How a hook is opened. */
export interface HookOptions {
  /** Steps between measurements. */
  readonly every: number;
  /** Examples that are the same at every measurement, by name of the inputs. */
  readonly feeds: Feeds;
  readonly threads?: number;
}

/** Opens a graph for the weights of a run and what the subject has besides, stacked as the rolled network has them. */
function openFor(
  { name, weights }: Subject,
  graph: Graph,
  threads: number | undefined,
  rolled: Rolled | null = null,
): Promise<Pick<Probe, 'run' | 'close'>> {
  const opened = openProbe(graph, { name, ...(threads === undefined ? {} : { threads }) });
  return opened.then(({ run, close }) => ({
    run: (values, feeds) => {
      const all = new Map([...weights, ...values]);
      return run(rolled === null ? all : stackValues(rolled, all), feeds);
    },
    close,
  }));
}

/**
 * The second moment `⟨x²⟩` of what every layer gives (see `layerValues`), in inference, over the examples and all units. The
 * graph is compiled once.
 */
export async function momentsHook(subject: Subject, options: HookOptions): Promise<OpenHook> {
  const { graph } = subject;
  const layers = layerValues(graph).map(({ name }) => name);
  const b = builder(graph.name, { ...graph, outputs: [] });
  const titles = layers.map((name) => {
    const title = `moment(${name})`;
    const square = b.node(`${title}/square`, 'Mul', [name, name]);
    const mean = b.node(`${title}/mean`, 'ReduceMean', [square], { keepdims: 0 });
    b.output(title, mean, 'float32', []);
    return [name, title] as const;
  });
  const probe = await openFor(subject, b.build(), options.threads);
  return {
    name: 'moments',
    every: options.every,
    measure: async (weights) => {
      const found = await probe.run(weights, options.feeds);
      return Object.fromEntries(
        titles.map(([name, title]) => [name, Number(found[title].data[0])] as const),
      );
    },
    close: probe.close,
  };
}

/** Numbers of an output up to which all rows of its Jacobian are made. */
const MOST_ROWS = 64;
/** Steps of a Krylov space, in which the largest singular value is found to many digits. */
const MOST_STEPS = 40;

/**
 * The largest singular value of the Jacobian of the output with respect to an input, in inference, at the examples
 * given (the largest over these, where they do not depend on each other): of the whole matrix where the output has at most
 * 64 numbers, else a lower bound by 40 steps of Golub-Kahan-Lanczos. What it needs is compiled once, deep networks as
 * loops. Not finite where the Jacobian is not.
 */
export async function jacobianHook(
  subject: Subject,
  options: HookOptions & { readonly from?: string; readonly to?: string },
): Promise<OpenHook> {
  const { every, feeds, threads } = options;
  const to = options.to ?? subject.output ?? subject.graph.outputs[0].name;
  const from = options.from ?? subject.graph.inputs[0].name;
  const isWhole = [from, to].every((name) => isEnd(subject.graph, name));
  const rolled = isWhole && subject.graph.nodes.length >= MANY_NODES ? rollUp(subject.graph) : null;
  const graph = rolled?.graph ?? subject.graph;
  const shapes = await shapesAt(subject, graph, rolled, [from, to], options);
  const wanted = { of: [to], withRespectTo: [from] };
  const isSmall = sizeOf(shapes[1]) <= MOST_ROWS;
  const back = await openFor(subject, vjp(graph, wanted), threads, rolled);
  const ahead = isSmall ? null : await openFor(subject, jvp(graph, wanted), threads, rolled);
  const product =
    (probe: Pick<Probe, 'run'>, weights: Values, into: string, shape: Shape, outOf: string) =>
    async (block: Float64Array): Promise<Float64Array> => {
      const vector: Tensor = { dtype: 'float32', shape, data: Float32Array.from(block) };
      const found = await probe.run(weights, { ...feeds, [into]: vector });
      return toFloat64(found[outOf]);
    };
  const measure = async (weights: Values): Promise<number> => {
    const backward = product(back, weights, cotangentName(to), shapes[1], gradientName(from));
    if (ahead === null) return largestOfRows(backward, sizeOf(shapes[1]));
    const forward = product(ahead, weights, tangentName(from), shapes[0], derivativeName(to));
    const starts = [startOf(shapes[1])];
    const [law] = await golubKahan(backward, forward, starts, MOST_STEPS, NEGLIGIBLE);
    return Math.max(...bidiagonalLaw(law).s);
  };
  return {
    name: 'jacobian',
    every,
    measure: async (weights) => ({ sMax: await measure(weights) }),
    close: async () => {
      await back.close();
      await ahead?.close();
    },
  };
}

/** Whether a value is an input or an output of a graph, which no loop hides. */
function isEnd({ inputs, outputs }: Graph, value: string): boolean {
  return [...inputs, ...outputs].some(({ name }) => name === value);
}

/** The largest singular value of a matrix whose rows a product with unit vectors gives. */
async function largestOfRows(
  row: (unit: Float64Array) => Promise<Float64Array>,
  count: number,
): Promise<number> {
  const rows: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const unit = new Float64Array(count);
    unit[k] = 1;
    rows.push(await row(unit));
  }
  const gram = Float64Array.from({ length: count * count }, (_, index) => {
    const [a, b] = [rows[Math.floor(index / count)], rows[index % count]];
    return a.reduce((sum, value, i) => sum + value * b[i], 0);
  });
  if (!gram.every(Number.isFinite)) return NaN;
  return Math.sqrt(Math.max(0, symmetricEigenvalues(gram, count)[count - 1]));
}

type Shape = readonly number[];

/** What is some roundings of float32 next to the largest. */
const NEGLIGIBLE = 1e-6;

function startOf(shape: Shape): Float64Array {
  const start = new Float64Array(sizeOf(shape));
  fillNormal(fold(key(0), 'jacobian'), start, 0, 1);
  return start;
}

/** The shapes that values have at the examples. */
async function shapesAt(
  subject: Subject,
  graph: Graph,
  rolled: Rolled | null,
  names: readonly string[],
  { feeds, threads }: HookOptions,
): Promise<readonly Shape[]> {
  const b = builder(graph.name, { ...graph, outputs: [] });
  names.forEach((name, index) => {
    const shape = b.node(`shape/${index}`, 'Shape', [name]);
    b.output(`shape of ${index}`, shape, 'int64', [null]);
  });
  const probe = await openFor(subject, b.build(), threads, rolled);
  try {
    const found = await probe.run(new Map(), feeds);
    return names.map((_, index) => Array.from(found[`shape of ${index}`].data, Number));
  } finally {
    await probe.close();
  }
}
