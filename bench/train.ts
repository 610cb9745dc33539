/**
 * Steps of training beside PyTorch, eager and compiled, on two cores, in one run: the same weights and
 * batches in both, losses compared, steps of one after steps of the other. A step is the loss, its
 * gradient and SGD with momentum. Best times and medians go to bench/results/train.md.
 *
 *     npm run bench:train [NETWORK…]   PyTorch in python3, or in the Python that STEPZERO_PYTHON names
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Trainer } from '../src/experiment/index.ts';
import { encodeNpz } from '../src/tensor/index.ts';
import { givenOf, networks, type Given, type Timed } from './train-networks.ts';
import { hasPackage, openPeer, type Peer } from './peer.ts';
import { operatorsOf, type Operators } from './train-operators.ts';
import { operationsOf, productRate, type Layer } from './train-products.ts';

const THREADS = 2;
const SCRIPT = 'train_peer.py';
/** Longest that torch.compile may take, in seconds. */
const COMPILE_LIMIT = 150;
/** Losses after a few steps in float32 are this uncertain. */
const FARTHEST = 1e-3;
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-bench-'));

const hasTorch = hasPackage('torch');

const shown = (value: number): string => String(Number(value.toPrecision(3)));

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[list.length >> 1];

/** Seconds of a run of steps, and the loss of each. */
interface Run {
  readonly seconds: number;
  readonly losses: readonly number[];
}

/** The largest relative distance of losses of ours from theirs. */
function distance(ours: readonly number[], theirs: readonly number[]): number {
  return Math.max(...ours.map((loss, step) => Math.abs(loss / theirs[step] - 1)));
}

function asRun(answer: string): Run {
  return JSON.parse(answer) as Run;
}

/** The peer whose step is compiled, after its first run, or why there is none. */
async function openCompiled(network: Timed, file: string): Promise<Peer | string> {
  if (!network.isCompiled) return 'not tried';
  const peer = await openPeer(SCRIPT, [network.name, file], THREADS);
  const compiler = JSON.parse(await peer.ask('compiler')) as string | null;
  if (compiler === null) {
    peer.close();
    return 'no compiler of C++';
  }
  try {
    await peer.ask('compiled', COMPILE_LIMIT);
    return peer;
  } catch {
    peer.close();
    return `not compiled within ${COMPILE_LIMIT} s`;
  }
}

/** One who takes steps, and what its runs took, in seconds a step. */
interface Runner {
  readonly who: string;
  readonly run: () => Promise<Run>;
  readonly times: number[];
}

/** What a network of this bench came to. */
interface Result {
  /** Its row of the table. */
  readonly line: string;
  /** A step of ours. */
  readonly seconds: number;
  /** What bounds it where it misses its target. */
  readonly bound: string | null;
}

async function speed(network: Timed): Promise<Result> {
  const given = givenOf(network);
  const file = join(folder, `${network.name}.npz`);
  const tensors = new Map([...given.weights, ...Object.entries(given.batches)]);
  writeFileSync(file, Buffer.concat([...encodeNpz(tensors)]));
  const trainer = await given.open(THREADS);
  const start = trainer.state();
  const runners: Runner[] = [{ who: 'ours', run: () => ours(trainer, start, given), times: [] }];
  const eager = hasTorch ? await openPeer(SCRIPT, [network.name, file], THREADS) : null;
  const compiled = hasTorch ? await openCompiled(network, file) : 'no PyTorch';
  if (eager !== null) {
    runners.push({ who: 'eager', run: async () => asRun(await eager.ask('eager')), times: [] });
  }
  if (typeof compiled !== 'string') {
    const run = async (): Promise<Run> => asRun(await compiled.ask('compiled'));
    runners.push({ who: 'compiled', run, times: [] });
  }
  let apart = 0;
  for (let round = -1; round < network.rounds; round++) {
    let losses: readonly number[] | null = null;
    for (const { run, times } of runners) {
      // What a library's threads do for a while after their work shall not meet the next one.
      await sleep(250);
      const made = await run();
      losses ??= made.losses;
      apart = Math.max(apart, distance(losses, made.losses));
      if (round >= 0) times.push(made.seconds / network.steps);
    }
  }
  if (!(apart <= FARTHEST)) {
    throw new Error(`${network.name}: losses must be those of PyTorch, got ${apart} apart`);
  }
  await trainer.close();
  eager?.close();
  if (typeof compiled !== 'string') compiled.close();
  // The account of ten thousand layers would have a million lines.
  const operators = network.target === null ? null : await operatorsOf(given, THREADS);
  const notCompiled = typeof compiled === 'string' ? compiled : null;
  return {
    line: row(network, runners, notCompiled, operators, apart),
    seconds: Math.min(...runners[0].times),
    bound: boundOf(network, runners, operators),
  };
}

/** Operators that are named where a target is missed. */
const NAMED = 5;

const bestOf = (runners: readonly Runner[], who: string): number =>
  1000 * Math.min(...runners.filter((runner) => runner.who === who).flatMap(({ times }) => times));

/** PyTorch's shortest time over ours. */
const slowerRatio = (runners: readonly Runner[]): number =>
  Math.min(bestOf(runners, 'eager'), bestOf(runners, 'compiled')) / bestOf(runners, 'ours');

/** What bounds a network that misses its target, `null` for one that does not. */
function boundOf(
  { label, target }: Timed,
  runners: readonly Runner[],
  operators: Operators | null,
): string | null {
  if (operators === null || target === null || !hasTorch || slowerRatio(runners) >= target)
    return null;
  const { products, others } = operators;
  const most = others
    .slice(0, NAMED)
    .map(([operator, milliseconds]) => `${operator} ${shown(milliseconds)}`);
  const alone = bestOf(runners, 'eager') / products;
  return `- ${label}: products and convolutions take ${shown(products)} ms of a step in onnxruntime, so that ${shown(alone)} × of the eager step is all that would be left without anything else. What else takes most, in ms: ${most.join(', ')}.`;
}

