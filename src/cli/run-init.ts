import { dirname, extname, join } from 'node:path';
import { applyPlan, calibrate, certifyPlan } from '../advise/index.ts';
import { emitProgram, type Framework } from '../emit/index.ts';
import { writeAtomically, writeModelFile } from '../files/index.ts';
import { externalLocations } from '../graph/index.ts';
import { predict } from '../meanfield/index.ts';
import {
  judgeSignal,
  makeInputs,
  measureSignal,
  type Feeds,
  type SignalRow,
} from '../measure/index.ts';
import { describeNetwork, type Network } from '../network/index.ts';
import { recycling, type Kernels, type Recycling } from '../random/index.ts';
import { htmlReport, printable, terminalReport, type InitReport } from '../report/index.ts';
import {
  bytesPerElement,
  isFloat,
  sizeOf,
  toFloat64,
  type FloatDType,
  type LazyTensor,
  type Tensor,
} from '../tensor/index.ts';
import { openThreads } from '../threads/index.ts';
import { commandLine } from './command-line.ts';
import { UsageError } from './failure.ts';
import { frameworkDefaults } from './framework-defaults.ts';
import { loadModel, stemOf, type Loaded } from './load.ts';
import { checkMemory } from './memory.ts';
import { checkPlaces, type Place } from './places.ts';
import { printJson, printText, textOptions } from './print.ts';
import { progress, type Progress } from './progress.ts';
import { readInputs } from './read-inputs.ts';
import { sentenceOf } from './sentence.ts';
import { drawnBy, type Drawn } from './weights.ts';
import { writeTensors } from './write-tensors.ts';

/** Options of `init` and `advise`. */
export interface InitOptions {
  readonly out?: string;
  readonly inPlace?: boolean;
  readonly seed: number;
  readonly scheme?: string;
  readonly base?: string;
  readonly set?: readonly string[];
  readonly keep?: readonly string[];
  readonly input?: string;
  readonly batch?: number;
  readonly run: boolean;
  readonly calibrate: boolean;
  readonly json?: boolean;
  readonly html?: string;
  readonly as?: string;
  readonly emit?: Framework;
}

type Draws = ReadonlyMap<string, () => Tensor<FloatDType>>;

/** Plans, draws, proves and (for `init`) writes; prints the report. */
export async function runInit(text: string, options: InitOptions, writes: boolean): Promise<void> {
  const bar = progress();
  const { kernels, close } = openThreads();
  try {
    bar.say(`Reading ${text}`);
    const loaded = loadModel(text);
    const output = writes ? outputPath(loaded, options) : null;
    checkPlaces(...placesOf(loaded, output, options));
    const network = describeNetwork(loaded.model.graph);
    checkWeights(loaded.label, network, options.run);
    const drawn = options.run
      ? drawnBy(loaded, network, options, kernels)
      : oneByOne(recycling(kernels), (own) => drawnBy(loaded, network, options, own));
    const proof = options.run
      ? await proveOrSay(loaded, network, drawn, options, kernels, bar)
      : NOT_RUN;
    const plan = typeof proof === 'string' ? drawn.plan : proof.plan;
    const draws = typeof proof === 'string' ? drawn.draws : proof.draws;
    bar.say('Certifying');
    const certified = options.run ? certifyPlan(plan, network, draws) : null;
    if (output !== null) {
      bar.say(`Writing ${output}`);
      await write(output, loaded, network, draws, options.inPlace === true);
    }
    const report: InitReport = {
      ...plan,
      signal: typeof proof === 'string' ? null : proof.signal,
      prediction: predict(loaded.model.graph, network, drawn.laws, {
        model: loaded.label,
        q: typeof proof === 'string' ? 1 : proof.inputMoment,
      }),
      certificates: certified?.certificates ?? null,
      verdict: typeof proof === 'string' ? proof : proof.verdict,
      notes: [
        ...(typeof proof === 'string' ? [] : proof.notes),
        ...notesOf(network),
        ...leftOut(certified?.left ?? []),
      ],
      output,
      command: commandLine(),
    };
    if (options.html !== undefined) {
      bar.say(`Writing ${options.html}`);
      await writeAtomically(options.html, [new TextEncoder().encode(await htmlReport(report))]);
    }
    bar.end();
    const program = options.emit === undefined ? null : emitProgram(plan, network, options.emit);
    if (options.json === true) printJson(program === null ? report : { ...report, program });
    else if (program !== null) process.stdout.write(program);
    else {
      printText(terminalReport(report, textOptions()));
      if (options.html !== undefined) printText(`Wrote ${printable(options.html)}`);
    }
  } finally {
    bar.end();
    await close();
  }
}

