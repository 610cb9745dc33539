/**
 * Forward and backward beside PyTorch, on two cores, in one run: passes of both in turn, from the input and
 * the cotangent of the output to the gradients of all parameters, the same weights in both, gradients
 * compared. Then peak memory of a pass, and how soon a derivative is there. Best times and their ratios go
 * to bench/results/measure.md.
 *
 *     npm run bench:measure [NETWORK…]   PyTorch in python3, or in the Python that STEPZERO_PYTHON names
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gradientName, vjp } from '../src/autodiff/index.ts';
import { openProbe } from '../src/measure/index.ts';
import { buildArchitecture } from '../src/network/index.ts';
import { decodeNpz, encodeNpz, toFloat64, type Tensor } from '../src/tensor/index.ts';
import { jacobianRows } from './measure-jacobian.ts';
import { givenOf, networks, type Given, type Timed } from './measure-networks.ts';
import { productSeconds } from './measure-products.ts';
import { hasPackage, openPeer } from './peer.ts';

const ROUNDS = 9;
const THREADS = 2;
const SCRIPT = 'measure_peer.py';
/**
 * Gradients of a normalised deep ReLU network in float32 are this uncertain: those of PyTorch in float32 are
 * 8e-3 from those in float64 for ResNet-18, since units at their corner fall on one side or the other.
 */
const FARTHEST = 2e-2;
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-bench-'));
const hasTorch = hasPackage('torch');

const shown = (value: number): string => String(Number(value.toPrecision(3)));

function against(ratio: number, target: number, isLess = false): string {
  const isReached = isLess ? ratio <= target : ratio >= target;
  return `${shown(ratio)} × (to reach: ${isLess ? '≤ ' : ''}${target}${isReached ? '' : '; **missed**'})`;
}

function writeGiven({ weights, feeds }: Given, file: string): void {
  const tensors = new Map([...weights, ...Object.entries(feeds)]);
  writeFileSync(file, Buffer.concat([...encodeNpz(tensors)]));
}

/** The largest `‖a - b‖ / ‖b‖` of gradients a of ours from b of theirs, and how many there are. */
function distance(
  ours: Readonly<Record<string, Tensor>>,
  theirs: ReadonlyMap<string, Tensor>,
): { readonly worst: number; readonly count: number } {
  // A gradient that is 0 but for rounding, as that of a key's bias, is held against the typical one.
  const norms = [...theirs.values()].map((tensor) => norm(toFloat64(tensor)));
  const floor = 1e-3 * norms.sort((a, b) => a - b)[norms.length >> 1];
  let worst = 0;
  for (const [name, tensor] of theirs) {
    const b = toFloat64(tensor);
    const a = toFloat64(ours[gradientName(name)]);
    const apart = norm(a.map((value, index) => value - b[index]));
    worst = Math.max(worst, apart / Math.max(norm(b), floor));
  }
  return { worst, count: theirs.size };
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** Passes in turn; seconds of the best of each. */
async function speed(network: Timed): Promise<string> {
  const given = givenOf(network);
  const file = join(folder, `${network.name}.npz`);
  writeGiven(given, file);
  const probe = await openProbe(given.derivative, { threads: THREADS });
  const peer = hasTorch ? await openPeer(SCRIPT, [network.name, file], THREADS) : null;
  const first = await probe.run(given.weights, given.feeds);
  let apart = '–';
  if (peer !== null) {
    const theirs = join(folder, `${network.name}_gradients.npz`);
    await peer.ask(`gradients ${theirs}`);
    const { worst, count } = distance(first, decodeNpz(readFileSync(theirs), theirs));
    apart = `${worst.toExponential(1)} (${count})`;
    if (!(worst <= FARTHEST)) {
      throw new Error(`${network.name}: gradients must be those of PyTorch, got ${apart}`);
    }
  }
  let [ours, theirs] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    // What a library's threads do for a while after their work shall not meet the other one.
    await sleep(50);
    const begun = performance.now();
    await probe.run(given.weights, given.feeds);
    ours = Math.min(ours, (performance.now() - begun) / 1000);
    if (peer === null) continue;
    await sleep(50);
    theirs = Math.min(theirs, Number(await peer.ask('run')));
  }
  const { version = '' } = peer ?? {};
  peer?.close();
  await probe.close();
  const values = new Map([...given.weights, ...Object.entries(given.feeds)]);
  const products = await productSeconds(given.derivative, values, THREADS, 4);
  const milliseconds = (seconds: number): string => `${shown(1000 * seconds)} ms`;
  return `| ${network.label} | ${milliseconds(ours)} | ${
    peer === null
      ? '– | –'
      : `${milliseconds(theirs)} (${version}) | ${against(theirs / ours, network.target)}`
  } | ${milliseconds(products)}${peer === null ? '' : `, ${shown(theirs / products)} ×`} | ${apart} |`;
}

