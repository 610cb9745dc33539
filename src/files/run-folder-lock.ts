import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { problem } from './problem.ts';

/** Who works in a folder. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When that process began, as its system counts; `null` where that is not known. */
  readonly began: string | null;
}

const NAME = 'lock';

/**
 * Takes a folder for this process alone, and gives what lets go of it. What a process that is no more has left behind does not
 * count. `Error` where another process works there.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, NAME);
  const unique = randomBytes(6).toString('hex');
  const own = join(folder, `.stepzero-lock-${process.pid}-${unique}`);
  const text = `${JSON.stringify({ pid: process.pid, host: hostname(), began: statOf(process.pid).began })}\n`;
  try {
    writeFileSync(own, text, { flag: 'wx' });
  } catch (error) {
    throw problem(folder, 'must be a folder that can be written to', error);
  }
  try {
    // A link comes with its content, so that nobody ever reads half a lock.
    for (let attempt = 0; !linked(own, path); attempt++) {
      const found = read(path);
      if (found === null) continue;
      const owner = ownerOf(found);
      if (owner === null || staysAtWork(owner) || attempt > 2) throw taken(folder, path, owner);
      putAway(path, found, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (read(path) === text) rmSync(path, { force: true });
  };
}

function taken(folder: string, path: string, owner: Owner | null): Error {
  const who =
    owner === null
      ? 'one that is locked'
      : owner.host === hostname()
        ? `one in which process ${owner.pid} works`
        : `one in which process ${owner.pid} on ${owner.host} works`;
  const cure = owner?.host === hostname() ? '' : ` (if that is no more, remove ${path})`;
  return new Error(
    `${folder}: must be a folder in which no other process works, got ${who}${cure}`,
  );
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw problem(to, 'must be a place that can be written', error);
  }
}

/** Removes a stale lock; puts back one that another process has taken meanwhile. */
function putAway(path: string, stale: string, own: string): void {
  const aside = `${own}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) linked(aside, path);
  rmSync(aside, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function ownerOf(text: string): Owner | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const { pid, host, began }: Readonly<Record<string, unknown>> = { ...found };
  if (typeof pid !== 'number' || typeof host !== 'string') return null;
  return { pid, host, began: typeof began === 'string' ? began : null };
}

/** Milliseconds in which a process that was killed is gone, however much memory it had. */
const GRACE = 1500;

/** Whether the process goes on working: one that was killed a moment ago is given the time to end. */
function staysAtWork(owner: Owner): boolean {
  const isOther = owner.host === hostname() && owner.pid !== process.pid;
  const end = performance.now() + (isOther ? GRACE : 0);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (isAtWork(owner)) {
    if (performance.now() >= end) return true;
    Atomics.wait(sleeper, 0, 0, 20);
  }
  return false;
}

/** Whether the process is there still; one of another machine counts as there, one that has ended and waits for its parent does not. */
function isAtWork({ pid, host, began }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Without permission to reach it, it is there.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const { state, began: now } = statOf(pid);
  if (state === 'Z' || state === 'X') return false;
  // The number of a process is given again: another one began at another time.
  return began === null || now === began;
}

/** Fields 3 and 22 of /proc/PID/stat, behind the name in parentheses; `null` where there is none. */
function statOf(pid: number): { readonly state: string | null; readonly began: string | null } {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return { state: null, began: null };
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? null, began: fields[19] ?? null };
}