/** What is drawn with these kernels, for use one tensor after the other: each lies where the one before lay. */
function oneByOne({ kernels, begin }: Recycling, draw: (kernels: Kernels) => Drawn): Drawn {
  const { plan, draws, laws } = draw(kernels);
  const each = [...draws].map(([name, make]): [string, typeof make] => [
    name,
    () => {
      begin();
      return make();
    },
  ]);
  return { plan, draws: new Map(each), laws };
}

const NOT_RUN = 'Not run, so nothing is proved: leave out --no-run to see the signal.';

const FORMATS = ['.onnx', '.safetensors', '.npz'];

/** Where to write. */
function outputPath(loaded: Loaded, { out, inPlace }: InitOptions): string {
  const path = inPlace === true ? loaded.path : (out ?? defaultOutput(loaded));
  if (path === null) {
    throw new UsageError(
      `--in-place: must have a file to overwrite, got the architecture ${loaded.label}`,
    );
  }
  if (inPlace !== true && !FORMATS.includes(extname(path))) {
    throw new UsageError(`--out: must end in ${FORMATS.join(', ')}, got ${path}`);
  }
  return path;
}

/** The files that will be written, and those that are read and must stay. */
function placesOf(
  { path, model }: Loaded,
  output: string | null,
  { inPlace, html, input, base }: InitOptions,
): [writes: Place[], reads: Place[]] {
  const place = (option: string, file: string | null | undefined): Place[] =>
    file === null || file === undefined ? [] : [{ option, path: file }];
  const beside = path === null ? [] : externalLocations(model).map((at) => join(dirname(path), at));
  return [
    [...place(inPlace === true ? '--in-place' : '--out', output), ...place('--html', html)],
    [
      ...place('the model', inPlace === true ? null : path),
      ...beside.flatMap((file) => place('the tensors of the model', file)),
      ...place('--input', input),
      ...place('--base', base),
    ],
  ];
}

/** Checks that there is memory for what is held at once: one tensor, or to run, all before and after. */
function checkWeights(where: string, { parameters }: Network, runs: boolean): void {
  const sizes = parameters.map(({ shape, dtype }) => sizeOf(shape) * bytesPerElement(dtype));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  checkMemory(where, 'the largest tensor', Math.max(0, ...sizes));
  if (runs) checkMemory(where, 'to run (see --no-run), the weights before and after', 2 * all);
}

function defaultOutput(loaded: Loaded): string {
  return `${stemOf(loaded)}${loaded.path === null ? '' : '.init'}.onnx`;
}

interface Proof extends Omit<Drawn, 'laws'> {
  readonly signal: { readonly before: readonly SignalRow[]; readonly after: readonly SignalRow[] };
  readonly verdict: string;
  readonly notes: readonly string[];
  /** Second moment of the inputs that it ran on. */
  readonly inputMoment: number;
}

/** The proof; or, where a network cannot run on inputs that were made up for it, why there is none. */
async function proveOrSay(
  loaded: Loaded,
  network: Network,
  drawn: Drawn,
  options: InitOptions,
  kernels: Kernels,
  bar: Progress,
): Promise<Proof | string> {
  try {
    return await prove(loaded, network, drawn, options, kernels, bar);
  } catch (error) {
    if (options.input !== undefined) throw error;
    return `Not proved, since the network does not run on inputs made up for it: ${sentenceOf(error)}. Where the inputs are the reason, give real ones with --input.`;
  }
}

