import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../tensor/index.ts';
import { problem } from './problem.ts';
import { fill, readBytes } from './read-bytes.ts';
import { lockFolder } from './run-folder-lock.ts';
import { unfinished, writeDurably } from './run-folder-write.ts';

/** The files of a run. */
export const runFiles = {
  run: 'run.json',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoint.safetensors',
  model: 'model.onnx',
  curve: 'curve.svg',
  result: 'result.json',
} as const;

/** From where a run goes on. */
export interface Checkpoint {
  /** Steps that were taken. */
  readonly step: number;
  /** Seconds that they took. */
  readonly seconds: number;
  /** Bytes of the metrics of these steps. */
  readonly metrics: number;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** The folder of a run, which is this process's alone until it is closed. */
export interface RunFolder {
  readonly path: string;
  /** Adds lines to the metrics, one of JSON for each record. */
  readonly record: (records: readonly object[]) => void;
  /** Replaces the checkpoint; the metrics so far are on the disk before it. */
  readonly checkpoint: (step: number, seconds: number, state: Checkpoint['state']) => Checkpoint;
  /** Forgets what was recorded after a checkpoint, all of it if that is `null`. */
  readonly rewind: (checkpoint: Checkpoint | null) => void;
  /** Forgets that the run has ended. */
  readonly reopen: () => void;
  /** Writes one of the other files, as a whole or not at all. */
  readonly write: (file: 'run' | 'curve' | 'result', content: string | object) => void;
  /** The records of the metrics. `RangeError` where one is damaged. */
  readonly records: () => readonly Readonly<Record<string, unknown>>[];
  readonly close: () => void;
}

/** A run that was started before. */
export interface FoundRun {
  readonly folder: RunFolder;
  /** What `run.json` says. */
  readonly run: unknown;
  /** What `result.json` says, `null` where the run has not ended. */
  readonly result: unknown;
  readonly checkpoint: Checkpoint | null;
}

/**
 * Checks, before there is anything to write, that a run could be kept in a folder: a new one, or one without files of
 * a run. `RangeError` where there are some, `Error` where it cannot be written to.
 */
export function checkRunFolder(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isDirectory()) {
    throw new RangeError(`${path}: must be a folder or a new name, got a file`);
  }
  if (existsSync(join(path, runFiles.run))) {
    throw new RangeError(
      `${path}: must be a folder without a run, got one with a run (--resume goes on with it)`,
    );
  }
  const found = Object.values(runFiles).find((name) => existsSync(join(path, name)));
  if (found !== undefined) {
    throw new RangeError(`${path}: must be a folder without a run, got one with ${found}`);
  }
  let parent = resolve(path);
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    accessSync(`${parent}/.`, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw problem(path, 'must be a folder that can be written to', error);
  }
}

/** Makes the folder of a new run with its `run.json`. Errors as `checkRunFolder`, and where another process works in it. */
export function createRunFolder(path: string, run: object): RunFolder {
  checkRunFolder(path);
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw problem(path, 'must be a folder that can be written to', error);
  }
  const folder = folderAt(path);
  try {
    // Another process may have been faster.
    checkRunFolder(path);
    folder.write('run', run);
  } catch (error) {
    folder.close();
    throw error;
  }
  return folder;
}

/**
 * Opens the folder of a run that was started before. `Error` where there is none or another process works in it,
 * `RangeError` where a file of it is damaged.
 */
export function openRunFolder(path: string): FoundRun {
  if (!existsSync(join(path, runFiles.run))) {
    throw new RangeError(`${path}: must be a folder with ${runFiles.run} of a run, got none`);
  }
  const folder = folderAt(path);
  try {
    return {
      folder,
      run: readJson(join(path, runFiles.run)),
      result: existsSync(join(path, runFiles.result))
        ? readJson(join(path, runFiles.result))
        : null,
      checkpoint: readCheckpoint(path),
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}

function folderAt(path: string): RunFolder {
  const unlock = lockFolder(path);
  for (const name of readdirSync(path)) {
    if (unfinished.test(name)) rmSync(join(path, name), { force: true });
  }
  const metrics = join(path, runFiles.metrics);
  return {
    path,
    record: (records) => {
      if (records.length === 0) return;
      try {
        appendFileSync(metrics, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      } catch (error) {
        throw problem(metrics, 'must be a place that can be written', error);
      }
    },
    checkpoint: (step, seconds, state) => {
      const bytes = flushed(metrics);
      const words = { step: String(step), seconds: String(seconds), metrics: String(bytes) };
      const chunks = encodeSafetensors(new Map(Object.entries(state)), words);
      writeDurably(join(path, runFiles.checkpoint), chunks);
      return { step, seconds, metrics: bytes, state };
    },
    rewind: (checkpoint) => cut(metrics, checkpoint?.metrics ?? 0),
    reopen: () => rmSync(join(path, runFiles.result), { force: true }),
    write: (file, content) => {
      const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
      writeDurably(join(path, runFiles[file]), [new TextEncoder().encode(text)]);
    },
    records: () => readRecords(metrics),
    close: unlock,
  };
}

/** Lets the lines that were added reach the disk; gives their bytes. */
function flushed(metrics: string): number {
  const file = openSync(metrics, 'a');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return statSync(metrics).size;
}

function cut(metrics: string, bytes: number): void {
  const size = statSync(metrics, { throwIfNoEntry: false })?.size ?? 0;
  if (size < bytes) {
    throw new RangeError(
      `${metrics}: must have the ${bytes} bytes that its checkpoint tells of, got ${size}`,
    );
  }
  if (size > bytes) truncateSync(metrics, bytes);
}

function readJson(path: string): unknown {
  const text = new TextDecoder().decode(readBytes(path));
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError(
      `${path}: must be JSON, got ${text === '' ? 'nothing' : 'a damaged file'}`,
    );
  }
}

function readCheckpoint(folder: string): Checkpoint | null {
  const path = join(folder, runFiles.checkpoint);
  if (!existsSync(path)) return null;
  const { tensors, metadata } = decodeSafetensors(readLarge(path), path);
  const number = (name: string): number => {
    const value = Number(metadata[name] ?? NaN);
    if (value >= 0 && value < Infinity) return value;
    throw new RangeError(`${path}: must say its ${name}, got ${metadata[name] ?? 'nothing'}`);
  };
  return {
    step: number('step'),
    seconds: number('seconds'),
    metrics: number('metrics'),
    state: Object.fromEntries(tensors),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The bytes of a file of any size. */
function readLarge(path: string): Uint8Array {
  const most = 2 ** 30;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw problem(path, 'must be a file that can be read', error);
  }
  try {
    const bytes = new Uint8Array(fstatSync(file).size);
    for (let at = 0; at < bytes.length; at += most) fill(file, bytes.subarray(at, at + most), at);
    return bytes;
  } finally {
    closeSync(file);
  }
}

function readRecords(path: string): Readonly<Record<string, unknown>>[] {
  if (!existsSync(path)) return [];
  const lines = new TextDecoder().decode(readBytes(path)).split('\n');
  return lines.slice(0, -1).map((line, index) => {
    try {
      const found: unknown = JSON.parse(line);
      if (isRecord(found)) return found;
    } catch {
      // Said below.
    }
    throw new RangeError(
      `${path}: every line must be a JSON object, got ${line.slice(0, 40)} in line ${index + 1}`,
    );
  });
}
