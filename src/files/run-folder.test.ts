import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Tensor } from '../tensor/index.ts';
import { checkRunFolder, createRunFolder, openRunFolder } from './run-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepzero-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...parts: string[]): string => join(folder, ...parts);

/** The error's message with the folder taken out. */
function message(act: () => unknown): string {
  try {
    act();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(folder, '') : 'no Error';
  }
}

const state = (value: number): Record<string, Tensor> => ({
  w: { dtype: 'float32', shape: [2], data: Float32Array.of(value, value) },
  'velocity(w)': { dtype: 'float32', shape: [2], data: Float32Array.of(-value, 0) },
});

test('a run goes on from its last checkpoint, and forgets what came after it', () => {
  const first = createRunFolder(at('deep', 'run'), { seed: 1 });
  first.record([{ step: 1 }, { step: 2 }]);
  first.checkpoint(2, 0.5, state(3));
  first.record([{ step: 3 }]);
  first.close();
  const { folder: again, run, result, checkpoint } = openRunFolder(at('deep', 'run'));
  expect([run, result]).toEqual([{ seed: 1 }, null]);
  expect(checkpoint).toEqual({ step: 2, seconds: 0.5, metrics: 22, state: state(3) });
  expect(again.records()).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
  again.rewind(checkpoint);
  expect(again.records()).toEqual([{ step: 1 }, { step: 2 }]);
  again.rewind(null);
  expect(again.records()).toEqual([]);
  again.close();
});

test('a run that is finished says so until it is reopened', () => {
  const made = createRunFolder(at('run'), {});
  made.write('result', { steps: 3 });
  made.write('curve', '<svg/>');
  made.close();
  const found = openRunFolder(at('run'));
  expect([found.result, found.checkpoint]).toEqual([{ steps: 3 }, null]);
  found.folder.reopen();
  found.folder.close();
  expect(readdirSync(at('run')).sort()).toEqual(['curve.svg', 'run.json']);
});

test('a folder with a run is not taken for another one', () => {
  createRunFolder(at('run'), {}).close();
  expect(message(() => createRunFolder(at('run'), {}))).toBe(
    '/run: must be a folder without a run, got one with a run (--resume goes on with it)',
  );
  mkdirSync(at('other'));
  writeFileSync(at('other', 'model.onnx'), 'mine');
  writeFileSync(at('file'), '');
  expect(message(() => checkRunFolder(at('other')))).toBe(
    '/other: must be a folder without a run, got one with model.onnx',
  );
  expect(message(() => checkRunFolder(at('file')))).toBe(
    '/file: must be a folder or a new name, got a file',
  );
  expect(message(() => checkRunFolder(at('file', 'run')))).toBe(
    '/file/run: must be a folder that can be written to, got a file where a folder is needed',
  );
  expect(message(() => openRunFolder(at('other')))).toBe(
    '/other: must be a folder with run.json of a run, got none',
  );
});

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to is refused', () => {
  mkdirSync(at('closed'));
  chmodSync(at('closed'), 0o500);
  expect(message(() => checkRunFolder(at('closed', 'run')))).toBe(
    '/closed/run: must be a folder that can be written to, got no permission',
  );
});

test('one process works in a folder at a time', () => {
  const made = createRunFolder(at('run'), {});
  expect(message(() => openRunFolder(at('run')))).toBe(
    `/run: must be a folder in which no other process works, got one in which process ${process.pid} works`,
  );
  made.close();
  expect(readdirSync(at('run'))).toEqual(['run.json']);
  openRunFolder(at('run')).folder.close();
});

test('what a process that is no more has left behind does not count', () => {
  createRunFolder(at('run'), {}).close();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const lock = (owner: object): void =>
    writeFileSync(at('run', 'lock'), JSON.stringify({ host: hostname(), began: null, ...owner }));
  writeFileSync(at('run', `.stepzero-${pid}-00ff.tmp`), 'half');
  lock({ pid });
  openRunFolder(at('run')).folder.close();
  expect(readdirSync(at('run'))).toEqual(['run.json']);
  if (existsSync('/proc/self/stat')) {
    // Another process that has its number by now began at another time.
    lock({ pid: process.pid, began: '1' });
    openRunFolder(at('run')).folder.close();
  }
  lock({ pid, host: 'elsewhere' });
  expect(message(() => openRunFolder(at('run')))).toBe(
    `/run: must be a folder in which no other process works, got one in which process ${pid} on elsewhere works (if that is no more, remove /run/lock)`,
  );
  writeFileSync(at('run', 'lock'), 'no JSON');
  expect(message(() => openRunFolder(at('run')))).toBe(
    '/run: must be a folder in which no other process works, got one that is locked (if that is no more, remove /run/lock)',
  );
});

test.skipIf(!existsSync('/proc/self/stat'))(
  'a process that is about to end, or has ended and waits for its parent, is given the time',
  () => {
    createRunFolder(at('run'), {}).close();
    // Nobody takes note of its end while this test runs.
    const child = spawn('sleep', ['0.2']);
    const owner = { host: hostname(), began: null, pid: child.pid };
    writeFileSync(at('run', 'lock'), JSON.stringify(owner));
    openRunFolder(at('run')).folder.close();
    expect(readdirSync(at('run'))).toEqual(['run.json']);
  },
);

test('damaged files are told of in a sentence, and lock nothing', () => {
  const made = createRunFolder(at('run'), {});
  made.record([{ step: 1 }]);
  made.checkpoint(1, 0, state(1));
  made.close();
  const whole = readFileSync(at('run', 'checkpoint.safetensors'));
  truncateSync(at('run', 'checkpoint.safetensors'), whole.length - 3);
  expect(message(() => openRunFolder(at('run')))).toBe(
    '/run/checkpoint.safetensors: the tensors must cover the 13 bytes of data, got 16',
  );
  truncateSync(at('run', 'checkpoint.safetensors'), 0);
  expect(message(() => openRunFolder(at('run')))).toBe(
    '/run/checkpoint.safetensors: a safetensors file must have at least 8 bytes, got 0',
  );
  writeFileSync(at('run', 'checkpoint.safetensors'), whole);
  truncateSync(at('run', 'run.json'), 1);
  expect(message(() => openRunFolder(at('run')))).toBe(
    '/run/run.json: must be JSON, got a damaged file',
  );
  writeFileSync(at('run', 'run.json'), '{}');
  truncateSync(at('run', 'metrics.jsonl'), 4);
  const found = openRunFolder(at('run'));
  expect(message(() => found.folder.rewind(found.checkpoint))).toBe(
    '/run/metrics.jsonl: must have the 11 bytes that its checkpoint tells of, got 4',
  );
  appendFileSync(at('run', 'metrics.jsonl'), '\n');
  expect(message(() => found.folder.records())).toBe(
    '/run/metrics.jsonl: every line must be a JSON object, got {"st in line 1',
  );
  found.folder.close();
  expect(existsSync(at('run', 'lock'))).toBe(false);
});
