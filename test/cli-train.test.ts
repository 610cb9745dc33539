import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, MAIN, stepzero, type Outcome } from './run-command.ts';

const SPEC = 'mlp:8-16-2:relu';
const RUN = [
  SPEC,
  '--data',
  'parity',
  '--lr',
  '0.02',
  '--batch',
  '8',
  '--steps',
  '600',
  '--eval-every',
  '20',
  '--optimizer',
  'momentum',
];

const at = (...parts: string[]): string => join(folder, ...parts);

/** Starts a command, and ends it by a signal as soon as `isTime` says so. */
function interrupted(
  args: readonly string[],
  signal: NodeJS.Signals,
  isTime: () => boolean,
): Promise<Outcome & { readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, 'train', ...args], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const watching = setInterval(() => {
      if (!isTime()) return;
      clearInterval(watching);
      child.kill(signal);
    }, 2);
    child.on('close', (status, by) => {
      clearInterval(watching);
      resolve({ status, signal: by, stdout, stderr });
    });
  });
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Whether a run has recorded so many bytes of steps. */
const hasRecorded =
  (name: string, bytes: number): (() => boolean) =>
  () =>
    sizeOf(at(name, 'metrics.jsonl')) >= bytes;

const bytesOf = (name: string, file: string): string =>
  readFileSync(at(name, file)).toString('base64');

/** What must be the same in two runs, however they were interrupted. */
const left = (name: string): readonly string[] => [
  readFileSync(at(name, 'metrics.jsonl'), 'utf8'),
  bytesOf(name, 'model.onnx'),
];

describe('stepzero train', () => {
  test('weights at step zero are those that init draws with the same options', () => {
    const drawn = ['--seed', '5', '--scheme', 'he_normal', '--set', '*.bias=normal(std=0.1)'];
    const init = stepzero('init', SPEC, ...drawn, '--no-calibrate', '--out', 'init.onnx');
    // In float32 this rate is 0, so that a step leaves everything as it is.
    const still = ['--data', 'parity', '--steps', '1', '--optimizer', 'sgd', '--lr', '1e-300'];
    const train = stepzero('train', SPEC, ...drawn, ...still, '--out', 'still');
    expect([init.status, train.status]).toEqual([0, 0]);
    expect(bytesOf('still', 'model.onnx')).toBe(bytesOf('.', 'init.onnx'));
  }, 240_000);

  test('a run that is killed at any moment goes on from its checkpoint and ends in the same bits', async () => {
    const whole = stepzero('train', ...RUN, '--out', 'whole', '--json');
    expect(whole.status).toBe(0);
    expect(Object.keys(JSON.parse(whole.stdout) as object)).toEqual([
      'outcome',
      'steps',
      'finalLoss',
      'trainAccuracy',
      'testAccuracy',
      'stepsPerSecond',
      'seconds',
    ]);
    const size = sizeOf(at('whole', 'metrics.jsonl'));
    const often = [...RUN, '--checkpoint-seconds', '0.001', '--out', 'killed'];
    const first = await interrupted(often, 'SIGKILL', () => existsSync(at('killed', 'run.json')));
    expect(first.signal).toBe('SIGKILL');
    // While a checkpoint is being written there is a temporary file.
    const isWriting = (): boolean =>
      readdirSync(at('killed')).some((name) => name.endsWith('.tmp'));
    const moments: (() => boolean)[] = [
      () => hasRecorded('killed', 0.4 * size)() && isWriting(),
      () => existsSync(at('killed', 'curve.svg')),
    ];
    for (const isTime of moments) {
      await interrupted(['--resume', 'killed'], 'SIGKILL', isTime);
      for (const name of ['run.json', 'result.json', 'curve.svg', 'model.onnx']) {
        // Each is there as a whole or not at all.
        if (!existsSync(at('killed', name))) continue;
        if (name.endsWith('.json')) JSON.parse(readFileSync(at('killed', name), 'utf8'));
        else expect(sizeOf(at('killed', name))).toBeGreaterThan(1000);
      }
    }
    const last = stepzero('train', '--resume', 'killed', '--json');
    expect(last.status).toBe(0);
    expect(left('killed')).toEqual(left('whole'));
    expect(readdirSync(at('killed')).sort()).toEqual(readdirSync(at('whole')).sort());
    const { outcome, steps, finalLoss } = JSON.parse(last.stdout) as Record<string, unknown>;
    const { finalLoss: expected } = JSON.parse(whole.stdout) as Record<string, unknown>;
    expect([outcome, steps, finalLoss]).toEqual(['finished', 600, expected]);
  }, 240_000);

  test('a signal stops a run in good order; it goes on as if nothing had been, and beyond its end', async () => {
    const short = RUN.map((word) => (word === '600' ? '560' : word));
    const stopped = await interrupted(
      [...short, '--out', 'stopped'],
      'SIGTERM',
      hasRecorded('stopped', 1),
    );
    expect([stopped.status, stopped.signal]).toEqual([128 + 15, null]);
    expect(stopped.stdout).toContain('stepzero train --resume stopped goes on from here.');
    expect(readdirSync(at('stopped')).sort()).toEqual([
      'checkpoint.safetensors',
      'curve.svg',
      'metrics.jsonl',
      'model.onnx',
      'run.json',
    ]);
    expect(stepzero('train', '--resume', 'stopped').status).toBe(0);
    expect(stepzero('train', '--resume', 'stopped').stdout).toContain(
      'The run has ended; with --steps and more than 560 it goes on.',
    );
    expect(stepzero('train', '--resume', 'stopped', '--steps', '600').status).toBe(0);
    expect(left('stopped')).toEqual(left('whole'));
  }, 240_000);
});