/** The steps, each run from step zero. */
async function ours(
  trainer: Trainer,
  start: ReturnType<Trainer['state']>,
  { set, picks }: Given,
): Promise<Run> {
  trainer.restore(start);
  const begun = performance.now();
  const metrics = await trainer.steps(set, picks, 1);
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, losses: metrics.map(({ loss }) => loss) };
}

function row(
  { label, target }: Timed,
  runners: readonly Runner[],
  notCompiled: string | null,
  operators: Operators | null,
  apart: number,
): string {
  const of = (who: string): readonly number[] =>
    runners.find((runner) => runner.who === who)?.times ?? [];
  const milliseconds = (list: readonly number[]): string =>
    list.length === 0 ? '–' : `${shown(1000 * Math.min(...list))} (${shown(1000 * median(list))})`;
  const [mine, eager, compiled] = ['ours', 'eager', 'compiled'].map(of);
  const ratio = (theirs: readonly number[]): number => Math.min(...theirs) / Math.min(...mine);
  const verdict = target === null || slowerRatio(runners) >= target ? '' : '; **missed**';
  const cells = [
    label,
    milliseconds(mine),
    operators === null ? '–' : shown(operators.products),
    milliseconds(eager),
    notCompiled ?? milliseconds(compiled),
    eager.length === 0 ? '–' : `${shown(ratio(eager))} ×`,
    compiled.length === 0 ? '–' : `${shown(ratio(compiled))} ×`,
    target === null ? '–' : `≥ ${target}${verdict}`,
    apart.toExponential(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The bytes that steps of a network add to a process of its own. */
async function memoryOf(name: string): Promise<number> {
  const script = join(import.meta.dirname, 'train-memory.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, name, String(THREADS)]);
  return Number(stdout);
}

/** Seconds from the start of the command to the line that tells its first step. */
async function startOnce(): Promise<number> {
  const begun = performance.now();
  const words = [join(root, 'dist/bin/main.js'), 'train', 'resnet:20', '--threads', `${THREADS}`];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.startsWith('step 1/')) return (performance.now() - begun) / 1000;
    }
  } finally {
    child.kill('SIGKILL');
  }
  throw new Error('stepzero train resnet:20: must tell its first step, got its end');
}

/** The start of a run of ResNet-20, the best of a few. */
async function startLine(): Promise<string> {
  const runs: number[] = [];
  for (let round = 0; round < 5; round++) runs.push(await startOnce());
  const best = Math.min(...runs);
  const verdict = best <= 1 ? '' : '; **missed**';
  return `\`stepzero train resnet:20\`, from the start of the process to the line that tells its first step of 32 drawn digits: ${shown(best)} s, the best of ${runs.length}, ${shown(median(runs))} s in the median (to reach: ≤ 1${verdict}).`;
}

const DEEP: Layer = { channels: 16, places: 49, batch: 32 };

/** Time, memory and products alone of a deep network. */
async function deepLine(layers: number, name: string, seconds: number): Promise<string> {
  const bytes = await memoryOf(name);
  const rate = await productRate(DEEP, THREADS);
  const alone = operationsOf(DEEP, layers) / rate;
  return `| ${layers.toLocaleString('en')} layers | ${shown(seconds)} s | ${Math.round(bytes / 1e6)} MB | ${shown(alone)} s at ${shown(rate / 1e9)} GFLOP/s | ${shown(seconds / alone)} × |`;
}

try {
  const names = process.argv.slice(2);
  const chosen = networks.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows: string[] = [];
  const deep: string[] = [];
  const bounds: string[] = [];
  const log = (line: string): string => {
    console.log(line);
    return line;
  };
  for (const network of chosen) {
    const { line, seconds, bound } = await speed(network);
    rows.push(log(line));
    if (bound !== null) bounds.push(log(bound));
    if (network.layers !== null) {
      deep.push(log(await deepLine(network.layers, network.name, seconds)));
    }
  }
  const ready = names.length === 0 ? log(await startLine()) : '';
  const text = [
    '# Steps of training beside PyTorch',
    '',
    `One run on ${THREADS} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}. A step is the loss, its gradient and SGD with momentum 0.9 from the same weights on the same batches, as \`stepzero train\` takes it, beside PyTorch's eager step and the one of torch.compile. Times are milliseconds a step, the best of several runs and, in brackets, their median, one library after the other; machines are shared, so read the ratios, of best times. Of it products is what matrix products and convolutions take of a step by onnxruntime’s own account, which costs time itself. Losses apart: the largest relative difference of a loss from theirs.`,
    '',
    '| network | StepZero, ms a step | of it products, ms | eager, ms | compiled, ms | eager / ours | compiled / ours | to reach | losses apart |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    ...(bounds.length === 0 ? [] : ['What bounds those that miss their target:', '', ...bounds]),
    '',
    'Deep networks: peak memory is what steps add to the resident memory of a process that holds the weights, at most; products alone are what the multiplications of the step would take at the speed of one plain product of the same shape, with its input there nine times, the best of many.',
    '',
    '| | a step | peak memory | products alone | ratio |',
    '| --- | --- | --- | --- | --- |',
    ...deep,
    '',
    ready,
    '',
  ].join('\n');
  if (names.length === 0) {
    mkdirSync(join(root, 'bench/results'), { recursive: true });
    writeFileSync(join(root, 'bench/results/train.md'), text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
