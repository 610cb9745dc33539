import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { problem } from '../problem.ts';
import { wrongChecksum } from './checksum.ts';
import type { PublishedFile } from './published.ts';
import { request, type Answer } from './request.ts';

/** How a file is fetched. */
export interface DownloadOptions {
  /** Told how many bytes of the file are there, and of how many, `null` where the server does not say. */
  readonly progress?: (done: number, total: number | null) => void;
  /** Milliseconds without a byte after which the server counts as gone; 60 seconds if not given. */
  readonly patience?: number;
}

/** What was done: `there`: the file was there already and is what it should be. */
export type Downloaded = 'fetched' | 'resumed' | 'there';

const PATIENCE = 60_000;
const mustBeWritable = 'must be a place that can be written';

/**
 * Fetches a file from an address to a path. What has come is kept in `PATH.part` until all is there with the right checksum: only then it gets
 * its name; where a transfer breaks the next one goes on from there, if the server can. `Error` of one sentence where the server cannot
 * be reached, says no, breaks off or sends something else; what has a wrong checksum is removed.
 */
export async function download(
  url: string,
  path: string,
  expected: PublishedFile,
  { progress = () => undefined, patience = PATIENCE }: DownloadOptions = {},
): Promise<Downloaded> {
  if (sizeOf(path) > 0 && wrongChecksum(path, expected) === null) return 'there';
  const part = `${path}.part`;
  const before = sizeOf(part);
  let result: Downloaded = 'resumed';
  if (before === 0 || wrongChecksum(part, expected) !== null) {
    const answer = (await request(url, before, patience)) ?? (await request(url, 0, patience));
    if (answer === null) throw new Error(`${url}: must be a file to fetch, got no bytes`);
    await store(answer, part, url, progress);
    if (answer.start === 0) result = 'fetched';
    const wrong = wrongChecksum(part, expected);
    if (wrong !== null) {
      rmSync(part, { force: true });
      throw new Error(
        `${url}: must have the SHA-256 ${expected.sha256}, got ${wrong}; nothing of it was kept`,
      );
    }
  }
  try {
    renameSync(part, path);
  } catch (error) {
    throw problem(path, mustBeWritable, error);
  }
  return result;
}

/** Bytes of a file, 0 where there is none. `RangeError` where something else is. */
function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (stats.isFile()) return stats.size;
  throw new RangeError(
    `${path}: must be a file or a new name, got ${stats.isDirectory() ? 'a folder' : 'something else'}`,
  );
}

/** Writes what is sent behind what there is, or anew where all is sent. */
async function store(
  { start, total, next, close }: Answer,
  part: string,
  url: string,
  progress: (done: number, total: number | null) => void,
): Promise<void> {
  let file: number;
  try {
    file = openSync(part, start > 0 ? 'a' : 'w');
  } catch (error) {
    await close();
    throw problem(part, mustBeWritable, error);
  }
  let at = start;
  try {
    progress(at, total);
    for (let bytes = await next(); bytes !== null; bytes = await next()) {
      write(file, bytes, part);
      at += bytes.length;
      progress(at, total);
    }
  } finally {
    closeSync(file);
    await close();
  }
  if (total !== null && at < total) {
    throw new Error(
      `${url}: must be sent to its end (run it again to go on from ${at} bytes), got ${at} bytes of ${total}`,
    );
  }
}

function write(file: number, bytes: Uint8Array, part: string): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at);
  } catch (error) {
    throw problem(part, mustBeWritable, error);
  }
}
