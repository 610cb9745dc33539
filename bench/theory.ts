/**
 * The theory's speed in one run: functions in this process, first call and median of 7 more; the command as
 * whole processes, median of 7 after one warm-up. Beside each a yardstick of the same run, a million tanh or a bare
 * start of Node. Writes bench/results/theory.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { activation } from '../src/activation/index.ts';
import {
  criticalPoints,
  jacobianSpectrum,
  phaseDiagram,
  residualNetwork,
  shapeActivation,
  subnetFunction,
  type WeightLaw,
} from '../src/meanfield/index.ts';

const root = resolve(import.meta.dirname, '..');
const command = join(root, 'dist/bin/main.js');
const RUNS = 7;

function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** The first run and the median of the next ones. */
function timed(work: () => void): { readonly first: number; readonly median: number } {
  const first = seconds(work);
  const times = Array.from({ length: RUNS }, () => seconds(work)).sort((a, b) => a - b);
  return { first, median: times[RUNS >> 1] };
}

let sink = 0;
const yardstick = timed(() => {
  for (let i = 0; i < 1e6; i++) sink += Math.tanh(i * 1e-6);
}).median;

const shown = (time: number): string => `${time.toFixed(time < 0.01 ? 4 : 3)} s`;

interface Row {
  readonly what: string;
  readonly target: number;
  readonly first: number;
  readonly median: number;
}

const rows: Row[] = [];
function row(what: string, target: number, work: () => void): void {
  const { first, median } = timed(work);
  rows.push({ what, target, first, median });
  process.stderr.write(`${what}: first ${shown(first)}, then ${shown(median)}\n`);
}

for (const [name, weights, depth] of [
  ['tanh', 'orthogonal', 32],
  ['tanh', 'gaussian', 1000],
  ['gelu', 'orthogonal', 1],
  ['gelu', 'gaussian', 10_000],
  ['hard_tanh', 'orthogonal', 128],
  ['silu', 'orthogonal', 100],
] as const satisfies readonly (readonly [string, WeightLaw, number])[]) {
  const phi = activation(name);
  const [{ sigmaW2, qStar: q }] = criticalPoints(phi, { q: 1 });
  row(`spectrum, 600 points: ${name}, ${weights}, ${depth} layers`, 0.3, () => {
    jacobianSpectrum(phi, { weights, depth, sigmaW2, q, points: 600 });
  });
}
for (const name of ['tanh', 'relu', 'gelu', 'hard_tanh', 'sigmoid', 'silu', 'softsign', 'selu']) {
  // A new record each time, so that nothing is remembered of the run before.
  row(`phase diagram, 200 × 200: ${name}`, 1, () => {
    phaseDiagram(
      { ...activation(name) },
      { sigmaW2: [0.5, 4], sigmaB2: [0, 1], columns: 200, rows: 200 },
    );
  });
}
const resnet101 = subnetFunction(
  residualNetwork({ blocks: [3, 4, 23, 3], calls: 3, shortcutWeight: 0.6, shortcutCalls: 1 }),
);
for (const name of ['tanh', 'softplus', 'gelu']) {
  row(`DKS for a ResNet-101: ${name}`, 0.05, () => {
    shapeActivation({ ...activation(name) }, { method: 'dks', network: resnet101 });
  });
}
const processes: Row[] = [];
const node = (...args: string[]): void => {
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
};
const { median: start } = timed(() => node('-e', '0'));
const light = resolve(root, '../shared/models/light/light_resnet50.onnx');
const model = existsSync(light) ? light : 'resnet:50';
const label = existsSync(light) ? 'light_resnet50.onnx' : model;
for (const [what, target, args] of [
  [`\`stepzero predict ${label}\``, 2, ['predict', model]],
  [
    '`stepzero theory point --activation gelu --sigma-w2 2.2 --sigma-b2 0.05`',
    NaN,
    ['theory', 'point', '--activation', 'gelu', '--sigma-w2', '2.2', '--sigma-b2', '0.05'],
  ],
] as const) {
  const { first, median } = timed(() => node(command, ...args));
  processes.push({ what, target, first, median });
}

const verdict = ({ target, median, first }: Row): string =>
  Number.isNaN(target) ? '–' : first <= target ? 'met' : median <= target ? 'met, warm' : 'missed';
const target = ({ target: limit }: Row): string => (Number.isNaN(limit) ? '–' : `≤ ${limit} s`);
const table = [
  '# The theory',
  '',
  `One run on ${availableParallelism()} cores, Node ${process.version}; machines are shared, so read the ratios. A million \`Math.tanh\` took ${shown(yardstick)}, a bare start of Node ${shown(start)}.`,
  '',
  '## Functions',
  '',
  '| what | first call | median of 7 more | target | | in millions of tanh |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows.map(
    (line) =>
      `| ${line.what} | ${shown(line.first)} | ${shown(line.median)} | ${target(line)} | ${verdict(line)} | ${(line.median / yardstick).toFixed(1)} |`,
  ),
  '',
  '## The command, from start to exit',
  '',
  '| what | first run | median of 7 more | target | | starts of Node |',
  '| --- | --- | --- | --- | --- | --- |',
  ...processes.map(
    (line) =>
      `| ${line.what} | ${shown(line.first)} | ${shown(line.median)} | ${target(line)} | ${verdict(line)} | ${(line.median / start).toFixed(1)} |`,
  ),
  '',
].join('\n');
mkdirSync(join(root, 'bench/results'), { recursive: true });
writeFileSync(join(root, 'bench/results/theory.md'), table);
console.log(table);
if (!Number.isFinite(sink)) process.exitCode = 1;
