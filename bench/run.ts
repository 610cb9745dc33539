/**
 * Wall time of the command as whole processes: medians of 7 runs after one warm-up, each beside a
 * yardstick of the same run: a bare start of Node, and a plain write of as many bytes.
 * Writes bench/results/cli.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const command = join(root, 'dist/bin/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-bench-'));
const RUNS = 7;

const node = (...args: string[]): void => {
  execFileSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
};

function seconds(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[list.length >> 1];

/** Medians of several pieces of work, run in turn so that a drift of the machine meets all alike. */
function medians(works: readonly (() => void)[]): number[] {
  for (const work of works) work();
  const times = works.map((): number[] => []);
  for (let run = 0; run < RUNS; run++) {
    for (const [i, work] of works.entries()) times[i].push(seconds(work));
  }
  return times.map(median);
}

const light = resolve(root, '../shared/models/light/light_resnet50.onnx');
const model = existsSync(light) ? light : 'resnet:50';
const payload = Buffer.alloc(102_000_000);
const copy = join(folder, 'copy.bin');
try {
  const [start, help, init, advise, write] = medians([
    () => node('-e', '0'),
    () => node(command, '--help'),
    () => node(command, 'init', model, '--no-run', '--json', '-o', 'out.onnx'),
    () => node(command, 'advise', model, '--no-run', '--json'),
    () => writeFileSync(copy, payload),
  ]);
  const row = (what: string, time: number, target: string, ratio: string): string =>
    `| ${what} | ${time.toFixed(3)} s | ${target} | ${ratio} |`;
  const table = [
    '# The command, as whole processes',
    '',
    `Medians of ${RUNS} runs after one warm-up on ${availableParallelism()} cores, Node ${process.version}; machines are shared, so read the ratios.`,
    '',
    '| what | wall time | target | ratio in the same run |',
    '| --- | --- | --- | --- |',
    row(
      '`stepzero --help`',
      help,
      '≤ 0.150 s',
      `${(help / start).toFixed(2)} × a bare start of Node`,
    ),
    row(
      `\`stepzero init ${existsSync(light) ? 'light_resnet50.onnx' : 'resnet:50'} --no-run\` (25.6 million weights)`,
      init,
      '≤ 3 s',
      `${(init / write).toFixed(1)} × a plain write of the same 102 MB`,
    ),
    row(
      'the same without drawing and writing (`advise --no-run`)',
      advise,
      '–',
      `${(advise / start).toFixed(2)} × a bare start of Node`,
    ),
    '',
  ].join('\n');
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, 'bench/results/cli.md'), table);
  console.log(table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