/** Peak memory of a pass, each in a process of its own. */
async function memory(network: Timed): Promise<string> {
  const script = join(import.meta.dirname, 'measure-memory.ts');
  const ours = Number(execFileSync(process.execPath, [script, network.name], { encoding: 'utf8' }));
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  if (!hasTorch) return `| ${network.label} | ${megabytes(ours)} | – | – |`;
  const peer = await openPeer(SCRIPT, [network.name, join(folder, `${network.name}.npz`)], THREADS);
  const theirs = Number(await peer.ask('memory'));
  peer.close();
  return `| ${network.label} | ${megabytes(ours)} | ${megabytes(theirs)} | ${against(ours / theirs, 1.3, true)} |`;
}

/** A Jacobian and all its singular values, see measure-jacobian.ts. */
async function jacobians(): Promise<string[]> {
  const rows = await jacobianRows();
  return rows.map(({ label, ours, theirs, ratio, target, note }) => {
    const beside =
      theirs === null || ratio === null
        ? '– | –'
        : `${shown(theirs)} s | ${against(ratio, target)}`;
    return `| ${label} | ${shown(ours)} s | ${beside} | ${note} |`;
  });
}

/** Seconds from nothing to a derivative of ResNet-50 that is ready to run. */
async function readiness(): Promise<string> {
  const best = [Infinity, Infinity, Infinity];
  let total = Infinity;
  for (let round = 0; round < 3; round++) {
    const times = [performance.now()];
    const graph = buildArchitecture('resnet:50');
    times.push(performance.now());
    const weights = [...graph.constants.values()].filter(
      ({ name, dtype }) => dtype === 'float32' && !name.includes('running_'),
    );
    const derivative = vjp(graph, { withRespectTo: weights.map(({ name }) => name) });
    times.push(performance.now());
    const probe = await openProbe(derivative, { threads: THREADS });
    times.push(performance.now());
    await probe.close();
    for (const part of best.keys()) {
      best[part] = Math.min(best[part], (times[part + 1] - times[part]) / 1000);
    }
    total = Math.min(total, (times[3] - times[0]) / 1000);
  }
  const [built, differentiated, compiled] = best.map(shown);
  return `ResNet-50: built in ${built} s, differentiated in ${differentiated} s, compiled in ${compiled} s; together ${shown(total)} s (to reach: ≤ 2${total <= 2 ? '' : '; **missed**'}).`;
}

try {
  const names = process.argv.slice(2);
  const chosen = networks.filter(({ name }) => names.length === 0 || names.includes(name));
  const log = (line: string): string => {
    console.log(line);
    return line;
  };
  const speeds: string[] = [];
  const memories: string[] = [];
  for (const network of chosen) speeds.push(log(await speed(network)));
  for (const network of chosen) memories.push(log(await memory(network)));
  const spectra = names.length === 0 ? (await jacobians()).map(log) : [];
  const ready = log(await readiness());
  const text = [
    '# Forward and backward beside PyTorch',
    '',
    `One run on ${THREADS} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}. The best of ${ROUNDS} passes, one library after the other; machines are shared, so read the ratios: their time divided by ours. A pass goes from the input and the cotangent of the output to the gradients of all parameters: \`vjp\` of the graph in \`openProbe\` with the weights as inputs, beside \`module(x).backward(cotangent)\`. Products: what onnxruntime spends in Conv, Gemm and MatMul by its own profile, the best of 4 for every node, and the ratio that there would be if all else took no time. Gradients: the largest relative distance of norms of a gradient from theirs, and how many there are.`,
    '',
    '| network | StepZero | torch | their time / ours | products alone | gradients |',
    '| --- | --- | --- | --- | --- | --- |',
    ...speeds,
    '',
    'Peak memory of a pass: what it adds to the resident memory of a process that holds weights and input, at most.',
    '',
    '| network | StepZero | torch | ours / theirs |',
    '| --- | --- | --- | --- |',
    ...memories,
    '',
    'Jacobian and all its singular values:',
    '',
    '| what | StepZero | torch | their time / ours | |',
    '| --- | --- | --- | --- | --- |',
    ...spectra,
    '',
    ready,
    '',
  ].join('\n');
  if (names.length === 0) {
    mkdirSync(join(root, 'bench/results'), { recursive: true });
    writeFileSync(join(root, 'bench/results/measure.md'), text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
