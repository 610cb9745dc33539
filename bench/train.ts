/**
 * Steps of training beside PyTorch, eager and compiled, on two cores, in one run: the same weights and
 * batches in both, losses compared, steps of one after steps of the other. A step is the loss, its
 * gradient and SGD with momentum. Best times and medians go to bench/results/train.md.
 *
 *     npm run bench:train [NETWORK…]   PyTorch in python3, or in the Python that STEPZERO_PYTHON names
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeModel, modelOf } from '../src/graph/index.ts';
import { openSession, type Session } from '../src/runtime/index.ts';
import { encodeNpz } from '../src/tensor/index.ts';
import { givenOf, networks, type Given, type Trained } from './train-networks.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const THREADS = 2;
/** Longest that torch.compile may take, in seconds. */
const COMPILE_LIMIT = 300;
/** Losses after a few steps in float32 are this uncertain. */
const FARTHEST = 1e-3;
const python = process.env['STEPZERO_PYTHON'] ?? 'python3';
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-bench-'));

const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;
if (!hasTorch) console.log(`torch: not installed for ${python}, left out`);

const shown = (value: number): string => String(Number(value.toPrecision(3)));

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[list.length >> 1];

/** Seconds of a run of steps, and the loss of each. */
interface Run {
  readonly seconds: number;
  readonly losses: readonly number[];
}

interface Peer {
  readonly version: string;
  readonly ask: (line: string) => Promise<unknown>;
  readonly close: () => void;
}

/** A Python process that has one network, see train_peer.py. It is ended where an answer takes too long. */
async function openPeer(network: string, file: string): Promise<Peer> {
  const child = spawn(python, [join(import.meta.dirname, 'train_peer.py'), network, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(THREADS), MKL_NUM_THREADS: String(THREADS) },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await answers.next();
    if (done === true) throw new Error(`train_peer.py: must answer for ${network}, got its end`);
    return value;
  };
  const version = await next();
  return {
    version,
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      const timer = setTimeout(() => child.kill(), COMPILE_LIMIT * 1000);
      try {
        return JSON.parse(await next());
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => child.kill(),
  };
}

/** The largest relative distance of losses of ours from theirs. */
function distance(ours: readonly number[], theirs: readonly number[]): number {
  return Math.max(...ours.map((loss, step) => Math.abs(loss / theirs[step] - 1)));
}

function asRun(answer: unknown): Run {
  return answer as Run;
}

/** The peer whose step is compiled, after its first run, or why there is none. */
async function openCompiled(network: Trained, file: string): Promise<Peer | string> {
  const peer = await openPeer(network.name, file);
  const compiler = (await peer.ask('compiler')) as string | null;
  if (compiler === null) {
    peer.close();
    return 'no compiler of C++';
  }
  try {
    await peer.ask('compiled');
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

/** What a network of this bench came to: a row of the table. */
async function speed(network: Trained): Promise<string> {
  const given = givenOf(network);
  const file = join(folder, `${network.name}.npz`);
  const tensors = new Map([...given.weights, ...Object.entries(given.batches)]);
  writeFileSync(file, Buffer.concat([...encodeNpz(tensors)]));
  const session = await openSession(encodeModel(modelOf(given.many)), {
    threads: THREADS,
    keepsMemory: true,
  });
  const runners: Runner[] = [{ who: 'ours', run: () => ours(session, given), times: [] }];
  const eager = hasTorch ? await openPeer(network.name, file) : null;
  const compiled = hasTorch ? await openCompiled(network, file) : 'no PyTorch';
  if (eager !== null) {
    runners.push({ who: 'eager', run: async () => asRun(await eager.ask('eager')), times: [] });
  }
  if (typeof compiled !== 'string') {
    const run = async (): Promise<Run> => asRun(await compiled.ask('compiled'));
    runners.push({ who: 'compiled', run, times: [] });
  }
  let apart = 0;
  for (let round = -1; round < ROUNDS; round++) {
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
  await session.close();
  eager?.close();
  if (typeof compiled !== 'string') compiled.close();
  return row(network, runners, typeof compiled === 'string' ? compiled : null, apart);
}

async function ours(session: Session, { feeds }: Given): Promise<Run> {
  const begun = performance.now();
  const made = await session.run(feeds);
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, losses: [...made['loss'].data].map(Number) };
}

function row(
  { label, target }: Trained,
  runners: readonly Runner[],
  notCompiled: string | null,
  apart: number,
): string {
  const of = (who: string): readonly number[] =>
    runners.find((runner) => runner.who === who)?.times ?? [];
  const milliseconds = (list: readonly number[]): string =>
    list.length === 0 ? '–' : `${shown(1000 * Math.min(...list))} (${shown(1000 * median(list))})`;
  const [mine, eager, compiled] = ['ours', 'eager', 'compiled'].map(of);
  const ratio = (theirs: readonly number[]): number => Math.min(...theirs) / Math.min(...mine);
  const slower = Math.min(...[eager, compiled].filter((list) => list.length > 0).map(ratio));
  const verdict = target === null || slower >= target ? '' : '; **missed**';
  const cells = [
    label,
    milliseconds(mine),
    milliseconds(eager),
    notCompiled ?? milliseconds(compiled),
    eager.length === 0 ? '–' : `${shown(ratio(eager))} ×`,
    compiled.length === 0 ? '–' : `${shown(ratio(compiled))} ×`,
    `≥ ${target}${verdict}`,
    apart.toExponential(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

try {
  const names = process.argv.slice(2);
  const chosen = networks.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows: string[] = [];
  for (const network of chosen) {
    rows.push(await speed(network));
    console.log(rows.at(-1));
  }
  const text = [
    '# Steps of training beside PyTorch',
    '',
    `One run on ${THREADS} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}.`,
    '',
    '| network | StepZero, ms a step | eager, ms | compiled, ms | eager / ours | compiled / ours | to reach | losses apart |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  if (names.length === 0) {
    mkdirSync(join(root, 'bench/results'), { recursive: true });
    writeFileSync(join(root, 'bench/results/train.md'), text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
