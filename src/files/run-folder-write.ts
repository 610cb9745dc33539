import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from './problem.ts';

const mustBeWritable = 'must be a place that can be written';

/** Names of files that were being written when a process was killed. */
export const unfinished: RegExp = /^\.stepzero-\d+-[0-9a-f]+\.tmp$/;

/** Writes all of some bytes at the place where an open file stands. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/**
 * Writes a file as a whole or not at all, at whatever moment the process is killed or the machine loses power: into a
 * temporary file beside it, which is on the disk before it takes the name. Nothing else happens meanwhile, so that no signal
 * comes between. `Error` where the place cannot be written.
 */
export function writeDurably(path: string, chunks: Iterable<Uint8Array>): void {
  const name = `.stepzero-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  const temporary = join(dirname(path), name);
  try {
    const file = openSync(temporary, 'wx');
    try {
      for (const chunk of chunks) writeAll(file, chunk);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw problem(path, mustBeWritable, error);
  }
  settle(dirname(path));
}

/** Lets the names in a folder reach the disk, where the system has a way to. */
function settle(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } catch {
    // Some file systems have no such operation for folders; the name is then theirs to keep.
  } finally {
    closeSync(handle);
  }
}
