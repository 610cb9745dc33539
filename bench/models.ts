/**
 * Every model below ../shared/models through `stepzero init` as a process: time, roles, the schemes of
 * its weights, the signal from the first to the last hidden layer, and what came out loaded and run
 * again. Writes bench/results/models.md; exits with 1 if anything is not finite, unknown or fails.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readModelFile } from '../src/files/index.ts';
import { makeInputs, measureSignal } from '../src/measure/index.ts';
import { describeNetwork } from '../src/network/index.ts';
import { isFloat, toFloat64 } from '../src/tensor/index.ts';

interface Report {
  parameters: { name: string; role: string; scheme: string }[];
  verdict: string;
  signal: { after: { kind: string; secondMoment: number | null }[] };
}

const root = resolve(import.meta.dirname, '..');
const models = resolve(root, '../shared/models');
if (!existsSync(models)) {
  console.log(`skipped: ${models} is not there`);
  process.exit(0);
}
const command = join(root, 'dist/bin/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-models-'));
const shown = (value: number): string => String(Number(value.toPrecision(3)));

/** Share of the stored float tensors of a file that hold a number that is not finite. */
function countNotFinite(path: string): number {
  const { graph } = readModelFile(path);
  let count = 0;
  for (const constant of graph.constants.values()) {
    if (!isFloat(constant.dtype)) continue;
    if (!toFloat64(constant.read()).every(Number.isFinite)) count++;
  }
  return count;
}

async function lineOf(path: string, name: string): Promise<{ line: string; isGood: boolean }> {
  const out = join(folder, 'out.onnx');
  const start = performance.now();
  const text = execFileSync(process.execPath, [command, 'init', path, '-o', out, '--json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const seconds = (performance.now() - start) / 1000;
  const report = JSON.parse(text) as Report;
  const unknown = report.parameters.filter(({ role }) => role === 'unknown').length;
  const schemes = new Map<string, number>();
  const roles = new Set([
    'norm_scale',
    'norm_shift',
    'norm_mean',
    'norm_variance',
    'bias',
    'constant',
    'unused',
  ]);
  for (const { role, scheme } of report.parameters) {
    if (!roles.has(role)) schemes.set(scheme, (schemes.get(scheme) ?? 0) + 1);
  }
  const hidden = report.signal.after.filter(({ kind }) => kind === 'linear').slice(0, -1);
  const [first, last] = [hidden[0]?.secondMoment ?? NaN, hidden.at(-1)?.secondMoment ?? NaN];
  const notFinite = countNotFinite(out);
  const model = readModelFile(out);
  const again = await measureSignal(model, makeInputs(model.graph, { seed: 1 }));
  const isAlive = again.every((row) => row.notFinite === undefined);
  const weights = describeNetwork(model.graph).parameters.length;
  const isHealthy = /^The signal (is|stays) alive/.test(report.verdict);
  const isGood = unknown === 0 && notFinite === 0 && isAlive && isHealthy;
  const list = [...schemes].map(([scheme, count]) => `${count} ${scheme}`).join(', ');
  const line = `| ${name} | ${weights} | ${unknown} | ${list} | ${shown(first)} → ${shown(last)} | ${notFinite} | ${isAlive ? 'finite' : 'NOT FINITE'} | ${seconds.toFixed(1)} s |`;
  return { line, isGood };
}

let failures = 0;
const lines = [
  '# Every shared model through `stepzero init`',
  '',
  'Second moments are those of the first and the last hidden linear layer on Gaussian inputs; “runs again” is the written file, loaded anew and run on other inputs. Weights are those that are no norms and biases.',
  '',
  '| model | tensors | unknown | schemes of its weights | second moment | tensors not finite | runs again | time |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];
try {
  for (const set of ['torch', 'light']) {
    for (const file of readdirSync(join(models, set)).filter((name) => name.endsWith('.onnx'))) {
      const { line, isGood } = await lineOf(join(models, set, file), file);
      if (!isGood) failures++;
      lines.push(line);
      console.log(line);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
mkdirSync(join(root, 'bench/results'), { recursive: true });
writeFileSync(join(root, 'bench/results/models.md'), `${lines.join('\n')}\n`);
console.log(failures === 0 ? 'all good' : `${failures} models are not as they should be`);
process.exitCode = failures === 0 ? 0 : 1;
