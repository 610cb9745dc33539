import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from './problem.ts';
import { forgetTemporary, rememberTemporary } from './temporary.ts';

/** A file that is written but not yet in its place. */
export interface Prepared {
  /** Puts it in its place, over what was there. */
  readonly commit: () => void;
  /** Removes it; does nothing once it is in its place. */
  readonly discard: () => void;
}

const mustBeWritable = 'must be a place that can be written';

/** Bytes that are written at a time: the system takes larger pieces up to ten times as slowly. */
const pieceSize = 2 ** 20;

/** So often a long write lets other things happen, such as the signal that ends it. */
const patience = 50;

/** The file behind a path, so that a link to it stays a link. */
function targetOf(path: string): { readonly target: string; readonly mode: number | null } {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { target: path, mode: null };
    if (stats.isFile()) return { target: realpathSync(path), mode: stats.mode & 0o777 };
    throw new RangeError(
      `${path}: must be a file or a new name, got ${stats.isDirectory() ? 'a folder' : 'something else'}`,
    );
  } catch (error) {
    throw error instanceof RangeError ? error : problem(path, mustBeWritable, error);
  }
}

/**
 * Checks, before there is anything to write, that a file of this path could be: `RangeError` where
 * something else is there, `Error` where its folder is missing or takes no files.
 */
export function checkWritable(path: string): void {
  const { target } = targetOf(path);
  try {
    accessSync(`${dirname(target)}/.`, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw problem(path, 'must be in a folder that exists and can be written to', error);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    at += writeSync(file, bytes, at, Math.min(bytes.length - at, pieceSize));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Writes chunks one after the other into a temporary file in the folder of `path`. Whatever goes wrong,
 * there or in making a chunk, no file is left behind, nor if SIGINT, SIGTERM or SIGHUP ends the process.
 * `Error` where the place cannot be written.
 */
export async function prepare(path: string, chunks: Iterable<Uint8Array>): Promise<Prepared> {
  const { target, mode } = targetOf(path);
  const name = `.stepzero-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  const temporary = join(dirname(target), name);
  let file: number;
  rememberTemporary(temporary);
  try {
    file = openSync(temporary, 'wx');
  } catch (error) {
    forgetTemporary(temporary);
    throw problem(path, mustBeWritable, error);
  }
  let isOpen = true;
  let isHere = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  const discard = (): void => {
    if (isHere) rmSync(temporary, { force: true });
    forgetTemporary(temporary);
    isHere = false;
  };
  const guarded = (write: () => void): void => {
    try {
      write();
    } catch (error) {
      throw problem(path, mustBeWritable, error);
    }
  };
  try {
    let last = performance.now();
    for (const chunk of chunks) {
      guarded(() => writeAll(file, chunk));
      if (performance.now() - last < patience) continue;
      await turn();
      last = performance.now();
    }
    guarded(close);
    if (mode !== null) guarded(() => chmodSync(temporary, mode));
  } catch (error) {
    try {
      close();
    } finally {
      discard();
    }
    throw error;
  }
  const commit = (): void => {
    try {
      renameSync(temporary, target);
    } catch (error) {
      discard();
      throw problem(path, mustBeWritable, error);
    }
    forgetTemporary(temporary);
    isHere = false;
  };
  return { commit, discard };
}

/**
 * Writes a file as a whole or not at all: into a temporary file beside it that then takes its name. An
 * error in making a chunk passes through as it is; `Error` of one sentence where the place cannot be
 * written, `RangeError` where it is a folder or a device.
 */
export async function writeAtomically(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const { commit } = await prepare(path, chunks);
  commit();
}
