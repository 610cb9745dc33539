import { makeInputs } from '../measure/index.ts';
import { describeNetwork } from '../network/index.ts';
import { measurementHtml, measurementText } from '../report/index.ts';
import { openThreads } from '../threads/index.ts';
import { commandLine } from './command-line.ts';
import { UsageError } from './failure.ts';
import { firstExamples } from './first-examples.ts';
import { loadModel, readPlaces } from './load.ts';
import { measured, type Asked } from './measuring.ts';
import { checkPlaces, type Place } from './places.ts';
import { present } from './present.ts';
import { progress } from './progress.ts';
import { isDrawn, readInputs } from './read-inputs.ts';
import { weightsOf, type WeightOptions } from './weights.ts';

/** Options of `measure` that `compare` has, too. */
export interface MeasuringOptions extends Asked {
  readonly base?: string;
  readonly input?: string;
  readonly samples?: number;
  readonly draws: number;
  readonly c?: number;
  readonly json?: boolean;
  readonly html?: string;
}

/** Options of `measure`. */
export interface MeasureOptions extends MeasuringOptions, WeightOptions {}

/** Measures what the weights of a network do, and prints it beside the prediction. */
export async function runMeasure(text: string, options: MeasureOptions): Promise<void> {
  checkNames(options);
  const bar = progress();
  const { kernels, close } = openThreads();
  try {
    bar.say(`Reading ${text}`);
    const loaded = loadModel(text);
    checkPlaces(writtenPlaces(options), [...readPlaces(loaded), ...givenPlaces(options)]);
    const network = describeNetwork(loaded.model.graph);
    const weights = weightsOf(loaded, network, options, options.draws, kernels);
    const inputs = inputsOf(loaded.model.graph, options);
    const found = await measured({ loaded, network, weights, ...inputs }, options, bar.say);
    const report = { ...found, command: commandLine() };
    await present(report, options, { html: measurementHtml, text: measurementText }, bar);
  } finally {
    bar.end();
    await close();
  }
}

/** Checks that the names of values are of use to something. */
export function checkNames({ from, to, jacobian, shattering, ntk }: Asked): void {
  if (from !== undefined && jacobian !== true && shattering !== true) {
    throw new UsageError(
      `--from: must be given with --jacobian or --shattering, got ${from} alone`,
    );
  }
  if (to !== undefined && jacobian !== true && shattering !== true && ntk !== true) {
    throw new UsageError(
      `--to: must be given with --jacobian, --shattering or --ntk, got ${to} alone`,
    );
  }
}

/** The files that are written. */
export function writtenPlaces({ html }: MeasuringOptions): Place[] {
  return html === undefined ? [] : [{ option: '--html', path: html }];
}

/** The files that options name and that must stay. */
export function givenPlaces({ input, base }: MeasuringOptions): Place[] {
  return [
    ...(input === undefined ? [] : [{ option: '--input', path: input }]),
    ...(base === undefined ? [] : [{ option: '--base', path: base }]),
  ];
}

/** The inputs that are asked for, and where they come from. */
export function inputsOf(
  graph: Parameters<typeof makeInputs>[0],
  { seed, input, samples, c }: MeasuringOptions,
): {
  readonly batches: ReturnType<typeof makeInputs>;
  readonly from: string;
  readonly note: string | null;
} {
  const batch = samples === undefined ? {} : { batch: samples };
  const read = input === undefined ? null : readInputs(input, graph, { seed, ...batch });
  const isFile = read !== null && input !== undefined && !isDrawn(input);
  const given = isFile && samples !== undefined ? firstExamples(read.given, samples) : read?.given;
  const batches = makeInputs(graph, {
    seed,
    ...batch,
    ...(c === undefined ? {} : { c }),
    ...(given === undefined ? {} : { given }),
  });
  return { batches, from: input ?? 'Gaussian', note: read?.note ?? null };
}
