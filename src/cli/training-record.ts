import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { isDataSet } from '../files/index.ts';
import { engineVersion } from '../runtime/index.ts';
import { commandLine } from './command-line.ts';
import type { Recipe } from './training-recipe.ts';
import { VERSION } from './version.ts';
import type { WeightOptions } from './weights.ts';

/** A file that a run reads, and what it held. */
export interface ReadFile {
  readonly path: string;
  readonly sha256: string;
}

/** What a run is of: everything that is needed to run it again. Paths are absolute. */
export interface TrainingRecord {
  readonly format: 1;
  /** A spec, or the path of a file. */
  readonly model: string;
  readonly weights: WeightOptions;
  readonly data: DataRecord;
  readonly recipe: Recipe;
  /** The files behind model, base and data. */
  readonly files: readonly ReadFile[];
  readonly command: string;
  readonly started: string;
  readonly versions: {
    readonly stepzero: string;
    readonly node: string;
    readonly onnxruntime: string;
  };
  readonly machine: string;
}

/** What a network is trained on. */
export interface DataRecord {
  readonly text: string;
  readonly target: string | null;
  readonly validation: number;
  readonly augment: boolean;
}

/** What a run is of and where, to be kept. */
export async function recordOf(
  parts: Pick<TrainingRecord, 'model' | 'weights' | 'data' | 'recipe'>,
  paths: readonly string[],
): Promise<TrainingRecord> {
  const files: ReadFile[] = [];
  for (const path of paths) files.push({ path, sha256: await sha256Of(path) });
  return {
    format: 1,
    ...parts,
    files,
    command: commandLine(),
    started: new Date().toISOString(),
    versions: await versions(),
    machine: `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  };
}

/** The record of a run, as `run.json` gives it. `RangeError` for anything else. */
export function asRecord(path: string, run: unknown): TrainingRecord {
  if (isRecord(run)) return run;
  throw new RangeError(`${path}: must be of a run of stepzero train, got something else`);
}

function isRecord(run: unknown): run is TrainingRecord {
  if (!isObject(run) || run['format'] !== 1) return false;
  const { model, weights, data, recipe, files, versions: made } = run;
  if (typeof model !== 'string' || !isObject(weights) || !isObject(data) || !isObject(made)) {
    return false;
  }
  if (!isObject(recipe) || !Array.isArray(files)) return false;
  const numbers = ['learningRate', 'batch', 'steps', 'seed', 'threads', 'evalEvery', 'warmUp'];
  return (
    numbers.every((name) => typeof recipe[name] === 'number') &&
    files.every((file) => isObject(file) && typeof file['path'] === 'string') &&
    typeof data['text'] === 'string' &&
    typeof weights['seed'] === 'number'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `RangeError` unless every file holds what it held when the run was started. */
export async function checkFiles({ files }: TrainingRecord): Promise<void> {
  for (const { path, sha256 } of files) {
    if (!existsSync(path)) {
      throw new RangeError(`${path}: must be there as when the run was started, got no such file`);
    }
    if ((await sha256Of(path)) === sha256) continue;
    throw new RangeError(
      `${path}: must hold what it held when the run was started, got another content`,
    );
  }
}

/** Which versions are others than those that a run was started with, in a sentence; `null` where none is. */
export async function versionNote({ versions: was }: TrainingRecord): Promise<string | null> {
  const now = await versions();
  const changes = (['stepzero', 'node', 'onnxruntime'] as const).flatMap((name) =>
    was[name] === now[name] ? [] : [`${name} ${was[name]} and not ${now[name]}`],
  );
  return changes.length === 0
    ? null
    : `The run was started with ${changes.join(', ')}, so that it may not end in the same bits.`;
}

async function versions(): Promise<TrainingRecord['versions']> {
  return {
    stepzero: VERSION,
    node: process.versions.node,
    onnxruntime: await engineVersion(),
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
  stream.on('data', (chunk) => hash.update(chunk));
  await finished(stream);
  return hash.digest('hex');
}

const isFile = (text: string): boolean => ['.npz', '.csv'].includes(extname(text));

/** Data as an option names them, with absolute paths. */
export function absoluteData(text: string): string {
  if (isDataSet(text)) {
    const colon = text.indexOf(':');
    return `${text.slice(0, colon)}:${resolve(text.slice(colon + 1))}`;
  }
  return isFile(text) ? resolve(text) : text;
}

/** The files that absolute data are read from. */
export function dataFiles(text: string): string[] {
  if (!isDataSet(text)) return isFile(text) ? [text] : [];
  const folder = text.slice(text.indexOf(':') + 1);
  return readdirSync(folder)
    .filter((name) => /-ubyte(\.gz)?$|\.bin(\.gz)?$/.test(name))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}