/** Runs the network with the weights it came with and with the new ones. */
async function prove(
  loaded: Loaded,
  network: Network,
  drawn: Drawn,
  options: InitOptions,
  kernels: Kernels,
  bar: Progress,
): Promise<Proof> {
  const { model, label } = loaded;
  const inputs =
    options.input === undefined ? null : readInputs(options.input, model.graph, options);
  const feeds = makeInputs(model.graph, {
    seed: options.seed,
    ...(options.batch === undefined ? {} : { batch: options.batch }),
    ...(inputs === null ? {} : { given: inputs.given }),
  });
  const run = (what: string, values: ReadonlyMap<string, Tensor>): Promise<readonly SignalRow[]> =>
    measureSignal(model, feeds, {
      name: label,
      values,
      progress: (done, total) => bar.say(`Running ${what}`, done, total),
    });
  const notes: string[] = [];
  if (inputs !== null && inputs.note !== null) notes.push(`Inputs: ${inputs.note}`);
  const isSpec = loaded.path === null;
  if (isSpec) {
    notes.push(
      'An architecture has no weights of its own, so “before” is what PyTorch’s rules would give it: U(±1/√fan_in) for weights and biases.',
    );
  }
  bar.say('Running before');
  const before = await run('before', isSpec ? frameworkDefaults(network, options.seed) : new Map());
  bar.say('Drawing weights');
  let { plan } = drawn;
  let values = drawAll(drawn.draws);
  let after = await run('after', values);
  const moments = new Map(after.map((row) => [row.name, row.secondMoment]));
  const calibrated =
    options.calibrate && options.as === undefined
      ? calibrate(plan, network, (name) => moments.get(name) ?? null)
      : null;
  if (calibrated !== null) {
    const count = calibrated.parameters.filter((entry, i) => entry !== plan.parameters[i]).length;
    notes.push(
      `In this draw a rectifier chain wandered off by more than a factor 1.5, by chance at finite width or at the borders of images; ${count} weights were scaled by their measured factors. --no-calibrate leaves them as drawn, another --seed draws others.`,
    );
    plan = calibrated;
    values = drawAll(applyPlan(plan, network, kernels));
    after = await run('after', values);
  }
  const judged = judgeSignal(after);
  const earlier = judgeSignal(before);
  const verdict =
    judged.first === null
      ? judged.sentence
      : `${judged.sentence} Before: ${earlier.sentence.replace(/^The signal /, 'it ').replace(/^The/, 'the')}`;
  const draws = new Map([...values].map(([name, tensor]) => [name, () => tensor]));
  const inputMoment = secondMomentOf(feeds);
  return { plan, draws, signal: { before, after }, verdict, notes, inputMoment };
}

/** Mean of the squares of all floating-point inputs; 1 where there is none. */
function secondMomentOf(batches: readonly Feeds[]): number {
  let [sum, count] = [0, 0];
  for (const tensor of batches.flatMap((feeds) => Object.values(feeds))) {
    if (!isFloat(tensor.dtype)) continue;
    const numbers = toFloat64(tensor);
    for (const value of numbers) sum += value ** 2;
    count += numbers.length;
  }
  return count > 0 && sum > 0 ? sum / count : 1;
}

function drawAll(draws: Draws): Map<string, Tensor<FloatDType>> {
  return new Map([...draws].map(([name, draw]) => [name, draw()]));
}

async function write(
  path: string,
  loaded: Loaded,
  network: Network,
  draws: Draws,
  inPlace: boolean,
): Promise<void> {
  const { model, path: source } = loaded;
  if (extname(path) !== '.onnx' && !inPlace) {
    await writeTensors(path, model.graph, network, draws);
    return;
  }
  const values = new Map<string, LazyTensor>();
  for (const { name, dtype, shape } of network.parameters) {
    const read = draws.get(name);
    if (read !== undefined) values.set(name, { dtype, shape, read });
  }
  await writeModelFile(path, model, values, { inPlace, ...(source === null ? {} : { source }) });
}

function notesOf(network: Network): string[] {
  const unknown = network.parameters.filter(({ role }) => role === 'unknown');
  return unknown.length === 0
    ? []
    : [
        `${unknown.length} tensors of unknown role stay as they are: ${unknown
          .slice(0, 5)
          .map(({ name }) => name)
          .join(', ')}${unknown.length > 5 ? ', …' : ''}.`,
      ];
}

function leftOut(names: readonly string[]): string[] {
  return names.length === 0
    ? []
    : [
        `To save time ${names.length} orthogonal ${names.length === 1 ? 'tensor has' : 'tensors have'} no certificate: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}.`,
      ];
}
